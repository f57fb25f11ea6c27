"""A fake VK on loopback: answers the API's calls as VK would. Tests hold it as `lab.vk`."""

import json
import re
import time
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from lab.account import Arrival
from lab.ground import Ground, on_the_loop
from lab.misbehaviour import CALLS
from lab.people import Person
from lab.platforms.vk import groups, histories, sending, uploading
from lab.platforms.vk.calls import ANSWERS, Call
from lab.platforms.vk.communities import PER_SECOND, Community
from lab.platforms.vk.files import Files
from lab.platforms.vk.methods import checked, right_for
from lab.platforms.vk.phones import Phone
from lab.platforms.vk.refusals import NO_RIGHT, NO_TOKEN, WRONG_TOKEN, RefusalError, no_method, too_many
from lab.replies import Cut, cut, finish, reply
from lab.samples import face

__all__ = ["Community", "Person", "Phone", "Vk", "groups", "histories", "sending", "uploading"]
_FIRST = 220_000_001
_COMMON = ("access_token", "v", "lang")
_SAFE = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}


class Vk:
    """All communities of one lab."""

    name = "vk"

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.files = Files()
        self.bots: dict[int, Community] = {}

    # ---- for tests and pages

    @on_the_loop
    def new_bot(
        self, name: str = "Shop", *, key: str = "", token: str = "", rate: float | None = PER_SECOND
    ) -> Community:
        """Make a community; None for `rate` lets it call as often as it can."""
        number = max(self.bots, default=_FIRST - 1) + 1
        bot = self._bot(number, name, key or self._free_key(name))
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
    def bot(self, key: str) -> Community | None:
        """Return the community of this short name."""
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
            bot.events.wake()

    def _bot(self, number: int, name: str, key: str) -> Community:
        bot = self.bots[number] = Community(self.ground, self.files, number, name, key)
        return bot

    def _free_key(self, name: str) -> str:
        base = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "club"
        taken = {bot.key for bot in self.bots.values()}
        return next(one for at in range(1, 100_000) if (one := f"{base}{at if at > 1 else ''}") not in taken)

    # ---- for programs

    def routes(self) -> list[web.RouteDef]:
        """Return where the API, the upload servers, the Long Poll and the files are."""
        return [
            web.route("*", "/vk/method/{method}", self.serve),
            web.post("/vk/upload/{way}", self.serve_upload),
            web.route("*", "/vk/whp/{group}", self.serve_long_poll),
            web.get("/vk/files/{number}/{key:[^.]+}", self.serve_file),
            web.get("/vk/doc{owner}_{number}", self.serve_document),
            web.get(r"/vk/face/{number:\d+}.jpg", self.serve_face),
        ]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        method = request.match_info["method"]
        given = {name: str(value) for name, value in request.query.items()}
        bot = self._by_token(given.get("access_token", ""))
        arrival = self.ground.account.arrived(self.name, bot.key if bot else "", method)
        if self._met(("drop_before",), arrival):
            return cut(request, arrival)
        given |= {name: str(value) for name, value in (await request.post()).items()}
        bot = bot or self._by_token(given.get("access_token", ""))
        arrival.bot, arrival.to = bot.key if bot else "", given.get("peer_id", "")
        try:
            if self._met(("drop_before",), arrival):
                return cut(request, arrival)
            response = await self._misbehaving(bot, method, given, arrival)
        except Cut:
            return cut(request, arrival)
        return await finish(request, arrival, response)

    def _met(self, kinds: tuple[str, ...], arrival: Arrival) -> list[Any]:
        """Return the switches that a call meets. Whose it is may stand in its body."""
        if not arrival.bot:
            return []
        return self.ground.misbehaviour.take(kinds, arrival.bot, arrival.method, arrival.to)

    async def _misbehaving(
        self, bot: Community | None, method: str, given: dict[str, str], arrival: Arrival
    ) -> web.Response:
        met = self._met(tuple(kind for kind in CALLS if kind != "drop_before"), arrival)
        late, refusal = 0.0, None
        for switch in met:
            match switch.kind:
                case "too_many":
                    refusal = too_many()
                case "server_error":
                    return web.Response(status=switch.status, text="<html>Bad Gateway</html>", content_type="text/html")
                case "drop_unhandled":
                    raise Cut
                case "slow":
                    late = max(late, switch.seconds)
        try:
            if refusal is not None:
                raise refusal
            response = _said(await self._answer(bot, method, given, arrival))
        except RefusalError as error:
            response = _said(error.told(given))
        dropped = next((switch for switch in met if switch.kind == "drop_after"), None)
        return await reply(response, late=late, cut_after=dropped.seconds if dropped else None)

    async def _answer(
        self, bot: Community | None, method: str, given: Mapping[str, str], arrival: Arrival
    ) -> dict[str, Any]:
        if method not in ANSWERS:
            raise no_method()
        if not given.get("v"):
            raise RefusalError(8, "Invalid request: v (version) is required")
        if bot is None:
            raise RefusalError(*(WRONG_TOKEN if given.get("access_token") else NO_TOKEN))
        if not bot.may_call(time.monotonic()):
            raise too_many()
        if (right := right_for(method)) and right not in bot.rights:
            raise RefusalError(*NO_RIGHT)
        parameters = {name: value for name, value in given.items() if name not in _COMMON}
        errors: list[dict[str, Any]] = []
        call = Call(self.ground, self.files, bot, checked(method, parameters), arrival, errors)
        answer: dict[str, Any] = {"response": await ANSWERS[method](call)}
        return answer | ({"execute_errors": errors} if errors else {})

    async def serve_upload(self, request: web.Request) -> web.StreamResponse:
        """Take a file at an upload server, which counts no calls."""
        way = request.match_info["way"]
        owner = self.files.servers.get(way)
        bot = self.bots.get(owner[0]) if owner else None
        arrival = self.ground.account.arrived(self.name, bot.key if bot else "", "upload")
        if self._met(("drop_before", "drop_unhandled"), arrival):
            return cut(request, arrival)
        form = await request.post()
        field = "photo" if owner and owner[1] == "photo" else "file"
        given = form.get(field)
        if self._met(("server_error",), arrival):
            return await finish(request, arrival, web.Response(status=502, text="<html>"))
        if not isinstance(given, web.FileField):
            told: dict[str, Any] = {"error": f"ERR_UPLOAD_FILE_NOT_UPLOADED: {field}"}
        else:
            told = self.files.put(way, given.filename, given.content_type, given.file.read())
        return await finish(request, arrival, _said(told))

    async def serve_long_poll(self, request: web.Request) -> web.StreamResponse:
        """Hand over events, as soon as there are any."""
        bot = self.bots.get(int(request.match_info["group"])) if request.match_info["group"].isdigit() else None
        given = {**request.query, **(await request.post())}
        if bot is None or given.get("act") != "a_check":
            return web.json_response({"failed": 2})
        wait = min(90.0, float(given.get("wait", "25")))
        told = await bot.events.long_poll.check(str(given.get("key", "")), str(given.get("ts", "")), wait)
        return _said(told)

    async def serve_file(self, request: web.Request) -> web.StreamResponse:
        """Hand over a file to who knows its key."""
        stored = self.files.by_id.get(int(request.match_info["number"]))
        if stored is None or stored.access_key != request.match_info["key"] or stored.kind == "video":
            raise web.HTTPNotFound
        return web.Response(body=stored.data, content_type=stored.content_type, headers=_SAFE)

    async def serve_document(self, request: web.Request) -> web.StreamResponse:
        """Lead on to where a document lies."""
        number = request.match_info["number"]
        stored = self.files.by_id.get(int(number)) if number.isdigit() else None
        if stored is None or stored.access_key != request.query.get("hash"):
            raise web.HTTPNotFound
        raise web.HTTPFound(f"{self.ground.url}{stored.path}")

    async def serve_face(self, request: web.Request) -> web.StreamResponse:
        """Hand over a portrait."""
        return web.Response(body=face(int(request.match_info["number"])), content_type="image/jpeg")

    def _by_token(self, token: str) -> Community | None:
        return next((bot for bot in self.bots.values() if bot.token == token), None)


def _said(told: dict[str, Any]) -> web.Response:
    return web.Response(body=json.dumps(told, ensure_ascii=False).encode(), content_type="application/json")
