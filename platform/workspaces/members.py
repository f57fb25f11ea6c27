"""Who is in a workspace, with which role: the rules, and every change of it. Called by pages, inside `tenant()`."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from workspaces import audit
from workspaces.models import Membership, User, Workspace
from workspaces.roles import Permission, Role, may
from workspaces.scope import current_workspace_id

_BY_RANK = (Role.ANALYST, Role.AGENT, Role.MARKETER, Role.ADMIN, Role.OWNER)


class MemberRuleError(Exception):
    """The members cannot change like this. The message says why, in the reader's language."""


def members() -> QuerySet[Membership]:
    """Return the workspace's members with their people, the earliest first."""
    return Membership.objects.select_related("user").order_by("id")


def roles_to_give(role: str) -> list[Role]:
    """Return the roles that a member with this role may give to others, the strongest first."""
    if not may(role, Permission.MANAGE_MEMBERS):
        return []
    return [one for one in reversed(_BY_RANK) if one != Role.OWNER or role == Role.OWNER]


def add_member(user: User, role: str, *, invited_by: User) -> tuple[Membership, bool]:
    """Make the person a member; say whether he was none before. Whoever is one already keeps his role."""
    membership, is_new = Membership.objects.get_or_create(user=user, defaults={"role": role})
    if is_new:
        changes = {"role": (None, role), "invited_by": (None, str(invited_by))}
        audit.record(user, "member.joined", user, changes)
    return membership, is_new


def change_role(actor: User, member: User, role: Role) -> Membership:
    """Give the member another role, or raise MemberRuleError."""
    _take_turns()
    own, other = _standing(actor), _standing(member)
    _refuse_stranger_to_management(own)
    if other.role == role:
        return other
    _refuse_touching_owner(own, other)
    if own == other and _BY_RANK.index(role) > _BY_RANK.index(Role(own.role)):
        raise MemberRuleError(_("You cannot raise yourself. Ask an owner."))
    refuse_to_give(own.role, role)
    if other.role == Role.OWNER:
        _refuse_last_owner()
    before = audit.snapshot(other, ["role"])
    other.role = role
    other.save(update_fields=["role"])
    audit.record(actor, "member.role_changed", member, audit.changed(before, other))
    return other


def remove(actor: User, member: User) -> None:
    """End somebody's membership, or raise MemberRuleError."""
    _take_turns()
    own, other = _standing(actor), _standing(member)
    _refuse_stranger_to_management(own)
    _refuse_touching_owner(own, other)
    _end(actor, other, "member.removed")


def leave(user: User) -> None:
    """End one's own membership, or raise MemberRuleError."""
    _take_turns()
    _end(user, _standing(user), "member.left")


def refuse_to_give(role: str, wanted: Role) -> None:
    """Raise MemberRuleError where somebody with `role` may not make anybody `wanted`."""
    if wanted not in roles_to_give(role):
        raise MemberRuleError(_("Only an owner can make somebody an owner."))


def _end(actor: User, membership: Membership, action: str) -> None:
    if membership.role == Role.OWNER:
        _refuse_last_owner()
    audit.record(actor, action, membership.user, {"role": (membership.role, None)})
    membership.delete()


def _take_turns() -> None:
    """Let one change of the members happen at a time: two owners who leave at once would leave none."""
    # Only against each other (no_key): messages that come and go point to this row and must not wait.
    Workspace.objects.select_for_update(no_key=True).get(pk=current_workspace_id())


def _standing(user: User) -> Membership:
    membership = Membership.objects.select_related("user").filter(user=user).first()
    if membership is None:
        raise MemberRuleError(_("This person is no longer a member."))
    return membership


def _refuse_stranger_to_management(own: Membership) -> None:
    if not may(own.role, Permission.MANAGE_MEMBERS):
        raise MemberRuleError(_("Your role does not let you change members."))


def _refuse_touching_owner(own: Membership, other: Membership) -> None:
    if other.role == Role.OWNER and own.role != Role.OWNER:
        raise MemberRuleError(_("Only an owner can change or remove an owner."))


def _refuse_last_owner() -> None:
    if Membership.objects.filter(role=Role.OWNER).count() < 2:
        raise MemberRuleError(_("A workspace needs an owner: make somebody else an owner first."))
