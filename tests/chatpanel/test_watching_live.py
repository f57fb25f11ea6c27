"""Panels over their sockets: what happens is seen at once, what was missed is asked for, and strangers stay out."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Self

import pytest
from channels.db import database_sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext

from builders import a_client, a_conversation, a_member, a_message, a_workspace
from chatpanel import live, presence, replying
from messengers import receipts, signals
from messengers.content import Content
from messengers.models import Conversation, Message
from messengers.statuses import Status
from sockets import Socket
from workspaces.models import Membership, User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("committed_db")]
in_thread = database_sync_to_async


class Talk:
    """A workspace with two agents and one conversation."""

    def __init__(self) -> None:
        self.workspace: Workspace = a_workspace()
        self.anna: User = a_member(self.workspace, Role.AGENT)
        self.boris: User = a_member(self.workspace, Role.AGENT)
        with tenant(self.workspace):
            self.conversation = a_conversation(name="Vera")
            self.question = a_message(self.conversation, "Is it open?")

    def cursor(self) -> int:
        page = a_client(self.anna).get(f"/w/{self.workspace.slug}/chats/data/list/")
        return int(page.json()["cursor"])

    def do(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with tenant(self.workspace):
            return function(*args, **kwargs)

    def visitor_writes(self, text: str) -> Message:
        from messengers import conversations

        with tenant(self.workspace):
            locked = conversations.lock(self.conversation.pk)
            message = a_message(self.conversation, text)
            conversations.heard(locked, message)
            signals.message_received.tell(message=message, conversation=locked, update=None)
        return message


@pytest.fixture
def talk(committed_db: None) -> Talk:
    return Talk()


def test_what_cannot_be_told_is_done_all_the_same(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ConnectionError("Valkey is away")

    monkeypatch.setattr(presence, "has_open_panels", fail)
    assert talk.visitor_writes("Hello?").pk
    assert "Valkey is away" in caplog.text


class Window(Socket):
    """One open panel."""

    def __init__(self, workspace: Workspace, user: User) -> None:
        super().__init__(f"/ws/w/{workspace.slug}/chats/", user)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        # The answer proves that the socket has joined the panels.
        await self.say(type="since", cursor=2**60)
        await self.hear("since")
        return self


def has_message(text: str) -> Callable[[dict[str, Any]], bool]:
    return lambda event: any(text in str(row["content"]) for row in event["messages"])


async def test_a_visitors_words_appear_in_every_open_panel(talk: Talk) -> None:
    async with Window(talk.workspace, talk.anna) as anna, Window(talk.workspace, talk.boris) as boris:
        await in_thread(talk.visitor_writes)("Hello there")

        for window in (anna, boris):
            event = await window.hear("changes", has_message("Hello there"))
            (row,) = event["conversations"]
            assert (row["id"], row["unread"]) == (talk.conversation.pk, 1)
            assert event["unread"] == {"": 1}


async def test_who_was_away_asks_by_his_cursor_and_misses_nothing(
    talk: Talk, wipe_valkey: Callable[[], Awaitable[None]]
) -> None:
    cursor = await in_thread(talk.cursor)()
    await in_thread(talk.visitor_writes)("while away")
    await wipe_valkey()

    async with Window(talk.workspace, talk.anna) as anna:
        await anna.say(type="since", cursor=cursor, conversation=talk.conversation.pk)
        missed = await anna.hear("since")
        await anna.say(type="since", cursor=missed["cursor"], conversation=talk.conversation.pk)
        nothing = await anna.hear("since")

    assert [row["id"] for row in missed["conversations"]] == [talk.conversation.pk]
    assert missed["messages"][0]["content"]["spans"][0]["text"] == "while away"
    assert (nothing["conversations"], nothing["messages"]) == ([], [])


async def test_a_change_that_commits_late_is_not_skipped(talk: Talk) -> None:
    """A transaction that began before the cursor was taken, and ended after it."""
    began, may_end = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow() -> None:
        with tenant(talk.workspace):
            a_message(talk.conversation, "slow one")
            loop.call_soon_threadsafe(began.set)
            asyncio.run_coroutine_threadsafe(may_end.wait(), loop).result(20)
        connection.close()

    writing = loop.run_in_executor(None, slow)
    await began.wait()
    cursor = await in_thread(talk.cursor)()
    may_end.set()
    await writing

    async with Window(talk.workspace, talk.anna) as anna:
        await anna.say(type="since", cursor=cursor, conversation=talk.conversation.pk)
        missed = await anna.hear("since")

    assert has_message("slow one")(missed)


async def test_statuses_arrive_and_never_go_back(talk: Talk) -> None:
    def reply() -> Message:
        return talk.do(
            replying.reply,
            talk.conversation.pk,
            talk.anna,
            Content.plain("Yes"),
            client_id="reply-0001",
            seen_message_id=talk.question.pk,
        )

    def news(message: Message, status: Status) -> None:
        talk.do(receipts.raise_statuses, [receipts.News(message.pk, status)])

    async with Window(talk.workspace, talk.boris) as boris:
        message = await in_thread(reply)()
        queued = (await boris.hear("changes", has_message("Yes")))["messages"][0]
        await in_thread(news)(message, Status.READ)
        read = (await boris.hear("changes", has_message("Yes")))["messages"][0]
        await in_thread(news)(message, Status.DELIVERED)
        await boris.say(type="since", cursor=queued["revision"], conversation=talk.conversation.pk)
        late = (await boris.hear("since"))["messages"][0]

    assert (queued["status"], read["status"], late["status"]) == ("queued", "read", "read")
    assert read["revision"] > queued["revision"]


async def test_colleagues_see_who_looks_types_and_takes_over(talk: Talk) -> None:
    async with Window(talk.workspace, talk.anna) as anna:
        async with Window(talk.workspace, talk.boris) as boris:
            await boris.say(type="look", conversation=talk.conversation.pk)
            assert (await anna.hear("viewers"))["people"] == [talk.boris.pk]
            await boris.say(type="typing", conversation=talk.conversation.pk)
            assert (await anna.hear("typing"))["person"]["id"] == talk.boris.pk
            await in_thread(talk.do)(replying.take_over, talk.conversation.pk, talk.boris)
            event = await anna.hear("changes", lambda event: bool(event["events"]))
            assert (event["events"][0]["kind"], event["events"][0]["actor"]["id"]) == ("taken_over", talk.boris.pk)
        assert (await anna.hear("viewers"))["people"] == []


async def test_of_two_takeovers_in_the_same_moment_exactly_one_wins(talk: Talk) -> None:
    def take(user: User) -> bool:
        try:
            talk.do(replying.take_over, talk.conversation.pk, user)
        except replying.TakenByOtherError:
            return False
        finally:
            connection.close()
        return True

    loop = asyncio.get_running_loop()
    won = await asyncio.gather(*(loop.run_in_executor(None, take, user) for user in (talk.anna, talk.boris)))

    def owner() -> User | None:
        return talk.do(lambda: Conversation.objects.select_related("assignee").get(pk=talk.conversation.pk)).assignee

    assert sorted(won) == [False, True]
    assert await in_thread(owner)() == (talk.anna if won[0] else talk.boris)


async def test_another_workspaces_panel_hears_and_learns_nothing(talk: Talk) -> None:
    other = await in_thread(Talk)()
    await in_thread(presence.look)(talk.conversation.pk, talk.boris.pk, "window")
    async with Window(other.workspace, other.anna) as stranger:
        await in_thread(talk.visitor_writes)("secret")
        await in_thread(other.visitor_writes)("own words")
        first = await stranger.hear("changes")
        assert [row["id"] for row in first["conversations"]] == [other.conversation.pk]
        await stranger.say(type="look", conversation=talk.conversation.pk)
        await stranger.say(type="since", cursor=0, conversation=talk.conversation.pk)
        missed = await stranger.hear("since")

    assert [row["id"] for row in missed["conversations"]] == [other.conversation.pk]
    assert (missed["messages"], missed["viewers"]) == ([], [])
    assert await in_thread(presence.viewers)(talk.conversation.pk) == [talk.boris.pk]


async def test_a_removed_members_socket_is_closed(talk: Talk) -> None:
    async with Window(talk.workspace, talk.boris) as boris:
        await in_thread(talk.do)(lambda: Membership.objects.get(user=talk.boris).delete())
        assert await boris.closing_code() == 4404


async def test_one_who_may_not_answer_chats_is_shown_out(talk: Talk) -> None:
    analyst = await in_thread(a_member)(talk.workspace, Role.ANALYST)
    async with Socket(f"/ws/w/{talk.workspace.slug}/chats/", analyst) as socket:
        assert await socket.closing_code() == 4403


async def test_nonsense_closes_the_socket(talk: Talk) -> None:
    async with Window(talk.workspace, talk.anna) as anna:
        await anna.say(type="since", cursor="yesterday")
        assert await anna.closing_code() == 4400


def test_an_event_is_made_once_whatever_the_number_of_panels(talk: Talk) -> None:
    def queries_of_one_event() -> int:
        with CaptureQueriesContext(connection) as queries:
            talk.visitor_writes("again")
        return len(queries)

    without_panels = queries_of_one_event()
    presence.panel_is_open(talk.workspace.pk)
    with_panels = queries_of_one_event()

    async def many() -> int:
        async def open_all() -> list[Window]:
            return [await Window(talk.workspace, talk.anna).__aenter__() for _ in range(5)]

        windows = await open_all()
        count = await in_thread(queries_of_one_event)()
        for window in windows:
            await window.hear("changes")
            await window.__aexit__()
        return count

    assert without_panels < with_panels
    assert asyncio.run(many()) == with_panels


def test_a_flood_is_not_sent_row_by_row(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(live, "send", lambda _workspace, kind, _data: sent.append(kind))
    presence.panel_is_open(talk.workspace.pk)

    talk.do(lambda: live.tell(messages=range(live.MANY + 1)))

    assert sent == ["ask"]


@pytest.fixture
def wipe_valkey() -> Callable[[], Awaitable[None]]:
    """Wipe Valkey, as a restart of it would."""
    import redis
    from django.conf import settings

    async def wipe() -> None:
        client = redis.Redis.from_url(settings.CACHES["default"]["LOCATION"])
        await in_thread(client.flushall)()
        client.close()

    return wipe


async def test_words_that_the_person_changes_change_in_the_thread_and_in_the_list(talk: Talk) -> None:
    def changes(text: str) -> None:
        signals.message_changed.tell(message_ids=[talk.question.pk])
        Message.objects.filter(pk=talk.question.pk).update(content=Content.plain(text).model_dump(mode="json"))

    cursor = await in_thread(talk.cursor)()
    async with Window(talk.workspace, talk.anna) as anna:
        await in_thread(talk.do)(changes, "Is it open today?")

        event = await anna.hear("changes", has_message("Is it open today?"))
        assert event["conversations"][0]["last"]["text"] == "Is it open today?"

        await anna.say(type="since", cursor=cursor)
        missed = await anna.hear("since")
        assert [row["last"]["text"] for row in missed["conversations"]] == ["Is it open today?"]
