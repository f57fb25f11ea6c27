"""What is queued leaves through the messenger's own API, and what it answers becomes the message's status."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from builders import a_conversation, a_user, a_workspace, an_identity
from fake_messenger import Sink, a_fake_channel, a_sender, eventually
from messengers import batches, conversations, delivery, handover, hints, outbox, pump, receipts, tasks
from messengers.content import Content
from messengers.models import Attempt, Batch, Channel, Conversation, Identity, Message
from messengers.statuses import Status
from messengers.updates import ReceiptReceived
from workspaces.models import Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("committed_db")


def say(talk: Conversation, text: str = "Hello", source: str = Message.Source.BOT, **how: Any) -> Message:
    return outbox.enqueue(talk, Content(text=text), source=source, **how)


def mail(batch: Batch, talks: list[Conversation], text: str = "News") -> None:
    variant = batches.vary(batch, Content(text=text))
    batches.fill(batch, variant, [talk.pk for talk in talks], source=Message.Source.BROADCAST)


def reached(workspace: Workspace, *messages: Message, status: Status) -> bool:
    with tenant(workspace):
        found = Message.objects.filter(pk__in=[message.pk for message in messages], status=status)
        return found.count() == len(messages)


def fresh(workspace: Workspace, message: Message) -> Message:
    with tenant(workspace):
        return Message.objects.get(pk=message.pk)


def outcomes(workspace: Workspace, message: Message) -> list[str]:
    with tenant(workspace):
        return list(Attempt.objects.filter(message=message).order_by("number").values_list("outcome", flat=True))


def test_a_message_leaves_at_once(workspace: Workspace, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "SCAN", 60)  # so that only the hint can be why it leaves
    monkeypatch.setattr(pump, "POLL", 60)
    with tenant(workspace):
        talk, elsewhere = (a_conversation(a_fake_channel(sink)) for _ in range(2))
    with a_sender():
        eventually(lambda: hints._client().pubsub_numsub(hints._WAKE)[0][1] == 1)
        for number, where in enumerate([talk, talk, elsewhere], 1):
            with tenant(workspace):
                message = say(where, str(number))
            eventually(lambda m=message: reached(workspace, m, status=Status.SENT))
    sent = fresh(workspace, message)
    assert sink.texts() == ["1", "2", "3"]
    assert (sent.external_id, sent.reason) == ("ext-3", "")
    assert outcomes(workspace, message) == ["sent"]


def test_messages_of_one_talk_leave_in_order(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        talks = [a_conversation(a_fake_channel(sink)) for _ in range(3)]
        messages = [say(talk, str(number)) for number in range(6) for talk in talks]
    sink.answers = [(500, {"after": 0.02})]  # even if the first has to be tried again
    with a_sender():
        eventually(lambda: reached(workspace, *messages, status=Status.SENT))
    for talk in talks:
        texts = sink.texts(talk.identity.external_id)
        assert list(dict.fromkeys(texts)) == [str(number) for number in range(6)]


def test_it_tries_again_after_an_error_and_gives_up_in_the_end(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        lucky, unlucky = (say(a_conversation(a_fake_channel(sink))) for _ in range(2))
    sink.answers = [(500, {})]
    with a_sender():
        eventually(lambda: reached(workspace, lucky, unlucky, status=Status.SENT))
        assert sorted([len(outcomes(workspace, lucky)), len(outcomes(workspace, unlucky))]) == [1, 2]
        sink.answers = [(500, {})] * 9
        with tenant(workspace):
            hopeless = say(a_conversation(a_fake_channel(sink)))
        eventually(lambda: reached(workspace, hopeless, status=Status.REJECTED))
    assert outcomes(workspace, hopeless) == ["retry_at"] * 9
    assert fresh(workspace, hopeless).reason == "status_500"


def test_429_pauses_the_channel_and_fails_nothing(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        channel = a_fake_channel(sink)
        talk, other = a_conversation(channel), a_conversation(channel)
        first = say(talk)
    sink.answers = [(429, {"after": 0.6})]
    with a_sender():
        eventually(lambda: paused(workspace, channel))
        with tenant(workspace):
            second = say(other)
        eventually(lambda: reached(workspace, first, second, status=Status.SENT))
    assert len(sink.arrivals) == 3
    assert sink.arrivals[1].at - sink.arrivals[0].at >= 0.55
    assert fresh(workspace, first).retries == 0


def paused(workspace: Workspace, channel: Channel) -> bool:
    with tenant(workspace):
        return Channel.objects.get(pk=channel.pk).paused_until is not None


def test_who_blocked_us_is_not_written_to_again(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        talk = a_conversation(a_fake_channel(sink))
        first, second = say(talk, "1"), say(talk, "2")
    sink.answers = [(403, {})]
    with a_sender():
        eventually(lambda: reached(workspace, first, status=Status.UNREACHABLE))
        eventually(lambda: reached(workspace, second, status=Status.CANCELED))
    assert sink.texts() == ["1"]
    assert fresh(workspace, second).reason == "blocked"
    with tenant(workspace):
        assert Identity.objects.get(pk=talk.identity_id).state == Identity.State.BLOCKED
        with pytest.raises(outbox.UnreachableError):
            say(talk, "3")


def test_one_bad_message_does_not_stop_the_others(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        channel = a_fake_channel(sink)
        messages = [say(a_conversation(channel)) for _ in range(10)]
    sink.answers = [(400, {})]
    with a_sender():
        eventually(lambda: reached(workspace, *messages[1:], status=Status.SENT) or len(sink.arrivals) == 10)
    statuses = sorted(fresh(workspace, message).status for message in messages)
    assert statuses == [Status.REJECTED] + [Status.SENT] * 9


def test_a_dead_token_stops_the_channel_and_loses_nothing(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        channel = a_fake_channel(sink)
        message = say(a_conversation(channel))
    sink.answers = [(401, {})]
    with a_sender():
        eventually(lambda: broken(workspace, channel) and reached(workspace, message, status=Status.QUEUED))
        assert len(sink.arrivals) == 1
        with tenant(workspace):
            Channel.objects.filter(pk=channel.pk).update(state=Channel.State.ACTIVE)
        eventually(lambda: reached(workspace, message, status=Status.SENT))


def broken(workspace: Workspace, channel: Channel) -> bool:
    with tenant(workspace):
        found = Channel.objects.get(pk=channel.pk)
        return found.state == Channel.State.BROKEN and found.broken_reason == "token_revoked"


def test_a_call_cut_short_is_uncertain_until_a_person_decides(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        message = say(a_conversation(a_fake_channel(sink)))
    sink.answers = ["drop"]
    with a_sender():
        eventually(lambda: reached(workspace, message, status=Status.UNCERTAIN))
        with tenant(workspace):
            outbox.retry(message, a_user())
        eventually(lambda: reached(workspace, message, status=Status.SENT))
    assert outcomes(workspace, message) == ["uncertain", "sent"]


def test_a_server_that_is_away_was_never_written_to(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        channel = a_fake_channel(sink)
        Channel.objects.filter(pk=channel.pk).update(settings={"url": "http://127.0.0.1:1"})
        message = say(a_conversation(channel))
    with a_sender():
        eventually(lambda: outcomes(workspace, message)[:1] == ["retry_at"])
        with tenant(workspace):
            Channel.objects.filter(pk=channel.pk).update(settings={"url": sink.url})
        eventually(lambda: reached(workspace, message, status=Status.SENT))


def test_the_bot_falls_silent_when_a_person_takes_over(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        talk = a_conversation(a_fake_channel(sink))
        bots = say(talk, "from the bot")
        conversations.take_over(talk, a_user())
        persons = say(talk, "from a person", Message.Source.MEMBER)
    with a_sender():
        eventually(lambda: reached(workspace, persons, status=Status.SENT))
    assert sink.texts() == ["from a person"]
    assert fresh(workspace, bots).reason == "person_took_over"


def test_a_long_text_leaves_in_parts_and_goes_on_where_it_stopped(workspace: Workspace, sink: Sink) -> None:
    text = "One sentence of some words. " * 5
    with tenant(workspace):
        message = say(a_conversation(a_fake_channel(sink)), text)
    sink.answers = [(200, {}), (500, {"after": 0.01})]
    with a_sender():
        eventually(lambda: reached(workspace, message, status=Status.SENT))
    texts = [arrival.text for arrival in sink.arrivals]
    assert texts[1] == texts[2]  # the part that failed
    assert " ".join(texts[:1] + texts[2:]) == text.strip()
    assert len({arrival.key for arrival in sink.arrivals}) == len(texts) - 1
    names = ["ext-1", *(f"ext-{number}" for number in range(3, len(texts) + 1))]
    assert fresh(workspace, message).external_id == ",".join(names), "those of both attempts"


def test_parts_that_left_are_known_by_name_though_nobody_knows_of_the_rest(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        talk = a_conversation(a_fake_channel(sink))
        message = say(talk, "One sentence of some words. " * 5)
    sink.answers = [(200, {}), (200, {}), "drop"]
    with a_sender():
        eventually(lambda: reached(workspace, message, status=Status.UNCERTAIN))
    assert fresh(workspace, message).external_id == "ext-1,ext-2,"
    with tenant(workspace):
        told = ReceiptReceived(Status.READ, None, external_ids=("ext-1", "ext-2"))
        assert receipts.apply(talk.channel, [told], talk.identity) == []
    assert fresh(workspace, message).status == Status.UNCERTAIN


def test_a_paused_mailing_waits_and_a_stopped_one_ends(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        channel = a_fake_channel(sink)
        batch = Batch.objects.create(state=Batch.State.PAUSED)
        talks = [a_conversation(channel) for _ in range(5)]
        mail(batch, talks)
        answer = say(talks[0], "An answer")
    with a_sender():
        eventually(lambda: reached(workspace, answer, status=Status.SENT))
        assert sink.texts() == ["An answer"]
        with tenant(workspace):
            Batch.objects.filter(pk=batch.pk).update(state=Batch.State.STOPPED)
        eventually(lambda: in_batch(workspace, batch, Status.CANCELED) == 5)
    assert sink.texts() == ["An answer"]


def test_a_paused_mailing_holds_back_no_other_to_the_same_people(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        channel = a_fake_channel(sink)
        paused_one, other = Batch.objects.create(state=Batch.State.PAUSED), Batch.objects.create()
        talks = [a_conversation(channel) for _ in range(5)]
        mail(paused_one, talks, "Waits")
        mail(other, talks, "Leaves")
    with a_sender():
        eventually(lambda: in_batch(workspace, other, Status.SENT) == 5)
    assert sink.texts() == ["Leaves"] * 5
    assert in_batch(workspace, paused_one, Status.QUEUED) == 5


@pytest.mark.parametrize("state", [Channel.State.BROKEN, Channel.State.DISCONNECTED])
def test_what_expires_on_a_channel_that_does_not_work_is_ended(
    workspace: Workspace, sink: Sink, time_machine: Any, state: str
) -> None:
    with tenant(workspace):
        channel = a_fake_channel(sink)
        stopped, late, running = (
            batches.begin(),
            batches.begin(not_after=timezone.now() + timedelta(hours=1)),
            batches.begin(),
        )
        for batch in (stopped, late, running):
            mail(batch, [a_conversation(channel) for _ in range(2)])
        batches.stop(stopped)
        answer = say(a_conversation(channel))
        Channel.objects.filter(pk=channel.pk).update(state=state)
    tasks.end_expired()
    assert [in_batch(workspace, batch, Status.CANCELED) for batch in (stopped, late, running)] == [2, 0, 0]
    with tenant(workspace):
        Batch.objects.filter(pk=late.pk).update(not_after=timezone.now() - timedelta(seconds=1))
        Message.objects.filter(pk=answer.pk).update(due_at=timezone.now() - outbox.STALE - timedelta(seconds=1))
    tasks.end_expired()
    assert [in_batch(workspace, batch, Status.CANCELED) for batch in (stopped, late, running)] == [2, 2, 0]
    ended = fresh(workspace, answer)
    assert (ended.status, ended.reason) == (Status.CANCELED, "too_late")


def test_what_was_marked_though_the_answer_got_lost_leaves_once(
    workspace: Workspace, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, lost = handover.take, []

    def take(*args: Any, **how: Any) -> Any:
        taken = real(*args, **how)
        if taken.messages and not lost:
            lost.extend(taken.messages)
            raise OperationalError("the server went away after COMMIT")
        return taken

    monkeypatch.setattr(handover, "take", take)
    with tenant(workspace):
        channel = a_fake_channel(sink)
        messages = [say(a_conversation(channel)) for _ in range(3)]
        batch = batches.begin()
        mail(batch, [a_conversation(channel) for _ in range(20)])
    with a_sender():
        eventually(lambda: reached(workspace, *messages, status=Status.SENT))
        eventually(lambda: in_batch(workspace, batch, Status.SENT) == 20)
    assert lost
    assert len(sink.arrivals) == 23


def test_a_mailing_too_late_is_not_sent(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        batch = Batch.objects.create(not_after=timezone.now() - timedelta(seconds=1))
        talk = a_conversation(a_fake_channel(sink))
        mail(batch, [talk])
    with a_sender():
        eventually(lambda: in_batch(workspace, batch, Status.CANCELED) == 1)
    assert sink.texts() == []


def test_a_mailing_keeps_the_speed_it_was_given(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        channel = a_fake_channel(sink)
        batch = Batch.objects.create(per_hour=36_000)  # ten a second
        talks = [a_conversation(channel) for _ in range(12)]
        mail(batch, talks)
    with a_sender():
        eventually(lambda: in_batch(workspace, batch, Status.SENT) == 12)
    assert sink.arrivals[-1].at - sink.arrivals[0].at >= 0.9


def in_batch(workspace: Workspace, batch: Batch, status: Status) -> int:
    with tenant(workspace):
        return Message.objects.filter(batch=batch, status=status).count()


def test_a_channel_keeps_its_rate_and_each_chat_its_own(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        channel = a_fake_channel(sink, "slow_fake")
        talk = a_conversation(channel)
        messages = [say(talk, str(number)) for number in range(3)]
        messages += [say(a_conversation(channel)) for _ in range(17)]
    with a_sender():
        eventually(lambda: reached(workspace, *messages, status=Status.SENT))
    times = [arrival.at for arrival in sink.arrivals]
    assert times[-1] - times[0] >= 0.8
    chat = [arrival.at for arrival in sink.arrivals if arrival.to == talk.identity.external_id]
    assert chat[2] - chat[0] >= 0.35


def test_two_senders_never_send_one_message_twice(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        channels = [a_fake_channel(sink) for _ in range(4)]
        messages = [say(a_conversation(channel), str(n)) for n, channel in enumerate(channels * 25)]
    with a_sender(channels=2), a_sender(channels=2):
        eventually(lambda: reached(workspace, *messages, status=Status.SENT))
    assert sorted(sink.texts()) == sorted(str(number) for number in range(100))


def test_others_get_their_turn(sink: Sink) -> None:
    workspaces = [a_workspace() for _ in range(3)]
    messages = []
    for workspace in workspaces:
        with tenant(workspace):
            messages.append(say(a_conversation(a_fake_channel(sink))))
    with a_sender(channels=1):
        for workspace, message in zip(workspaces, messages, strict=True):
            eventually(lambda w=workspace, m=message: reached(w, m, status=Status.SENT))


def test_who_unsubscribed_gets_a_members_answer_only(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        identity = an_identity(a_fake_channel(sink))
        talk = a_conversation(identity=identity)
        queued = say(talk, "queued before")
        Identity.objects.filter(pk=identity.pk).update(state=Identity.State.UNSUBSCRIBED)
        answer = say(talk, "from a person", Message.Source.MEMBER)
        with pytest.raises(outbox.UnreachableError):
            say(talk, "from the bot")
    with a_sender():
        eventually(lambda: reached(workspace, answer, status=Status.SENT))
    assert fresh(workspace, queued).status == Status.CANCELED
    assert sink.texts() == ["from a person"]


def test_what_nobody_can_read_holds_nobody_up(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        unknown, locked = a_fake_channel(sink, "gone"), a_fake_channel(sink)
        lost = [say(a_conversation(unknown)), say(a_conversation(locked))]
        channel = a_fake_channel(sink)
        garbled, fine = say(a_conversation(channel)), say(a_conversation(channel))
        Message.objects.filter(pk=garbled.pk).update(content={"from": "another age"})
        with connection.cursor() as cursor:
            cursor.execute("UPDATE messengers_channel SET secrets = 'not ours' WHERE id = %s", [locked.pk])
    with a_sender():
        eventually(lambda: reached(workspace, fine, status=Status.SENT))
        eventually(lambda: reasons(workspace) == {"unknown_messenger", "secrets_unreadable"})
    assert fresh(workspace, garbled).reason == "unreadable_content"
    assert reached(workspace, *lost, status=Status.QUEUED)


def reasons(workspace: Workspace) -> set[str]:
    with tenant(workspace):
        return set(Channel.objects.filter(state=Channel.State.BROKEN).values_list("broken_reason", flat=True))
