"""The visitor's socket: answers as they come, for him alone, from listed sites alone."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.routing import URLRouter
from django.utils import timezone

from builders import a_channel, a_message, a_user, a_workspace
from messengers import corrections
from messengers.adapter import PushCall
from messengers.content import Content
from messengers.driver import push_to_visitor
from messengers.inbox import handle
from messengers.models import Channel, Conversation, Message
from messengers.site_chat.urls import websocket_urlpatterns
from messengers.site_chat.visitor_tokens import issue_token
from messengers.statuses import Status
from messengers.updates import MessageReceived, Sender, Started
from workspaces.models import Workspace
from workspaces.scope import tenant

SITE = "https://shop.example"
VISITOR = "v_0123456789"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("committed_db")]


class House:
    """A workspace with a chat, and a visitor who has opened it."""

    workspace: Workspace
    channel: Channel

    def build(self) -> "House":
        self.workspace = a_workspace()
        with tenant(self.workspace):
            self.channel = a_channel(settings={"origins": [SITE]})
            for visitor in (VISITOR, "v_somebody_else"):
                handle(Started(Sender(visitor), f"started:{visitor}", timezone.now()), self.channel)
        return self

    def says(self, text: str, visitor: str = VISITOR, **fields: Any) -> Message:
        with tenant(self.workspace):
            talk = Conversation.objects.get(identity__external_id=visitor)
            return a_message(talk, text, direction="out", **fields)

    def hears(self, text: str) -> None:
        update = MessageReceived(
            Sender(VISITOR), f"{VISITOR}:{text}", Content.plain(text), timezone.now(), "0123456789"
        )
        with tenant(self.workspace):
            handle(update, self.channel)


@pytest.fixture
def house() -> House:
    return House().build()


class Socket:
    """The line between one open page and Kaskad."""

    def __init__(self, house: House, origin: str) -> None:
        path = f"/ws/chat/{house.channel.key}/"
        scope = {"type": "websocket", "path": path, "headers": [(b"origin", origin.encode())], "query_string": b""}
        self.line = ApplicationCommunicator(URLRouter(websocket_urlpatterns), scope)

    async def connects(self) -> bool:
        await self.line.send_input({"type": "websocket.connect"})
        return bool((await self.output())["type"] == "websocket.accept")

    async def tells(self, event: dict[str, str]) -> None:
        await self.line.send_input({"type": "websocket.receive", "text": json.dumps(event)})

    async def hears(self) -> Any:
        return json.loads((await self.output())["text"])

    async def output(self) -> Any:
        return await self.line.receive_output(10)


@asynccontextmanager
async def a_socket(house: House, origin: str = SITE) -> AsyncIterator[Socket]:
    socket = Socket(house, origin)
    yield socket
    await socket.line.send_input({"type": "websocket.disconnect", "code": 1000})
    await socket.line.wait(10)


async def enters(socket: Socket, house: House, visitor: str = VISITOR, since: str = "") -> Any:
    assert await socket.connects()
    token = issue_token(house.channel.key, visitor)
    await socket.tells({"type": "hello", "token": token, "since": since})
    return await socket.hears()


async def test_an_answer_comes_by_itself(house: House) -> None:
    async with a_socket(house) as socket:
        await enters(socket, house)
        # Delivery pushes while the message is still under way.
        message = await sync_to_async(house.says)("Good morning", status=Status.SENDING)
        await push_to_visitor(PushCall(house.channel.key, VISITOR, message.pk))

        told = await socket.hears()

    assert [(one["text"], one["status"]) for one in told["messages"]] == [([{"text": "Good morning"}], "sent")]


async def test_what_was_missed_is_told_at_once(house: House) -> None:
    await sync_to_async(house.says)("While you were away")

    async with a_socket(house) as socket:
        told = await enters(socket, house, since="1")

    assert [one["text"][0]["text"] for one in told["messages"]] == ["While you were away"]
    assert told["cursor"]


async def test_his_other_page_shows_what_he_writes_here(house: House) -> None:
    async with a_socket(house) as socket:
        await enters(socket, house)
        await sync_to_async(house.hears)("Have you boots?")

        told = await socket.hears()

    assert [(one["from"], one["client_id"]) for one in told["messages"]] == [("visitor", "0123456789")]


@pytest.mark.parametrize("status", [Status.QUEUED, Status.CANCELED])
async def test_what_is_not_his_or_not_yet_sent_is_not_told(house: House, status: Status) -> None:
    foreign = await sync_to_async(house.says)("For somebody else", "v_somebody_else")
    waiting = await sync_to_async(house.says)("Not yet", status=status)

    async with a_socket(house) as socket:
        await enters(socket, house)
        for message in (foreign, waiting):
            await push_to_visitor(PushCall(house.channel.key, VISITOR, message.pk))
        await socket.tells({"type": "ping"})
        assert await socket.hears() == {"type": "pong"}


@pytest.mark.parametrize("origin", ["https://other.example", ""])
async def test_another_site_gets_no_socket(house: House, origin: str) -> None:
    async with a_socket(house, origin) as socket:
        assert not await socket.connects()


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "hello", "token": "made up"}, 4401),
        ({"type": "since", "since": "1"}, 4401),
        ({"type": "hello", "token": "x" * 5_000}, 4400),
    ],
)
async def test_who_cannot_say_who_he_is_is_shown_out(house: House, event: dict[str, str], code: int) -> None:
    async with a_socket(house) as socket:
        await socket.connects()
        await socket.tells(event)
        assert (await socket.output())["code"] == code


async def test_a_chat_that_is_switched_off_falls_silent(house: House) -> None:
    def switch_off() -> None:
        with tenant(house.workspace):
            Channel.objects.update(state=Channel.State.DISCONNECTED)

    async with a_socket(house) as socket:
        await enters(socket, house)
        await sync_to_async(switch_off)()
        await socket.tells({"type": "since", "since": "1"})
        assert (await socket.output())["code"] == 4404


async def test_what_an_agent_corrects_changes_on_the_page(house: House) -> None:
    def correct() -> Message:
        agent = a_user()
        message = house.says("We open at nine", author=agent)
        with tenant(house.workspace):
            return corrections.edit(message, Content.plain("We open at ten"), agent)

    def take_back(message: Message) -> None:
        with tenant(house.workspace):
            corrections.delete(message, a_user())

    async with a_socket(house) as socket:
        await enters(socket, house)
        message = await sync_to_async(correct)()
        (changed,) = (await socket.hears())["messages"]
        await sync_to_async(take_back)(message)
        (gone,) = (await socket.hears())["messages"]

    assert (changed["id"], changed["text"], changed["edited"]) == (message.pk, [{"text": "We open at ten"}], True)
    assert (gone["id"], gone["deleted"], gone.get("text")) == (message.pk, True, None)
    assert gone["revision"] > changed["revision"]
