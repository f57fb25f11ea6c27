"""Whoever has much to send does not hold up the others: counted in messages, not in seconds."""

from collections.abc import Iterator

import pytest

from builders import a_conversation, a_workspace
from fake_messenger import a_fake_channel, a_sender, eventually
from faults.watched_sink import WatchedSink, a_slow_sink
from messengers import batches, outbox
from messengers.content import Content
from messengers.models import Channel, Message
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def sink() -> Iterator[WatchedSink]:
    with a_slow_sink(2, slowness=(0.8, 1.2)) as made:
        yield made


def mail(channel: Channel, people: int) -> None:
    batch = batches.begin()
    talks = [a_conversation(channel).pk for _ in range(people)]
    batches.fill(batch, batches.vary(batch, Content(text="News")), talks, source=Message.Source.BROADCAST)


def test_a_huge_mailing_of_one_workspace_does_not_delay_another(sink: WatchedSink) -> None:
    large, small = a_workspace(), a_workspace()
    with tenant(large):
        for _ in range(4):
            mail(a_fake_channel(sink), 1_000)
    with tenant(small):
        talks = [a_conversation(a_fake_channel(sink)) for _ in range(3)]
    with a_sender(channels=4):
        eventually(lambda: sink.open > 50, 30)
        with tenant(small):
            for talk in talks:
                outbox.enqueue(talk, Content(text="Hello"), source=Message.Source.BOT)
        eventually(lambda: sink.texts().count("Hello") == 3, 30)
        assert sink.texts().count("News") < 4_000
        eventually(lambda: len(sink.arrivals) == 4_003, 60)


def test_answers_overtake_the_mailing_of_their_own_channel(sink: WatchedSink) -> None:
    workspace = a_workspace()
    with tenant(workspace):
        channel = a_fake_channel(sink, "slow_fake")
        talks = [a_conversation(channel) for _ in range(5)]
        mail(channel, 100)
    with a_sender():
        eventually(lambda: len(sink.arrivals) > 10, 30)
        with tenant(workspace):
            for talk in talks:
                outbox.enqueue(talk, Content(text="Answer"), source=Message.Source.MEMBER)
        eventually(lambda: sink.texts().count("Answer") == 5, 30)
        assert sink.texts().count("News") < 100
        eventually(lambda: len(sink.arrivals) == 105, 30)


def test_a_mailing_that_has_used_up_the_rate_leaves_a_place_to_an_answer(sink: WatchedSink) -> None:
    workspace = a_workspace()
    with tenant(workspace):
        channel = a_fake_channel(sink, "hourly_fake")
        talk = a_conversation(channel)
        mail(channel, 20)
    with a_sender():
        eventually(lambda: len(sink.arrivals) == 7, 30)  # the eighth is an answer's, or waits for twelve seconds
        with tenant(workspace):
            outbox.enqueue(talk, Content(text="Answer"), source=Message.Source.MEMBER)
        eventually(lambda: sink.texts().count("Answer") == 1, 8)
        assert sink.texts().count("News") == 7
