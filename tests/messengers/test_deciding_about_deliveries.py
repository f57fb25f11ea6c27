"""What may not have arrived is shown, and a person decides; what could not be read is shown, and replayed."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from builders import a_client, a_conversation, a_member, a_message, a_user, a_workspace
from fake_messenger import Sink, a_fake_channel
from messengers import batches, inbox
from messengers.models import Batch, Channel, InboundUpdate, Message
from messengers.statuses import Status
from workspaces.models import AuditEntry, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def shop(sink: Sink) -> tuple[Workspace, Channel, Client]:
    owner = a_user()
    workspace = a_workspace(owner)
    with tenant(workspace):
        channel = a_fake_channel(sink, name="Shop's bot")
    return workspace, channel, a_client(owner)


def lost(channel: Channel, status: Status, text: str = "News", **fields: Any) -> Message:
    return a_message(a_conversation(channel, name=f"Reader of {text}"), text, direction="out", status=status, **fields)


def page(workspace: Workspace, client: Client, **query: Any) -> str:
    answer = client.get(reverse("messengers:deliveries", args=[workspace.slug]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def decide(workspace: Workspace, client: Client, decision: str, *messages: Message, **more: str) -> str:
    body = {"decision": decision, "message": [message.pk for message in messages], **more}
    answer = client.post(reverse("messengers:decide", args=[workspace.slug]), body, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def statuses(workspace: Workspace) -> list[str]:
    with tenant(workspace):
        return list(Message.objects.order_by("pk").values_list("status", flat=True))


def test_what_is_uncertain_and_what_failed_stand_apart_with_their_reasons(shop: Any) -> None:
    workspace, channel, client = shop
    with tenant(workspace):
        lost(channel, Status.UNCERTAIN, "Perhaps", reason="sender_died")
        lost(channel, Status.REJECTED, "Refused", reason="message is too long")
        lost(channel, Status.SENT, "Arrived")
    uncertain, failed = page(workspace, client), page(workspace, client, tab="failed")
    assert "Reader of Perhaps" in uncertain
    assert "Reader of Refused" not in uncertain
    assert "Reader of Arrived" not in uncertain + failed
    assert "message is too long" in failed


@pytest.mark.parametrize(
    ("decision", "after"), [("send", Status.QUEUED), ("arrived", Status.SENT), ("give_up", Status.REJECTED)]
)
def test_what_is_decided_happens_to_the_chosen_alone(shop: Any, decision: str, after: Status) -> None:
    workspace, channel, client = shop
    with tenant(workspace):
        first, _second = lost(channel, Status.UNCERTAIN), lost(channel, Status.UNCERTAIN)
    decide(workspace, client, decision, first)
    assert statuses(workspace) == [after, Status.UNCERTAIN]
    with tenant(workspace):
        assert AuditEntry.objects.get(action=f"message.decided_{decision}")
    decide(workspace, client, decision, first)
    assert statuses(workspace) == [after, Status.UNCERTAIN]


def test_all_of_one_channel_are_decided_at_once(shop: Any, sink: Sink) -> None:
    workspace, channel, client = shop
    with tenant(workspace):
        other = a_fake_channel(sink)
        for where in (channel, channel, other):
            lost(where, Status.UNCERTAIN)
    decide(workspace, client, "send", all="yes", channel=str(channel.pk))
    assert statuses(workspace) == [Status.QUEUED, Status.QUEUED, Status.UNCERTAIN]


def test_what_was_given_up_is_not_shown_again(shop: Any) -> None:
    workspace, channel, client = shop
    with tenant(workspace):
        message = lost(channel, Status.UNCERTAIN, "Gone")
    decide(workspace, client, "give_up", message)
    assert "Reader of Gone" not in page(workspace, client) + page(workspace, client, tab="failed")


def test_a_message_of_a_finished_mailing_wakes_it_and_one_of_a_stopped_stays(shop: Any) -> None:
    workspace, channel, client = shop
    with tenant(workspace):
        finished, stopped = Batch.objects.create(state="finished"), batches.stop(batches.begin())
        first = lost(channel, Status.REJECTED, batch=finished, lane=1)
        second = lost(channel, Status.REJECTED, batch=stopped, lane=1)
    decide(workspace, client, "send", first, second, tab="failed")
    assert statuses(workspace) == [Status.QUEUED, Status.REJECTED]
    with tenant(workspace):
        assert set(Batch.objects.values_list("state", flat=True)) == {"running", "stopped"}


def test_an_answer_that_means_nothing_changes_nothing(shop: Any) -> None:
    workspace, channel, client = shop
    with tenant(workspace):
        message = lost(channel, Status.UNCERTAIN)
    decide(workspace, client, "explode", message, message="x")
    decide(workspace, client, "send")
    assert statuses(workspace) == [Status.UNCERTAIN]


def test_an_agent_does_not_decide_for_all(shop: Any) -> None:
    workspace, _channel, _client = shop
    agent = a_client(a_member(workspace, Role.AGENT))
    assert agent.get(reverse("messengers:deliveries", args=[workspace.slug])).status_code == 403


def a_riddle(workspace: Workspace, channel: Channel, number: int) -> InboundUpdate:
    with tenant(workspace):
        update_id = inbox.store(channel, {"id": f"u{number}", "type": "riddle", "at": "2026-01-01T00:00:00Z"})
    inbox.process(update_id or 0, workspace_id=workspace.pk)
    with tenant(workspace):
        return InboundUpdate.objects.get(pk=update_id)


def test_what_could_not_be_read_is_shown_replayed_and_dropped(shop: Any) -> None:
    workspace, channel, client = shop
    first, second = a_riddle(workspace, channel, 1), a_riddle(workspace, channel, 2)
    assert first.state == "failed"
    where = reverse("messengers:failed_updates", args=[workspace.slug, channel.pk])
    shown = client.get(where).content.decode()
    assert "riddle" in shown
    assert "u1" in shown
    client.post(reverse("messengers:drop_update", args=[workspace.slug, channel.pk, first.pk]))
    client.post(reverse("messengers:replay_update", args=[workspace.slug, channel.pk, second.pk]))
    with tenant(workspace):
        assert [update.state for update in InboundUpdate.objects.all()] == ["stored"]
    third = a_riddle(workspace, channel, 3)
    client.post(reverse("messengers:replay_all", args=[workspace.slug, channel.pk]))
    with tenant(workspace):
        assert InboundUpdate.objects.get(pk=third.pk).state == "stored"
    assert "u3" not in client.get(where).content.decode()
