"""A mailing is paused, slowed, stopped or too late midway: what has left counts once, and the rest obeys at once."""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from builders import a_conversation, a_workspace
from fake_messenger import a_fake_channel, a_sender, eventually
from faults.watched_sink import WatchedSink, a_slow_sink
from messengers import batches, outbox
from messengers.content import Content
from messengers.models import Batch, Channel, Message
from messengers.statuses import Status
from workspaces.models import Workspace
from workspaces.scope import tenant

PEOPLE = 60
BEFORE = 10  # have it when the mailing is changed


@pytest.fixture
def sink() -> Iterator[WatchedSink]:
    with a_slow_sink(1, slowness=(0.05, 0.3)) as made:
        yield made


@pytest.fixture
def workspace(committed_db: None) -> Workspace:
    return a_workspace()


def a_mailing(workspace: Workspace, sink: WatchedSink) -> tuple[Batch, Channel]:
    """A mailing at twenty a second."""
    with tenant(workspace):
        channel, batch = a_fake_channel(sink, "slow_fake"), batches.begin()
        talks = [a_conversation(channel).pk for _ in range(PEOPLE)]
        batches.fill(batch, batches.vary(batch, Content(text="News")), talks, source=Message.Source.BROADCAST)
    return batch, channel


def count(workspace: Workspace, batch: Batch, *statuses: str) -> int:
    with tenant(workspace):
        return batch.messages.filter(status__in=statuses).count()


def came(sink: WatchedSink) -> int:
    return sink.texts().count("News")


def settle(workspace: Workspace, sink: WatchedSink, batch: Batch, channel: Channel) -> None:
    """Wait until senders have looked again since now, and what was under way has landed."""
    for number in range(2):
        with tenant(workspace):
            answer = outbox.enqueue(a_conversation(channel), Content(text=f"answer {number}"), source="member")
        eventually(lambda m=answer: status(workspace, m) == Status.SENT)
        eventually(lambda: not count(workspace, batch, Status.SENDING))


def status(workspace: Workspace, message: Message) -> str:
    with tenant(workspace):
        return str(Message.objects.get(pk=message.pk).status)


@pytest.mark.parametrize("how", ["paused", "slowed"])
def test_it_rests_and_goes_on(workspace: Workspace, sink: WatchedSink, how: str) -> None:
    batch, channel = a_mailing(workspace, sink)
    with a_sender():
        eventually(lambda: came(sink) >= BEFORE)
        with tenant(workspace):
            batches.pause(batch) if how == "paused" else batches.set_speed(batch, 1)
        settle(workspace, sink, batch, channel)
        left = came(sink)
        assert left < PEOPLE
        settle(workspace, sink, batch, channel)
        assert came(sink) - left <= (how == "slowed")  # the first of the new hour
        with tenant(workspace):
            batches.resume(batch) if how == "paused" else batches.set_speed(batch, None)
        eventually(lambda: count(workspace, batch, Status.SENT) == PEOPLE, 30)
    assert came(sink) == PEOPLE == len({one.to for one in sink.arrivals if one.text == "News"})


@pytest.mark.parametrize(("how", "reason"), [("stopped", "batch_stopped"), ("too late", "too_late")])
def test_it_ends(workspace: Workspace, sink: WatchedSink, how: str, reason: str) -> None:
    batch, _ = a_mailing(workspace, sink)
    with a_sender():
        eventually(lambda: came(sink) >= BEFORE)
        with tenant(workspace):
            batches.stop(batch) if how == "stopped" else batches.set_deadline(batch, timezone.now())
        eventually(lambda: not count(workspace, batch, Status.QUEUED, Status.SENDING), 30)
    assert BEFORE <= came(sink) == count(workspace, batch, Status.SENT) < PEOPLE
    assert came(sink) + count(workspace, batch, Status.CANCELED) == PEOPLE
    with tenant(workspace):
        assert set(batch.messages.filter(status=Status.CANCELED).values_list("reason", flat=True)) == {reason}
