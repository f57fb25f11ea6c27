"""A fake Viber on loopback: answers the bot API's calls as Viber would. Tests hold it as `lab.viber`."""

import json
import re
from typing import Any

from aiohttp import web

from lab.account import Arrival
from lab.ground import Ground, on_the_loop
from lab.misbehaviour import CALLS
from lab.people import Person
from lab.platforms.viber.bots import Bot
from lab.platforms.viber.messages import LARGEST
from lab.platforms.viber.methods import answer
from lab.platforms.viber.refusals import RefusalError
from lab.replies import Cut, cut, finish, reply
from lab.samples import face

_SAFE = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}


class Viber:
    """All bots of one lab."""

    name = "viber"

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.bots: dict[str, Bot] = {}

    # ---- for tests and pages

    @on_the_loop
    def new_bot(self, name: str = "Shop", *, key: str = "", token: str = "", rate: float | None = None) -> Bot:
        """Make a bot."""
        bot = self._bot(len(self.bots) + 1, key or self._free_key(name), name)
        bot.limit(rate)
        bot.token = token or bot.token
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
        """Return the bot of this uri."""
        return self.bots.get(key)

    def kept(self) -> dict[str, Any]:
        """Return what a later lab needs to be this one again."""
        return {"bots": [bot.kept() for bot in self.bots.values()]}

    def restore(self, kept: dict[str, Any]) -> None:
        """Be that one again."""
        for one in kept.get("bots", ()):
            self._bot(one["number"], one["key"], one["name"]).restore(one)

    def begin(self) -> None:
        """Have nothing to go on with: what was not taken when a lab ended is gone."""

    def _bot(self, number: int, key: str, name: str) -> Bot:
        bot = self.bots[key] = Bot(self.ground, number, key, name)
        return bot

    def _free_key(self, name: str) -> str:
        base = re.sub(r"[^a-z0-9]+", "", name.lower()) or "shop"
        return next(one for at in range(1, 100_000) if (one := f"{base}{at if at > 1 else ''}") not in self.bots)

    # ---- for programs

    def routes(self) -> list[web.RouteDef]:
        """Return where the API and the files are."""
        return [
            web.post("/viber/pa/{method}", self.serve),
            web.get("/viber/files/{bot}/{number}/{name}", self.serve_file),
            web.get(r"/viber/face/{number:\d+}.jpg", self.serve_face),
        ]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        method = request.match_info["method"]
        bot = self._by_token(request.headers.get("X-Viber-Auth-Token", ""))
        arrival = self.ground.account.arrived(self.name, bot.key if bot else "", method)
        if bot and self.ground.misbehaviour.take(("drop_before",), bot.key, method):
            return cut(request, arrival)
        try:
            raw = await request.read()
            response = await self._misbehaving(bot, method, raw, arrival)
        except Cut:
            return cut(request, arrival)
        return await finish(request, arrival, response)

    async def _misbehaving(self, bot: Bot | None, method: str, raw: bytes, arrival: Arrival) -> web.Response:
        try:
            given = _read(raw)
            bot = self._known(bot, given, arrival)
        except RefusalError as error:
            return web.json_response(error.told())
        kinds = tuple(kind for kind in CALLS if kind != "drop_before")
        met = {one.kind: one for one in self.ground.misbehaviour.take(kinds, bot.key, method, arrival.to)}
        if "server_error" in met:
            return web.Response(status=met["server_error"].status, text="<html>", content_type="text/html")
        if "drop_unhandled" in met:
            raise Cut
        if "too_many" in met:
            return web.json_response(RefusalError(12).told())
        try:
            told = {"status": 0, "status_message": "ok", "chat_hostname": "SN-LAB_"}
            response = web.json_response(told | await answer(bot, method, given, arrival))
        except RefusalError as error:
            response = web.json_response(error.told())
        late = met["slow"].seconds if "slow" in met else 0.0
        return await reply(response, late=late, cut_after=met["drop_after"].seconds if "drop_after" in met else None)

    def _known(self, bot: Bot | None, given: dict[str, Any], arrival: Arrival) -> Bot:
        """Return the bot, whose token may stand in the body."""
        bot = bot or self._by_token(str(given.get("auth_token", "")))
        if bot is None:
            raise RefusalError(2)
        talk = bot.find(given.get("receiver"))
        arrival.bot, arrival.to = bot.key, talk.person.key if talk else ""
        return bot

    async def serve_file(self, request: web.Request) -> web.StreamResponse:
        """Hand over what a person sent."""
        bot, number = self.bots.get(request.match_info["bot"]), request.match_info["number"]
        given = bot.files.get(int(number)) if bot and number.isdigit() else None
        if given is None:
            raise web.HTTPNotFound
        return web.Response(body=given.data, content_type=given.content_type, headers=_SAFE)

    async def serve_face(self, request: web.Request) -> web.StreamResponse:
        """Hand over a portrait."""
        return web.Response(body=face(int(request.match_info["number"])), content_type="image/jpeg")

    def _by_token(self, token: str) -> Bot | None:
        return next((bot for bot in self.bots.values() if bot.token == token), None)


def _read(raw: bytes) -> dict[str, Any]:
    try:
        given = json.loads(raw)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise RefusalError(3, "the request is no JSON")
    if len(raw) > LARGEST:
        raise RefusalError(3, "the request is too large")
    return given
