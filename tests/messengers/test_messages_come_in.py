"""What a messenger tells us is stored once, handled in order, and nothing of it is lost."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.dispatch import Signal

from builders import a_channel, a_workspace
from messengers import conversations, failed_updates, inbox, signals, tasks
from messengers.models import Channel, Conversation, Identity, InboundUpdate, Message
from messengers.signals import TenantSignal
from workspaces.models import Workspace
from workspaces.scope import tenant

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def channel(workspace: Workspace) -> Channel:
    with tenant(workspace):
        return a_channel("fake")


def told(channel: Channel, kind: str = "message", number: int = 1, who: str = "anna", **facts: Any) -> int | None:
    """The messenger tells us something; the id of the stored update, None for a repeat."""
    body = {
        "id": f"{who}-{number}",
        "type": kind,
        "from": who,
        "at": NOW.isoformat(),
        "text": f"text {number}",
        **facts,
    }
    with tenant(channel.workspace_id):
        return inbox.store(channel, body)


def handled(channel: Channel, update_id: int | None) -> InboundUpdate:
    assert update_id is not None
    tasks.receive(update_id, workspace_id=channel.workspace_id)
    with tenant(channel.workspace_id):
        return InboundUpdate.objects.get(pk=update_id)


def texts(channel: Channel) -> list[str]:
    with tenant(channel.workspace_id):
        return [row.content["text"] for row in Message.objects.filter(channel=channel).order_by("id")]


@contextmanager
def heard(signal: Signal) -> Iterator[list[dict[str, Any]]]:
    """All that a signal tells meanwhile."""
    facts: list[dict[str, Any]] = []

    def listen(signal: Signal, sender: object, **told: Any) -> None:
        facts.append(told)

    signal.connect(listen)
    yield facts
    signal.disconnect(listen)


def at_once(*jobs: Callable[[], object]) -> list[BaseException]:
    """Run jobs at the same moment, each in a thread with a connection of its own; return what they raised."""
    together, errors = threading.Barrier(len(jobs)), []

    def run(job: Callable[[], object]) -> None:
        try:
            together.wait(5)
            job()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return errors


def test_a_persons_first_word_makes_contact_identity_and_conversation(channel: Channel) -> None:
    with heard(signals.message_received) as told_of:
        update = handled(channel, told(channel, name="Anna"))
    assert update.state == InboundUpdate.State.DONE
    with tenant(channel.workspace_id):
        talk = Conversation.objects.get()
        assert talk.contact.name == "Anna"
        assert (talk.unread, talk.waiting_since, talk.last_message.content["text"]) == (1, NOW, "text 1")
    assert [facts["conversation"].pk for facts in told_of] == [talk.pk]


def test_a_repeat_is_dropped(channel: Channel) -> None:
    first = told(channel)
    assert told(channel) is None
    handled(channel, first)
    handled(channel, first)
    assert texts(channel) == ["text 1"]


def test_the_same_update_told_twice_at_once_is_stored_once(channel: Channel) -> None:
    stored: list[int | None] = []
    assert at_once(*[lambda: stored.append(told(channel))] * 4) == []
    assert len([one for one in stored if one]) == 1


def test_two_workers_meet_one_new_person_once(channel: Channel) -> None:
    updates = [told(channel, number=number, who=who) for number in (1, 2) for who in ("anna", "ANNA ", " Anna")]
    # Three spellings have three queues, so their updates are really handled at the same moment.
    errors = at_once(*[lambda one=one: handled(channel, one) for one in updates])
    assert errors == []
    with tenant(channel.workspace_id):
        assert Identity.objects.count() == Conversation.objects.count() == 1
        assert Message.objects.count() == 6
        assert Conversation.objects.get().unread == 6


def test_updates_of_one_person_go_in_order_whoever_is_faster(channel: Channel) -> None:
    updates = [told(channel, number=number) for number in range(5)]
    handled(channel, updates[3])
    assert texts(channel) == [f"text {number}" for number in range(4)]
    at_once(*[lambda one=one: handled(channel, one) for one in reversed(updates)])
    assert texts(channel) == [f"text {number}" for number in range(5)]


def test_what_cannot_be_read_is_kept_and_the_rest_goes_on(channel: Channel) -> None:
    poison, fine = told(channel, "riddle", 1), told(channel, number=2)
    handled(channel, fine)
    with tenant(channel.workspace_id):
        kept = InboundUpdate.objects.get(pk=poison)
        assert kept.state == InboundUpdate.State.FAILED
        assert "unknown type riddle" in kept.error
        kept.body["type"] = "message"  # the adapter has learned to read it since
        kept.save()
        failed_updates.replay(kept, None)
    handled(channel, poison)
    assert texts(channel) == ["text 2", "text 1"]


def test_an_error_of_ours_is_tried_again_and_holds_the_persons_later_words_back(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, time_machine: Any
) -> None:
    first, second = told(channel, number=1), told(channel, number=2)

    def fail(*_: object) -> None:
        raise RuntimeError("out of luck")

    with monkeypatch.context() as patch:
        patch.setattr(conversations, "heard", fail)
        assert handled(channel, first).state == InboundUpdate.State.STORED
        assert handled(channel, second).state == InboundUpdate.State.STORED
    assert texts(channel) == []
    time_machine.move_to(datetime.now(UTC) + timedelta(seconds=30))
    handled(channel, second)
    assert texts(channel) == ["text 1", "text 2"]


def test_after_three_errors_the_others_go_on(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, time_machine: Any
) -> None:
    first, second = told(channel, number=1), told(channel, number=2)
    really = conversations.heard

    def fail_the_first(locked: Conversation, message: Message) -> None:
        if message.content["text"] == "text 1":
            raise RuntimeError("out of luck")
        really(locked, message)

    monkeypatch.setattr(conversations, "heard", fail_the_first)
    for _ in range(3):
        handled(channel, second)
        time_machine.move_to(datetime.now(UTC) + timedelta(seconds=30))
    handled(channel, second)
    assert texts(channel) == ["text 2"]
    with tenant(channel.workspace_id):
        failed = InboundUpdate.objects.get(pk=first)
        assert (failed.state, failed.tries) == (InboundUpdate.State.FAILED, 3)


def test_a_listener_that_fails_undoes_nothing(channel: Channel, caplog: pytest.LogCaptureFixture) -> None:
    def stumble(signal: TenantSignal, sender: object, **facts: Any) -> None:
        Message.objects.filter(pk=facts["message"].pk).update(status="x" * 99)  # even with an error in the database

    signals.message_received.connect(stumble)
    try:
        update = handled(channel, told(channel))
    finally:
        signals.message_received.disconnect(stumble)
    assert update.state == InboundUpdate.State.DONE
    assert texts(channel) == ["text 1"]
    assert "stumble failed" in caplog.text


def test_start_tells_whether_it_is_the_first_time(channel: Channel) -> None:
    with heard(signals.contact_started) as told_of:
        handled(channel, told(channel, "start", 1, payload="spring"))
        handled(channel, told(channel, "start", 2))
    assert [(facts["first"], facts["update"].payload) for facts in told_of] == [(True, "spring"), (False, "")]


def test_a_button_is_a_word_of_the_persons(channel: Channel) -> None:
    with heard(signals.message_received) as told_of:
        handled(channel, told(channel, "button", message=7, button="yes", text="Yes, please"))
    assert texts(channel) == ["Yes, please"]
    assert told_of[0]["update"].button_id == "yes"


def test_a_closed_conversation_opens_again(channel: Channel) -> None:
    handled(channel, told(channel, number=1))
    with tenant(channel.workspace_id):
        conversations.close(Conversation.objects.get(), None)  # type: ignore[arg-type]
    handled(channel, told(channel, number=2))
    with tenant(channel.workspace_id):
        talk = Conversation.objects.get()
        assert (talk.state, talk.unread) == (Conversation.State.OPEN, 1)


@pytest.mark.parametrize(
    ("did", "state"),
    [
        (["blocked"], "blocked"),
        (["blocked", "message"], "active"),
        (["blocked", "unsubscribed"], "blocked"),
        (["unsubscribed"], "unsubscribed"),
        (["unsubscribed", "message"], "unsubscribed"),
        (["unsubscribed", "start"], "active"),
        (["unsubscribed", "blocked"], "blocked"),
        (["unsubscribed", "active"], "active"),
        (["blocked", "active"], "active"),
    ],
)
def test_whether_we_may_write_follows_what_the_person_did(channel: Channel, did: list[str], state: str) -> None:
    for number, kind in enumerate(did):
        handled(channel, told(channel, kind, number, at=(NOW + timedelta(minutes=number)).isoformat()))
    with tenant(channel.workspace_id):
        assert Identity.objects.get().state == state


def test_old_news_change_nothing(channel: Channel) -> None:
    handled(channel, told(channel, "unsubscribed", 1))
    handled(channel, told(channel, "active", 2, at=(NOW - timedelta(minutes=1)).isoformat()))
    with tenant(channel.workspace_id):
        assert Identity.objects.get().state == Identity.State.UNSUBSCRIBED


def test_a_receipt_that_comes_before_we_know_the_id_is_kept(channel: Channel, time_machine: Any) -> None:
    handled(channel, told(channel))
    with tenant(channel.workspace_id):
        talk = Conversation.objects.get()
        ours = Message.objects.create(
            conversation=talk,
            channel=channel,
            identity=talk.identity,
            direction="out",
            content={},
            status="sent",
            source="bot",
        )
    early = told(channel, "receipt", 2, who="", status="read", ids=["ext-1"])
    assert handled(channel, early).state == InboundUpdate.State.STORED
    with tenant(channel.workspace_id):
        Message.objects.filter(pk=ours.pk).update(external_id="ext-1")
    time_machine.move_to(datetime.now(UTC) + timedelta(seconds=30))
    assert handled(channel, early).state == InboundUpdate.State.DONE
    with tenant(channel.workspace_id):
        assert Message.objects.get(pk=ours.pk).status == "read"


def test_what_was_forgotten_is_found(channel: Channel, owner_cursor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten, young = told(channel, number=1), told(channel, number=2, who="boris")
    owner_cursor.execute(
        "UPDATE messengers_inboundupdate SET received_at = now() - interval '1 minute' WHERE id = %s", [forgotten]
    )
    with tenant(channel.workspace_id):
        quiet = a_channel("fake")
    waits = told(quiet, number=1)
    asked: list[int] = []
    monkeypatch.setattr(tasks.receive_waiting, "delay", lambda channel_id, workspace_id: asked.append(channel_id))
    tasks.tick()
    tasks.tick()
    assert asked == [channel.pk]
    tasks.receive_waiting(channel.pk, workspace_id=channel.workspace_id)
    assert texts(channel) == ["text 1", "text 2"]
    assert None not in (young, waits)


def all_handled(channel: Channel) -> None:
    while inbox.process_waiting(channel.pk, workspace_id=channel.workspace_id, seconds=20):
        pass


def test_those_who_write_at_once_are_handled_together(channel: Channel, django_assert_max_num_queries: Any) -> None:
    for number in range(2):
        for person in range(10):
            told(channel, number=number, who=f"person-{person}", text=f"{person} says {number}")
    # Eleven for each, of which the listener of this test costs two; a returning person costs less than a new one.
    with heard(signals.message_received) as told_of, django_assert_max_num_queries(20 * 11):
        all_handled(channel)
    assert texts(channel) == [f"{person} says {number}" for number in range(2) for person in range(10)]
    assert [facts["message"].content["text"] for facts in told_of] == texts(channel)
    with tenant(channel.workspace_id):
        assert set(Conversation.objects.values_list("unread", flat=True)) == {2}
        assert set(InboundUpdate.objects.values_list("state", flat=True)) == {"done"}


def test_one_that_fails_takes_nothing_from_its_neighbours(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    really = conversations.heard

    def fail_for_boris(locked: Conversation, message: Message) -> None:
        if "boris" in message.content["text"]:
            raise RuntimeError("out of luck")
        really(locked, message)

    monkeypatch.setattr(conversations, "heard", fail_for_boris)
    for who in ("anna", "boris", "clara"):
        told(channel, who=who, text=f"{who} 1")
        told(channel, "riddle", 2, who=who)
        told(channel, number=3, who=who, text=f"{who} 3")
    all_handled(channel)
    assert sorted(texts(channel)) == ["anna 1", "anna 3", "clara 1", "clara 3"]
    with tenant(channel.workspace_id):
        states = list(InboundUpdate.objects.order_by("pk").values_list("sender_key", "state"))
    assert states == [
        *[("anna", "done"), ("anna", "failed"), ("anna", "done")],
        *[("boris", "stored"), ("boris", "stored"), ("boris", "stored")],
        *[("clara", "done"), ("clara", "failed"), ("clara", "done")],
    ]


def test_a_listener_that_fails_for_one_is_told_of_the_others_as_they_are(channel: Channel) -> None:
    firsts: list[tuple[str, bool]] = []

    def stumble(signal: TenantSignal, sender: object, **facts: Any) -> None:
        talk = facts["conversation"]
        Conversation.objects.filter(pk=talk.pk).update(unread=7)
        talk.unread = 7
        if talk.identity.external_id == "anna":
            raise RuntimeError("out of luck")
        firsts.append((talk.identity.external_id, facts["first"]))

    signals.contact_started.connect(stumble)
    try:
        for who in ("anna", "boris", "clara"):
            told(channel, "start", 1, who=who)
            told(channel, number=2, who=who)
        all_handled(channel)
    finally:
        signals.contact_started.disconnect(stumble)
    assert firsts == [("boris", True), ("clara", True)]
    with tenant(channel.workspace_id):
        unread = Conversation.objects.order_by("identity__external_id").values_list("unread", flat=True)
        assert list(unread) == [1, 8, 8]  # what the listener did for Anna is undone, in her talk as in its row


def test_while_one_is_waited_for_the_others_go_on(channel: Channel) -> None:
    first, second = told(channel, number=1), told(channel, number=2)
    told(channel, number=3, who="boris")
    with tenant(channel.workspace_id):
        InboundUpdate.objects.filter(pk=first).update(due_at=datetime.now(UTC) + timedelta(minutes=1), tries=1)
    all_handled(channel)
    assert texts(channel) == ["text 3"]
    with tenant(channel.workspace_id):
        assert InboundUpdate.objects.get(pk=second).state == InboundUpdate.State.STORED


def test_many_workers_handle_each_update_once_and_each_person_in_order(channel: Channel) -> None:
    for number in range(12):
        for person in range(10):
            told(channel, number=number, who=f"person-{person}", text=f"{number}")
    assert at_once(*[lambda: all_handled(channel)] * 4) == []
    all_handled(channel)
    with tenant(channel.workspace_id):
        for talk in Conversation.objects.all():
            said = [row.content["text"] for row in talk.messages.order_by("id")]
            assert said == [str(number) for number in range(12)]
        assert Conversation.objects.count() == 10


def test_another_workspaces_channel_stays_behind_its_wall(channel: Channel) -> None:
    update = told(channel)
    inbox.process(update, workspace_id=a_workspace().pk)
    assert texts(channel) == []
