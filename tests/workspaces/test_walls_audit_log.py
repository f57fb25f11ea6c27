"""The audit log: what a domain module notes in the transaction of the change."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from audience.models import Contact
from tests.builders import a_channel, a_user, a_workspace
from workspaces import audit
from workspaces.models import AuditEntry, User, Workspace
from workspaces.scope import NoWorkspaceError, tenant


@pytest.fixture
def workspace(db: None) -> Workspace:
    return a_workspace()


@pytest.fixture
def person(db: None) -> User:
    return a_user()


def test_an_entry_says_who_changed_what_from_what_to_what(workspace: Workspace, person: User) -> None:
    with tenant(workspace):
        channel = a_channel(name="Shop")
        before = audit.snapshot(channel, ["name", "state", "paused_until"])
        channel.name = "Store"
        channel.paused_until = datetime(2026, 3, 1, 9, tzinfo=UTC)
        audit.record(person, "channel.changed", channel, audit.changed(before, channel))

        entry = AuditEntry.objects.get()
        assert (entry.actor, entry.action) == (person, "channel.changed")
        assert (entry.target_type, entry.target_id, entry.target_name) == ("messengers.channel", channel.pk, "Store")
        assert entry.changes == {"name": ["Shop", "Store"], "paused_until": [None, "2026-03-01T09:00:00Z"]}


def test_nothing_changed_is_nothing_to_tell(workspace: Workspace) -> None:
    with tenant(workspace):
        channel = a_channel()
        assert audit.changed(audit.snapshot(channel, ["name", "secrets"]), channel) == {}


def test_secrets_are_noted_as_changed_without_what_they_are(workspace: Workspace, person: User) -> None:
    with tenant(workspace):
        channel = a_channel(secrets={"token": "old-secret"})
        before = audit.snapshot(channel, ["secrets", "settings"])
        channel.secrets = {"token": "new-secret"}
        channel.settings = {"api_key": "deep-secret", "sites": ["a.example"]}
        audit.record(person, "channel.changed", channel, audit.changed(before, channel))
        audit.record(person, "webhook.made", None, {"signing_secret": (None, "wide-secret")})

        connected, made = AuditEntry.objects.order_by("pk")
        assert connected.changes == {
            "secrets": ["••••", "••••"],
            "settings": [{}, {"api_key": "••••", "sites": ["a.example"]}],
        }
        assert made.changes == {"signing_secret": [None, "••••"]}
        assert made.target_id is None


def test_what_is_undone_is_not_noted(workspace: Workspace) -> None:
    with tenant(workspace):
        contact = Contact.objects.create(name="Anna")
        audit.record(None, "contact.made", contact)
        transaction.set_rollback(True)
    with tenant(workspace):
        assert not AuditEntry.objects.exists()


def test_there_is_no_log_outside_a_workspace(db: None) -> None:
    with pytest.raises(NoWorkspaceError):
        audit.record(None, "nothing.happened", None)
