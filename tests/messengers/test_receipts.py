"""News of what became of our messages: in any order, any number of times, it comes to the same."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import pairwise, permutations
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from builders import a_conversation, a_message, a_workspace
from messengers import receipts, signals
from messengers.models import Conversation, Message
from messengers.receipts import News, merge
from messengers.statuses import Status, below, raises
from messengers.updates import ReceiptReceived
from workspaces.scope import tenant

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
UP = [Status.QUEUED, Status.SENDING, Status.SENT, Status.DELIVERED, Status.READ]


@pytest.fixture
def talk(db: None) -> Any:
    with tenant(a_workspace()):
        yield a_conversation()


def ours(talk: Conversation, status: Status = Status.SENT, **fields: Any) -> Message:
    return a_message(talk, direction="out", status=status, **fields)


def told(status: Status, *messages: Message, minutes: int = 0) -> ReceiptReceived:
    return ReceiptReceived(status, NOON + timedelta(minutes=minutes), tuple(message.pk for message in messages))


def test_the_way_up() -> None:
    assert all(raises(low, high) and not raises(high, low) for low, high in pairwise(UP))
    assert raises(Status.UNCERTAIN, Status.SENT)
    assert not raises(Status.SENT, Status.UNCERTAIN)
    assert not any(raises(status, Status.READ) for status in (Status.READ, Status.RECEIVED))


@given(st.sampled_from(Status), st.sampled_from([status for status in Status if status is not Status.RECEIVED]))
def test_the_bulk_update_has_the_same_lattice(old: Status, new: Status) -> None:
    assert (old in below(new)) == raises(old, new)


@pytest.mark.parametrize("order", list(permutations([Status.SENT, Status.DELIVERED, Status.READ])))
def test_the_order_of_news_does_not_matter(talk: Conversation, order: tuple[Status, ...]) -> None:
    message = ours(talk, Status.SENDING)
    for status in order:
        receipts.apply(talk.channel, [told(status, message, minutes=UP.index(status))])
    message.refresh_from_db()
    assert message.status == Status.READ
    assert message.delivered_at == NOON + timedelta(minutes=3)
    assert message.read_at == NOON + timedelta(minutes=4)


news = st.builds(
    lambda status, minute: receipts._news(1, ReceiptReceived(status, NOON + timedelta(minutes=minute), (1,))),
    st.sampled_from([Status.SENT, Status.DELIVERED, Status.READ, Status.UNREACHABLE]),
    st.integers(0, 9),
)


@given(st.lists(news, min_size=1, max_size=6), st.randoms())
def test_joined_in_any_order_it_is_the_same(all_news: list[News], random: Any) -> None:
    def joined(order: list[News]) -> News:
        return reduce(merge, order[1:], order[0])

    shuffled = all_news + all_news[:2]
    random.shuffle(shuffled)
    assert joined(shuffled) == joined(all_news)


def test_one_statement_for_all_and_one_signal_for_each_status(talk: Conversation) -> None:
    first, second, third = ours(talk), ours(talk), ours(talk, Status.READ)
    heard: list[tuple[Any, ...]] = []

    def listen(signal: Any, sender: Any, message_ids: list[int], status: Status) -> None:
        heard.append((message_ids, status))

    signals.message_status_changed.connect(listen)
    news = [told(Status.DELIVERED, first, second, third), told(Status.READ, second)]
    with CaptureQueriesContext(connection) as queries:
        receipts.apply(talk.channel, news)
    assert len([one for one in queries if one["sql"].strip().startswith("UPDATE messengers_message")]) == 1
    signals.message_status_changed.disconnect(listen)
    assert sorted(heard) == [([first.pk], Status.DELIVERED), ([second.pk], Status.READ)]


def test_a_receipt_lifts_what_was_uncertain(talk: Conversation) -> None:
    message = ours(talk, Status.UNCERTAIN, external_id="ext")
    unknown = receipts.apply(talk.channel, [ReceiptReceived(Status.DELIVERED, NOON, external_ids=("ext", "other"))])
    message.refresh_from_db()
    assert (message.status, unknown) == (Status.DELIVERED, ["other"])


def test_a_message_that_was_taken_can_fail_later_and_an_arrival_is_stronger(talk: Conversation) -> None:
    message = ours(talk, Status.SENT)
    fates = []
    for status in (Status.REJECTED, Status.SENT, Status.DELIVERED, Status.UNREACHABLE):
        receipts.apply(talk.channel, [told(status, message)])
        message.refresh_from_db()
        fates.append(message.status)
    assert fates == [Status.REJECTED, Status.REJECTED, Status.DELIVERED, Status.DELIVERED]


def test_nobody_reads_for_somebody_else(talk: Conversation) -> None:
    message = ours(talk)
    stranger = a_conversation(talk.channel)
    receipts.apply(talk.channel, [told(Status.READ, message)], stranger.identity)
    receipts.apply(a_conversation().channel, [told(Status.READ, message)])
    message.refresh_from_db()
    assert message.status == Status.SENT
