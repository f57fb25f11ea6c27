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
from messengers.content import Content
from messengers.inbound import TooEarlyError, handle
from messengers.models import Conversation, Message
from messengers.receipts import News, merge
from messengers.statuses import Status, below, raises
from messengers.updates import MemberWrote, ReceiptReceived, Sender
from workspaces.scope import tenant

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
UP = [Status.QUEUED, Status.SENDING, Status.SENT, Status.DELIVERED, Status.READ]


@pytest.fixture
def talk(db: None) -> Any:
    with tenant(a_workspace()):
        yield a_conversation()


def ours(talk: Conversation, status: Status = Status.SENT, **fields: Any) -> Message:
    return a_message(talk, direction="out", status=status, **fields)


def statuses_of(*messages: Message) -> list[str]:
    found = Message.objects.in_bulk([message.pk for message in messages])
    return [found[message.pk].status for message in messages]


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


def test_who_counts_his_messages_tells_of_all_up_to_one(talk: Conversation) -> None:
    first, album, later, nameless = (ours(talk, external_id=name) for name in ("8", "9,10", "11", ""))
    read = ReceiptReceived(Status.READ, None, sender=Sender(talk.identity.external_id), upto=10)
    handle(read, talk.channel)
    assert statuses_of(first, album, later, nameless) == [Status.READ, Status.READ, Status.SENT, Status.SENT]
    first.refresh_from_db()
    assert first.read_at is not None


def test_who_tells_a_moment_tells_of_all_that_was_sent_by_then(talk: Conversation) -> None:
    before, failed, later = ours(talk), ours(talk, Status.REJECTED), ours(talk)
    for message, minutes in ((before, -1), (failed, -1), (later, 1)):
        Message.objects.filter(pk=message.pk).update(sent_at=NOON + timedelta(minutes=minutes))
    handle(ReceiptReceived(Status.READ, NOON, sender=Sender(talk.identity.external_id), until=NOON), talk.channel)
    assert statuses_of(before, failed, later) == [Status.READ, Status.REJECTED, Status.SENT]


def test_a_message_that_is_on_its_way_may_be_meant_too(talk: Conversation) -> None:
    ours(talk, Status.SENDING)
    sender = Sender(talk.identity.external_id)
    for told in (
        ReceiptReceived(Status.READ, None, sender=sender, upto=1),
        ReceiptReceived(Status.READ, None, sender=sender, until=NOON),
        MemberWrote(sender, "12", Content.plain("Hello"), NOON),
    ):
        with pytest.raises(TooEarlyError):
            handle(told, talk.channel)


def test_what_a_member_wrote_in_the_messengers_own_app_stands_here_once(talk: Conversation) -> None:
    sender = Sender(talk.identity.external_id)
    for _ in range(2):
        handle(MemberWrote(sender, "12", Content.plain("I am on it"), NOON), talk.channel)
    written = Message.objects.get(external_id="12")
    assert (written.direction, written.status, written.source) == ("out", Status.SENT, Message.Source.MEMBER)
    talk.refresh_from_db()
    assert (talk.last_message_id, talk.waiting_since) == (written.pk, None)


@pytest.mark.parametrize(
    ("status", "name", "comes_to"),
    [
        (Status.DELIVERED, "a", Status.SENT),
        (Status.READ, "b", Status.SENT),
        (Status.DELIVERED, "c", Status.DELIVERED),
        (Status.READ, "c", Status.READ),
        (Status.REJECTED, "a", Status.REJECTED),
        (Status.UNREACHABLE, "c", Status.UNREACHABLE),
    ],
)
def test_a_message_in_parts_has_arrived_when_the_last_has_and_failed_when_any_did(
    talk: Conversation, status: Status, name: str, comes_to: Status
) -> None:
    message, other = ours(talk, external_id="a,b,c"), ours(talk, external_id="ab,d")
    handle(ReceiptReceived(status, NOON, external_ids=(name,), sender=Sender(talk.identity.external_id)), talk.channel)
    assert statuses_of(message, other) == [comes_to, Status.SENT]


def test_parts_of_what_has_not_left_as_a_whole_say_nothing_of_it(talk: Conversation) -> None:
    message = ours(talk, Status.UNCERTAIN, external_id="10,11,")
    sender = Sender(talk.identity.external_id)
    for told in ({"external_ids": ("11",)}, {"upto": 12}):
        handle(ReceiptReceived(Status.READ, NOON, sender=sender, **told), talk.channel)
    assert statuses_of(message) == [Status.UNCERTAIN]


def test_a_part_of_ours_is_not_what_a_member_wrote(talk: Conversation) -> None:
    ours(talk, external_id="a,b,c")
    for name in ("a", "c"):
        handle(MemberWrote(Sender(talk.identity.external_id), name, Content.plain("x"), NOON), talk.channel)
    assert Message.objects.count() == 1


def test_an_echo_without_a_name_that_came_while_we_spoke_is_ours(talk: Conversation) -> None:
    sender, spoken = Sender(talk.identity.external_id), ours(talk, external_id="last part")
    Message.objects.filter(pk=spoken.pk).update(created_at=NOON, sent_at=NOON, source=Message.Source.BOT)
    for name, seconds in (("first part", -2), ("typed", 60), ("typed, too", 61)):
        said = Content.plain(name)
        handle(MemberWrote(sender, name, said, NOON + timedelta(seconds=seconds), perhaps_ours=True), talk.channel)
    names = Message.objects.order_by("pk").values_list("external_id", flat=True)
    assert list(names) == ["last part", "typed", "typed, too"]
