"""A fake MAX on loopback: answers the bot API's calls as MAX would. Tests hold it as `lab.max`."""

import json
import re
import time
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from lab.account import Arrival
from lab.ground import Ground, on_the_loop
from lab.misbehaviour import CALLS
from lab.people import Person
from lab.platforms.max.answers import ANSWERS, Call
from lab.platforms.max.bots import PER_SECOND, Bot
from lab.platforms.max.files import Files
from lab.platforms.max.phones import Phone
from lab.platforms.max.refusals import RefusalError, bad, no_token, not_found, too_many
from lab.replies import Cut, cut, finish, reply
from lab.samples import face

__all__ = ["Bot", "Max", "Person", "Phone"]
_FIRST = 90_000_001
_SAFE = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}


class Max:
    """All bots of one lab."""

    name = "max"

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.files = Files()
        self.bots: dict[int, Bot] = {}

    # ---- for tests and pages

    @on_the_loop
    def new_bot(self, name: str = "Shop", *, key: str = "", token: str = "", rate: float | None = PER_SECOND) -> Bot:
        """Make a bot; None for `rate` lets it call as often as it can."""
        bot = self._bot(max(self.bots, default=_FIRST - 1) + 1, name, key or self._free_key(name))
        bot.limit(rate)
        if token:
            bot.token = token
        self.ground.changed()
        return bot

    @on_the_loop
    def person(self, name: str = "Анна", *, language: str = "ru", phone: str = "", username: str = "") -> Person:
        """Make a person."""
        person = self.ground.people.add(name, language=language, phone=phone, username=username)
        self.ground.changed()
        return person

    @on_the_loop
    def bot(self, key: str) -> Bot | None:
        """Return the bot of this short name."""
        return next((bot for bot in self.bots.values() if bot.key == key), None)

    def kept(self) -> dict[str, Any]:
        """Return what a later lab needs to be this one again."""
        return {"bots": [bot.kept() for bot in self.bots.values()]}

    def restore(self, kept: dict[str, Any]) -> None:
        """Be that one again."""
        for one in kept.get("bots", ()):
            self._bot(one["id"], one["name"], one["key"]).restore(one)

    def begin(self) -> None:
        """Go on posting what waits."""
        for bot in self.bots.values():
            for one in bot.news.subscriptions.values():
                bot.news.wake(one)

    def _bot(self, number: int, name: str, key: str) -> Bot:
        bot = self.bots[number] = Bot(self.ground, self.files, number, name, key)
        return bot

    def _free_key(self, name: str) -> str:
        base = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "max"
        taken = {bot.key for bot in self.bots.values()}
        return next(one for at in range(1, 100_000) if (one := f"{base}{at if at > 1 else ''}_bot") not in taken)

    # ---- for programs

    def routes(self) -> list[web.RouteDef]:
        """Return where the API, the upload servers and the files are."""
        return [
            web.post("/max/upload/{way}", self.serve_upload),
            web.get("/max/files/{number}/{key:.+}", self.serve_file),
            web.get(r"/max/face/{number:\d+}.jpg", self.serve_face),
            web.route("*", "/max/{path:.+}", self.serve),
        ]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        parts = request.rel_url.raw_path.removeprefix("/max/").split("/")  # a token may have a slash of its own
        about = unquote(parts[1]) if len(parts) > 1 else ""
        method = " ".join([request.method, "/".join([parts[0], *(["*"] if about else []), *parts[2:]])])
        token = request.headers.get("Authorization", "")
        bot = next((one for one in self.bots.values() if one.token == token), None)
        arrival = self.ground.account.arrived(self.name, bot.key if bot else "", method)
        arrival.to = request.query.get("user_id", "")
        if self._met(("drop_before",), arrival):
            return cut(request, arrival)
        raw = await request.read()
        try:
            response = await self._misbehaving(bot, method, about, request, raw, arrival)
        except Cut:
            return cut(request, arrival)
        return await finish(request, arrival, response)

    def _met(self, kinds: tuple[str, ...], arrival: Arrival) -> list[Any]:
        """Return the switches that a call meets."""
        if not arrival.bot:
            return []
        return self.ground.misbehaviour.take(kinds, arrival.bot, arrival.method, arrival.to)

    async def _misbehaving(
        self, bot: Bot | None, method: str, about: str, request: web.Request, raw: bytes, arrival: Arrival
    ) -> web.Response:
        met = self._met(tuple(kind for kind in CALLS if kind != "drop_before"), arrival)
        late, refusal = 0.0, None
        for switch in met:
            match switch.kind:
                case "too_many":
                    refusal = too_many(switch.seconds)
                case "server_error":
                    return web.Response(status=switch.status, text="<html>Bad Gateway</html>", content_type="text/html")
                case "drop_unhandled":
                    raise Cut
                case "slow":
                    late = max(late, switch.seconds)
        try:
            if refusal is not None:
                raise refusal
            response = _said(await self._answer(bot, method, about, request, raw, arrival))
        except RefusalError as error:
            response = _said(error.told, error.status, error.headers)
        dropped = next((switch for switch in met if switch.kind == "drop_after"), None)
        return await reply(response, late=late, cut_after=dropped.seconds if dropped else None)

    async def _answer(
        self, bot: Bot | None, method: str, about: str, request: web.Request, raw: bytes, arrival: Arrival
    ) -> dict[str, Any]:
        if bot is None:
            raise no_token()
        if not bot.may_call(time.monotonic()):
            raise too_many()
        if method not in ANSWERS:
            raise not_found("method")
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            raise bad("No JSON") from None
        return await ANSWERS[method](Call(self.ground, self.files, bot, about, dict(request.query), body, arrival))

    async def serve_upload(self, request: web.Request) -> web.StreamResponse:
        """Take a file at an upload server, which counts no calls."""
        name = request.match_info["way"]
        way = self.files.ways.get(name)
        bot = self.bots.get(way.owner) if way else None
        arrival = self.ground.account.arrived(self.name, bot.key if bot else "", "upload")
        if self._met(("drop_before", "drop_unhandled"), arrival):
            return cut(request, arrival)
        given = (await request.post()).get("data")
        if self._met(("server_error",), arrival):
            return await finish(request, arrival, web.Response(status=502, text="<html>"))
        try:
            if not isinstance(given, web.FileField):
                raise bad("The field data is missing")
            stored = self.files.put(name, given.filename, given.content_type, given.file.read())
        except RefusalError as error:
            return await finish(request, arrival, _said(error.told, error.status))
        if stored.kind in ("video", "audio"):
            return await finish(request, arrival, web.Response(text="<retval>1</retval>", content_type="text/xml"))
        told: dict[str, Any] = {"photos": {f"k{stored.id}": {"token": stored.token}}}
        if stored.kind == "file":
            told = {"fileId": stored.id, "token": stored.token}
        return await finish(request, arrival, _said(told))

    async def serve_file(self, request: web.Request) -> web.StreamResponse:
        """Hand over a file to who knows its key."""
        number = request.match_info["number"]
        stored = self.files.by_id.get(int(number)) if number.isdigit() else None
        if stored is None or stored.token != unquote(request.match_info["key"]):
            raise web.HTTPNotFound
        return web.Response(body=stored.data, content_type=stored.content_type, headers=_SAFE)

    async def serve_face(self, request: web.Request) -> web.StreamResponse:
        """Hand over a portrait."""
        return web.Response(body=face(int(request.match_info["number"])), content_type="image/jpeg")


def _said(told: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    body = json.dumps(told, ensure_ascii=False).encode()
    return web.Response(body=body, status=status, content_type="application/json", headers=headers)
