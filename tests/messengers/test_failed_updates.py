"""What could not be handled waits for a person, who has it handled again or drops it."""

from typing import Any

import pytest

from builders import a_channel, a_user
from messengers import failed_updates, inbox
from messengers.models import Channel, InboundUpdate, Message
from workspaces.models import AuditEntry, User, Workspace
from workspaces.scope import tenant


@pytest.fixture
def channel(workspace: Workspace) -> Channel:
    with tenant(workspace):
        return a_channel("fake")


@pytest.fixture
def member(committed_db: None) -> User:
    return a_user()


def failed(channel: Channel, count: int) -> list[int]:
    """As many updates that nobody can read yet; then somebody has taught the adapter to."""
    with tenant(channel.workspace_id):
        at = "2026-05-01T12:00:00+00:00"
        bodies = [{"id": n, "type": "riddle", "from": "anna", "at": at, "text": f"text {n}"} for n in range(count)]
        ids = inbox.store_many(channel, bodies)
    handle(channel)
    with tenant(channel.workspace_id):
        for update in InboundUpdate.objects.filter(pk__in=ids, state=InboundUpdate.State.FAILED):
            update.body["type"] = "message"
            update.save()
    return ids


def handle(channel: Channel) -> None:
    while inbox.process_waiting(channel.pk, workspace_id=channel.workspace_id, seconds=10):
        pass


def texts(channel: Channel) -> list[str]:
    with tenant(channel.workspace_id):
        return [row.content["text"] for row in Message.objects.filter(channel=channel).order_by("id")]


def test_they_are_listed_page_by_page(channel: Channel) -> None:
    ids = failed(channel, 5)
    with tenant(channel.workspace_id):
        assert failed_updates.count(channel) == 5
        first = failed_updates.newest(channel, limit=3)
        assert [row.pk for row in first] == ids[:1:-1]
        assert "unknown type riddle" in first[0].error
        assert [row.pk for row in failed_updates.newest(channel, before=first[-1].pk)] == ids[1::-1]


def test_one_is_handled_again_once(channel: Channel, member: User) -> None:
    first, _second = failed(channel, 2)
    with tenant(channel.workspace_id):
        update = failed_updates.get(channel, first)
        assert failed_updates.replay(update, member)
        assert not failed_updates.replay(update, member)
    handle(channel)
    assert texts(channel) == ["text 0"]
    with tenant(channel.workspace_id):
        assert failed_updates.count(channel) == 1
        entry = AuditEntry.objects.get(action="channel.updates_replayed")
        assert (entry.actor, entry.target_id, entry.changes) == (member, channel.pk, {"updates": [None, 1]})


def test_all_are_handled_again_in_order(channel: Channel, member: User) -> None:
    failed(channel, 3)
    with tenant(channel.workspace_id):
        assert failed_updates.replay_all(channel, member) == 3
        assert failed_updates.replay_all(channel, member) == 0
    handle(channel)
    assert texts(channel) == ["text 0", "text 1", "text 2"]


def test_one_that_is_dropped_is_gone(channel: Channel, member: User) -> None:
    first, second = failed(channel, 2)
    with tenant(channel.workspace_id):
        update = failed_updates.get(channel, first)
        assert failed_updates.drop(update, member)
        assert not failed_updates.drop(update, member)
        assert [row.pk for row in failed_updates.newest(channel)] == [second]
        assert AuditEntry.objects.filter(action="channel.updates_dropped").count() == 1


@pytest.mark.parametrize("state", [InboundUpdate.State.STORED, InboundUpdate.State.DONE])
def test_what_has_not_failed_is_no_business_of_this_page(channel: Channel, state: str, member: User) -> None:
    with tenant(channel.workspace_id):
        update_id: Any = inbox.store(channel, {"id": 1})
        InboundUpdate.objects.filter(pk=update_id).update(state=state)
        update = InboundUpdate.objects.get(pk=update_id)
        assert not failed_updates.replay(update, member)
        assert not failed_updates.drop(update, member)
        with pytest.raises(InboundUpdate.DoesNotExist):
            failed_updates.get(channel, update_id)
        assert AuditEntry.objects.count() == 0
