"""A workspace's own life: founded, changed, deleted. Called by pages; what is deleted is erased by `erasing`."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from workspaces import audit
from workspaces.after_commit import after_commit
from workspaces.crossings import ids_across_workspaces
from workspaces.models import Invitation, Membership, User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

_SETTINGS = ("name", "time_zone", "language")


def workspaces_of(user: User) -> QuerySet[Workspace]:
    """Return the workspaces that the person is a member of, by name."""
    ids = [row[0] for row in ids_across_workspaces("workspaces_of_user", user.pk)]
    return Workspace.objects.filter(pk__in=ids).order_by("name", "pk")


def found(owner: User, name: str, time_zone: str, language: str) -> Workspace:
    """Make a workspace with its owner."""
    with transaction.atomic():
        workspace = Workspace.objects.create(name=name, time_zone=time_zone, language=language)
        with tenant(workspace):
            Membership.objects.create(user=owner, role=Role.OWNER)
            audit.record(owner, "workspace.created", workspace, {"name": (None, name)})
    return workspace


def change_settings(actor: User, workspace: Workspace, **settings: str) -> None:
    """Change name, time zone or language; what stays as it was is not noted."""
    locked = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    before = audit.snapshot(locked, _SETTINGS)
    for name, value in settings.items():
        setattr(locked, name, value)
    if changes := audit.changed(before, locked):
        locked.save(update_fields=list(changes))
        audit.record(actor, "workspace.changed", locked, changes)


def delete(workspace: Workspace, now: datetime) -> None:
    """Put the workspace out of reach at once, for its members too; its rows go in the background."""
    Workspace.objects.filter(pk=workspace.pk).update(deleted_at=now)
    Invitation.objects.all().delete()
    for membership in Membership.objects.select_related("user"):
        membership.delete()  # one by one: each tells the open sockets of that person
    after_commit(_start_erasing, workspace.pk)


def _start_erasing(workspace_id: int) -> None:
    from workspaces.tasks import erase_workspace

    erase_workspace.delay(workspace_id)
