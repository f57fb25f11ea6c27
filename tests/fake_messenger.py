"""A messenger of our own behind a real HTTP server on this machine, and senders that run while a test watches."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

from aiohttp import web
from django.utils.crypto import constant_time_compare
from pydantic import BaseModel

from builders import a_channel
from messengers import delivery, registry
from messengers.adapter import (
    Capabilities,
    ChannelBroken,
    ChannelFacts,
    Connected,
    HttpCall,
    IncomingRequest,
    Messenger,
    Outcome,
    Outgoing,
    Rate,
    RefusedError,
    Rejected,
    RetryAt,
    Sent,
    Steps,
    Uncertain,
    Unreachable,
)
from messengers.content import Content
from messengers.models import Channel
from messengers.statuses import Status
from messengers.updates import (
    ButtonPressed,
    MessageReceived,
    ReceiptReceived,
    Sender,
    Started,
    SubscriptionChanged,
    Update,
)


class FakeSettings(BaseModel):
    url: str = ""
    account: str = ""


class FakeSecrets(BaseModel):
    token: str


class Fake(Messenger):
    """Speaks HTTP like most messengers do: 429 with a delay, 403 for who blocked us, 401 for a dead token."""

    kind: ClassVar[str] = "fake"
    name: ClassVar[str] = "Fake"
    capabilities: ClassVar[Capabilities] = Capabilities(
        text=50,
        caption=20,
        markup=False,
        attachments={},
        attachments_per_message=0,
        reply_buttons=3,
        url_buttons=True,
        rate=Rate(1000),
        per_chat=Rate(1000),
    )
    Settings: ClassVar[type[BaseModel]] = FakeSettings
    Secrets: ClassVar[type[BaseModel] | None] = FakeSecrets

    def send(self, channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
        body = {"to": message.to, "text": message.content.text, "key": message.idempotency_key}
        reply = yield HttpCall("POST", f"{channel.settings['url']}/send", json=body, timeout=5)
        if reply.status == 0:
            return Uncertain(reply.fault) if reply.written else RetryAt(0.05, reply.fault)
        answer = json.loads(reply.body)
        match reply.status:
            case 200:
                return Sent(answer["id"])
            case 401:
                return ChannelBroken("token_revoked")
            case 403:
                return Unreachable("blocked", blocked=True)
            case 400:
                return Rejected("bad_request")
            case 429:
                return RetryAt(answer["after"], "too_many", whole_channel=True)
            case _:
                return RetryAt(answer.get("after", 0.01), f"status_{reply.status}")

    def connect(self, channel: ChannelFacts) -> Steps[Connected]:
        reply = yield HttpCall("GET", f"{channel.settings['url']}/me", headers={"token": channel.secrets["token"]})
        if reply.status != 200:
            raise ValueError("wrong_token" if reply.status == 401 else "no_answer")
        account = json.loads(reply.body)["name"]
        return Connected(account, {"account": account})

    def verify(self, channel: ChannelFacts, request: IncomingRequest) -> None:
        if not constant_time_compare(request.headers.get("X-Fake-Token", ""), channel.secrets.get("token", "?")):
            raise RefusedError("wrong token")

    def acknowledge(self, channel: ChannelFacts, request: IncomingRequest) -> tuple[int, bytes, str] | None:
        challenge = request.query.get("challenge")
        return (200, challenge.encode(), "text/plain") if challenge else None

    def update_id(self, body: Mapping[str, Any]) -> str:
        return str(body["id"])

    def sender_key(self, body: Mapping[str, Any]) -> str:
        return str(body.get("from", ""))

    def normalise(self, external_id: str) -> str:
        return external_id.strip().lower()

    def parse(self, channel: ChannelFacts, body: Mapping[str, Any]) -> Sequence[Update]:
        at = datetime.fromisoformat(body["at"])
        who = Sender(str(body.get("from", "")), name=body.get("name", ""))
        match body["type"]:
            case "message":
                return [MessageReceived(who, str(body["id"]), Content.plain(body["text"]), at)]
            case "button":
                return [ButtonPressed(who, str(body["id"]), body["message"], body["button"], body["text"], at)]
            case "start":
                return [Started(who, str(body["id"]), at, body.get("payload", ""))]
            case "blocked" | "unsubscribed" | "active" as state:
                return [SubscriptionChanged(who, str(body["id"]), state, at)]
            case "receipt":
                return [ReceiptReceived(Status(body["status"]), at, external_ids=tuple(body["ids"]))]
            case other:
                raise ValueError(f"unknown type {other}")


class IdempotentFake(Fake):
    """The same, but it knows our keys and drops repeats."""

    kind: ClassVar[str] = "idempotent_fake"
    capabilities: ClassVar[Capabilities] = Capabilities(
        text=50,
        caption=20,
        markup=False,
        attachments={},
        attachments_per_message=0,
        reply_buttons=3,
        url_buttons=True,
        rate=Rate(1000),
        per_chat=Rate(1000),
        idempotent=True,
    )


class SlowFake(Fake):
    """The same at twenty messages a second, and five a second to one person."""

    kind: ClassVar[str] = "slow_fake"
    capabilities: ClassVar[Capabilities] = Capabilities(
        text=50,
        caption=20,
        markup=False,
        attachments={},
        attachments_per_message=0,
        reply_buttons=3,
        url_buttons=True,
        rate=Rate(20),
        per_chat=Rate(5),
    )


class HourlyFake(Fake):
    """The same at three hundred messages an hour, of which twelve may leave at once."""

    kind: ClassVar[str] = "hourly_fake"
    capabilities: ClassVar[Capabilities] = replace(Fake.capabilities, rate=Rate(300, 3600))


class BatchingFake(Fake):
    """The same, but one call may carry three messages; whose text begins with a dot goes by itself."""

    kind: ClassVar[str] = "batching_fake"
    capabilities: ClassVar[Capabilities] = replace(Fake.capabilities, batch=3, rate=Rate(20))

    def together(self, channel: ChannelFacts, message: Outgoing) -> Hashable | None:
        return None if message.content.text.startswith(".") else "all"

    def send_many(self, channel: ChannelFacts, messages: Sequence[Outgoing]) -> Steps[Sequence[Outcome]]:
        many = [{"to": one.to, "text": one.content.text, "key": one.idempotency_key} for one in messages]
        reply = yield HttpCall("POST", f"{channel.settings['url']}/send_many", json={"many": many}, timeout=5)
        if reply.status == 0:
            return [Uncertain(reply.fault)] * len(messages)
        if reply.status != 200:
            return [RetryAt(0.05, f"status_{reply.status}", whole_channel=True)] * len(messages)
        told = json.loads(reply.body)["told"]
        return [Sent(one) if one else Unreachable("blocked", blocked=True) for one in told]


class WindowFake(Fake):
    """The same, but one may only write for a day after the person's word; a member of the team for a week."""

    kind: ClassVar[str] = "window_fake"
    capabilities: ClassVar[Capabilities] = replace(
        Fake.capabilities, window=24, window_for_members=24 * 7, templates=True
    )


@dataclass
class Arrival:
    to: str
    text: str
    key: str
    at: float


@dataclass
class Sink:
    """The messenger's side: what arrived, and how it answers. An answer is (status, body), or "hang" or "drop"."""

    url: str = ""
    arrivals: list[Arrival] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    token: str = "right"
    hanging: int = 0
    calls: list[list[dict[str, str]]] = field(default_factory=list)  # that carried many
    let_go: threading.Event = field(default_factory=threading.Event)

    def texts(self, to: str = "") -> list[str]:
        return [arrival.text for arrival in self.arrivals if to in ("", arrival.to)]

    async def send(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.arrivals.append(Arrival(body["to"], body["text"], body["key"], time.monotonic()))
        number = len(self.arrivals)
        answer = self.answers.pop(0) if self.answers else (200, {})
        if answer == "hang":
            self.hanging += 1
            while not self.let_go.is_set():
                await asyncio.sleep(0.01)
            answer = (200, {})
        if answer == "drop":
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        status, told = answer
        return web.json_response({"id": f"ext-{number}", **told}, status=status)

    async def send_many(self, request: web.Request) -> web.StreamResponse:
        """Take all but those for people whose names begin with `blocked`."""
        self.calls.append(many := (await request.json())["many"])
        answer = self.answers.pop(0) if self.answers else None
        if answer == "drop":
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if answer:
            return web.json_response({}, status=answer[0])
        taken = [one for one in many if not one["to"].startswith("blocked")]
        self.arrivals += [Arrival(one["to"], one["text"], one["key"], time.monotonic()) for one in taken]
        return web.json_response({"told": [f"ext-{one['key']}" if one in taken else "" for one in many]})

    async def me(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"name": "Shop"}, status=200 if request.headers["token"] == self.token else 401)


@contextmanager
def a_sink(made: Sink | None = None) -> Iterator[Sink]:
    """The messenger's server, at work."""
    made = made or Sink()
    loop = asyncio.new_event_loop()
    ready, stop = threading.Event(), asyncio.Event()

    async def serve() -> None:
        app = web.Application()
        app.router.add_post("/send", made.send)
        app.router.add_post("/send_many", made.send_many)
        app.router.add_get("/me", made.me)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait(5)
    yield made
    made.let_go.set()
    loop.call_soon_threadsafe(stop.set)
    thread.join(5)
    loop.close()


@contextmanager
def fakes_registered() -> Iterator[None]:
    """Kaskad speaks the fakes' languages."""
    known = registry._registered()
    before = dict(known)
    for adapter in (Fake(), IdempotentFake(), SlowFake(), HourlyFake(), BatchingFake(), WindowFake()):
        registry.register(adapter)
    yield
    known.clear()
    known.update(before)


def a_fake_channel(sink: Sink, kind: str = "fake", **fields: Any) -> Channel:
    """A channel of the fake messenger, in the workspace in scope."""
    return a_channel(kind, settings={"url": sink.url}, secrets={"token": "right"}, **fields)


def eventually(condition: Callable[[], Any], seconds: float = 10) -> Any:
    """Return what the condition comes to as soon as it holds."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.005)
    return result


@contextmanager
def a_sender(**how: Any) -> Iterator[delivery.Sender]:
    """A sender at work; at the end it finishes what is under way."""
    stop = threading.Event()
    made: list[delivery.Sender] = []
    ready = threading.Event()

    loops: list[asyncio.AbstractEventLoop] = []

    async def run() -> None:
        made.append(delivery.Sender(**how))
        loops.append(asyncio.get_running_loop())
        ready.set()
        await made[0].run(stop.is_set)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        ready.wait(5)
        yield made[0]
    finally:
        stop.set()
        loops[0].call_soon_threadsafe(made[0]._stir.set)  # or it would look up only after a second
        thread.join(30)
        assert not thread.is_alive()
