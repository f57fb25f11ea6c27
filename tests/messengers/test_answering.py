"""Who may say what, and when: the outbox's rules, and who owns a conversation."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from builders import a_conversation, a_message, a_user, a_workspace
from fake_messenger import Sink, a_fake_channel, a_sender, eventually
from messengers import changes, conversations, outbox
from messengers.content import Content
from messengers.models import Conversation, Identity, Message
from messengers.statuses import Status
from workspaces.models import AuditEntry, User, Workspace
from workspaces.scope import tenant

Source = Message.Source
HI = Content(text="Hi")


@pytest.fixture
def talk(db: None) -> Any:
    with tenant(a_workspace()):
        yield a_conversation(name="Anna")


@pytest.fixture
def agent(db: None) -> User:
    return a_user()


def test_a_bot_is_silent_where_a_person_answers(talk: Conversation, agent: User) -> None:
    conversations.take_over(talk, agent)
    with pytest.raises(outbox.NotOwnerError):
        outbox.enqueue(talk, HI, source=Source.BOT)
    outbox.enqueue(talk, HI, source=Source.MEMBER, author=agent)
    conversations.give_back(talk, agent)
    outbox.enqueue(talk, HI, source=Source.BOT)


@pytest.mark.parametrize(
    ("state", "source", "may"),
    [
        (state, source, state == "active" or (state == "unsubscribed" and source == "member"))
        for state in Identity.State.values
        for source in Source.values
    ],
)
def test_whom_we_may_write_to(talk: Conversation, state: str, source: str, may: bool) -> None:
    Identity.objects.filter(pk=talk.identity_id).update(state=state)
    if may:
        assert outbox.enqueue(talk, HI, source=source).status == Status.QUEUED
        return
    with pytest.raises(outbox.UnreachableError) as refusal:
        outbox.enqueue(talk, HI, source=source)
    assert refusal.value.reason == state


def test_an_answer_to_an_old_word_is_not_sent_unasked(talk: Conversation, agent: User) -> None:
    seen = a_message(talk, "Hello?")
    newer = [a_message(talk, "Anybody?"), a_message(talk, "Bye")]
    with pytest.raises(outbox.NewerMessagesError) as refusal:
        outbox.enqueue(talk, HI, source=Source.MEMBER, author=agent, seen_message_id=seen.pk)
    assert refusal.value.messages == newer
    assert not Message.objects.filter(direction="out").exists()
    outbox.enqueue(talk, HI, source=Source.MEMBER, author=agent, seen_message_id=newer[-1].pk)


def test_a_repeated_client_id_is_the_same_message(talk: Conversation) -> None:
    first = outbox.enqueue(talk, HI, source=Source.BOT, client_id="c1")
    assert outbox.enqueue(talk, HI, source=Source.BOT, client_id="c1") == first
    assert outbox.enqueue(talk, HI, source=Source.BOT, client_id="c2") != first


def test_a_repeated_client_id_in_two_threads_is_the_same_message(committed_db: None) -> None:
    workspace = a_workspace()
    with tenant(workspace):
        talk = a_conversation()
    made: list[int] = []
    together = threading.Barrier(4)

    def send() -> None:
        together.wait(5)
        with tenant(workspace):
            made.append(outbox.enqueue(talk, HI, source=Source.BOT, client_id="c1").pk)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(made) == 4
    assert len(set(made)) == 1


def test_an_answer_ends_the_waiting(talk: Conversation, agent: User) -> None:
    word = a_message(talk)
    Conversation.objects.filter(pk=talk.pk).update(waiting_since=word.created_at, unread=2)
    said = outbox.enqueue(talk, HI, source=Source.MEMBER, author=agent)
    talk.refresh_from_db()
    assert (talk.waiting_since, talk.last_message, talk.unread) == (None, said, 2)


def test_what_was_seen_is_no_longer_unread(talk: Conversation) -> None:
    words = [a_message(talk, str(number)) for number in range(3)]
    Conversation.objects.filter(pk=talk.pk).update(unread=3)
    conversations.mark_seen(talk, words[1].pk)
    assert talk.unread == 1
    conversations.mark_seen(talk, words[0].pk)  # an old page of another agent's
    assert talk.unread == 1


def test_a_message_that_has_not_left_is_taken_back(talk: Conversation) -> None:
    message = outbox.enqueue(talk, HI, source=Source.BOT)
    assert outbox.cancel(message)
    assert not outbox.cancel(message)
    message.refresh_from_db()
    assert message.status == Status.CANCELED


@pytest.mark.parametrize("status", Status)
def test_only_what_failed_is_sent_again(talk: Conversation, agent: User, status: Status) -> None:
    message = a_message(talk, direction="out", status=status, attempts=3, retries=5)
    if status in {Status.REJECTED, Status.UNREACHABLE, Status.UNCERTAIN}:
        again = outbox.retry(message, agent)
        assert (again.status, again.attempts, again.retries) == (Status.QUEUED, 3, 0)
        assert AuditEntry.objects.get(action="message.retried").actor == agent
    else:
        with pytest.raises(outbox.NotRetriableError):
            outbox.retry(message, agent)


def test_a_take_over_and_a_queued_answer_of_the_bot_never_cross(workspace: Workspace, sink: Sink, agent: User) -> None:
    """While somebody holds the conversation, nothing in it is handed over."""
    with tenant(workspace):
        channel = a_fake_channel(sink)
        talk, other = a_conversation(channel), a_conversation(channel)
        bots = outbox.enqueue(talk, HI, source=Source.BOT)
        Message.objects.filter(pk=bots.pk).update(due_at=timezone.now() + timedelta(hours=1))
    with a_sender():
        with tenant(workspace):
            conversations.lock(talk.pk)
            in_another_thread(lambda: make_due(workspace, bots))
            beside = in_another_thread(lambda: say_in(workspace, other))
            eventually(lambda: in_another_thread(lambda: status_in(workspace, beside)) == Status.SENT)
            conversations.take_over(talk, agent)
        eventually(lambda: status_in(workspace, bots.pk) == Status.CANCELED)
    assert len(sink.arrivals) == 1


def make_due(workspace: Workspace, message: Message) -> None:
    with tenant(workspace):
        Message.objects.filter(pk=message.pk).update(due_at=timezone.now())


def say_in(workspace: Workspace, talk: Conversation) -> int:
    with tenant(workspace):
        return int(outbox.enqueue(talk, HI, source=Source.BOT).pk)


def status_in(workspace: Workspace, message_id: int) -> str:
    with tenant(workspace):
        return str(Message.objects.get(pk=message_id).status)


def in_another_thread(job: Any) -> Any:
    result: list[Any] = []

    def run() -> None:
        result.append(job())
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    return result[0]


# ---- what has changed since


def test_a_client_that_was_away_is_told_what_changed(talk: Conversation) -> None:
    with tenant(talk.workspace_id):
        first = a_message(talk, "one")
        everything = changes.changed_messages(0)
        assert everything.rows == [first]


def test_pages_of_changes_lose_nothing_and_end(committed_db: None) -> None:
    workspace = a_workspace()
    with tenant(workspace):
        talk = a_conversation()
        old = changes.take_cursor()
        for number in range(7):
            a_message(talk, str(number))  # all in one transaction: one revision
    with tenant(workspace):
        a_message(talk, "7")
    seen: list[str] = []
    cursor, more = str(old), True
    while more:
        with tenant(workspace):
            page = changes.changed_messages(cursor, conversation_id=talk.pk, limit=3)
        seen += [row.content["text"] for row in page.rows]
        cursor, more = page.cursor, page.more
    assert seen == [str(number) for number in range(8)]
    with tenant(workspace):
        assert changes.changed_messages(cursor).rows == []


def test_what_commits_late_is_not_skipped(committed_db: None) -> None:
    workspace = a_workspace()
    with tenant(workspace):
        talk = a_conversation()
    with tenant(workspace):
        late = a_message(talk, "late")  # its transaction is open while the client asks
        cursor = in_another_thread(lambda: ask(workspace, "0"))
    with tenant(workspace):
        assert late in changes.changed_messages(cursor).rows


def ask(workspace: Workspace, cursor: str) -> str:
    with tenant(workspace):
        return changes.changed_messages(cursor).cursor


@pytest.mark.parametrize("nonsense", ["", "x", "1.2", "-1", "1.2.x", "9" * 30, "1;drop"])
def test_a_cursor_that_never_was_is_refused(talk: Conversation, nonsense: str) -> None:
    with pytest.raises(changes.BadCursorError):
        changes.changed_messages(nonsense)
