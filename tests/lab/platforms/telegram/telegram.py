"""A fake Telegram on loopback: answers the Bot API's calls as Telegram would. Tests hold it as `lab.telegram`."""

import json
import re
import time
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from lab.ground import Ground, on_the_loop
from lab.misbehaviour import CALLS
from lab.people import Person
from lab.platforms.telegram import asking, editing, sending
from lab.platforms.telegram.bots import Bot
from lab.platforms.telegram.calls import ANSWERS, Call
from lab.platforms.telegram.files import Files
from lab.platforms.telegram.limits import PER_BOT, PER_CHAT
from lab.platforms.telegram.methods import NAMES, Upload, checked
from lab.platforms.telegram.phones import Phone
from lab.platforms.telegram.refusals import (
    NO_SUCH_METHOD,
    NOT_FOUND,
    TOO_LARGE,
    UNAUTHORIZED,
    RefusalError,
    bad_request,
    too_many,
)
from lab.replies import Cut, cut, finish, reply
from lab.samples import picture

__all__ = ["Bot", "Person", "Phone", "Telegram", "asking", "editing", "sending"]
_TOKEN = re.compile(r"\d+:[\w-]{35}")
_FIRST_BOT = 7_000_000_001


class Telegram:
    """All bots of one lab."""

    name = "telegram"

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.files = Files()
        self.bots: dict[int, Bot] = {}

    # ---- for tests and pages

    @on_the_loop
    def new_bot(
        self,
        name: str = "Shop bot",
        *,
        username: str = "",
        token: str = "",
        rate: float | None = PER_BOT,
        per_chat: float | None = PER_CHAT,
    ) -> Bot:
        """Make a bot, by its old token if one is given; None for `rate` lets it send as fast as it can."""
        number = max(self.bots, default=_FIRST_BOT - 1) + 1
        if _TOKEN.fullmatch(token) and int(token.partition(":")[0]) not in self.bots:
            number = int(token.partition(":")[0])
        bot = self._bot(number, name, username or self._free_username(name))
        bot.limit(rate, per_chat)
        if token.startswith(f"{number}:"):
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
    def bot(self, username: str) -> Bot | None:
        """Return the bot of this name."""
        return next((bot for bot in self.bots.values() if bot.username == username), None)

    def kept(self) -> dict[str, Any]:
        """Return what a later lab needs to be this one again."""
        return {"bots": [bot.kept() for bot in self.bots.values()]}

    def restore(self, kept: dict[str, Any]) -> None:
        """Be that one again."""
        for one in kept.get("bots", ()):
            self._bot(one["id"], one["name"], one["username"]).restore(one)

    def begin(self) -> None:
        """Go on posting what waits."""
        for bot in self.bots.values():
            bot.updates.wake()

    def _bot(self, number: int, name: str, username: str) -> Bot:
        bot = self.bots[number] = Bot(self.ground, self.files, number, name, username)
        bot.run = self._run_answer
        bot.picture = self.files.add("photo", f"{username}.jpg", "image/jpeg", picture(size=(320, 320))).number
        return bot

    def _free_username(self, name: str) -> str:
        base = re.sub(r"[^a-z0-9]+", "_", name.lower().removesuffix("bot")).strip("_") or "lab"
        taken = {bot.username for bot in self.bots.values()}
        return next(one for at in range(1, 100_000) if (one := f"{base}{at if at > 1 else ''}_bot") not in taken)

    # ---- for programs

    def routes(self) -> list[web.RouteDef]:
        """Return where the Bot API is answered."""
        return [
            web.get("/telegram/file/bot{token}/{path:.+}", self.serve_file),
            web.route("*", "/telegram/bot{token}/{method}", self.serve),
            web.route("*", "/telegram/{rest:.*}", _not_found),
        ]

    async def serve_file(self, request: web.Request) -> web.StreamResponse:
        """Hand over a file."""
        stored = self.files.at(request.match_info["path"]) if self._by_token(request) else None
        if stored is None:
            return _refused(RefusalError(*NOT_FOUND))
        return web.Response(body=stored.data, content_type=stored.content_type)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        bot = self._by_token(request)
        if bot is None:
            well_formed = _TOKEN.fullmatch(request.match_info["token"])
            return _refused(RefusalError(*(UNAUTHORIZED if well_formed else NOT_FOUND)))
        name = NAMES.get(request.match_info["method"].lower())
        if name is None:
            return _refused(RefusalError(*NO_SUCH_METHOD))
        arrival = self.ground.account.arrived(self.name, bot.username, name)
        if self.ground.misbehaviour.take(("drop_before",), bot.username, name):
            return cut(request, arrival)
        try:
            given, parts = await _read(request)
            arrival.to = str(given.get("chat_id", ""))
            response = await self._misbehaving(Call(self.ground, self.files, bot, given, parts, arrival))
        except Cut:
            return cut(request, arrival)
        except RefusalError as error:
            response = _refused(error)
        return await finish(request, arrival, response)

    async def _misbehaving(self, call: Call) -> web.Response:
        kinds = tuple(kind for kind in CALLS if kind != "drop_before")
        met = self.ground.misbehaviour.take(kinds, call.bot.username, call.arrival.method, call.arrival.to)
        late = 0.0
        for switch in met:
            match switch.kind:
                case "too_many":
                    raise too_many(switch.seconds)
                case "server_error":
                    return web.Response(status=switch.status, text="<html>Bad Gateway</html>", content_type="text/html")
                case "drop_unhandled":
                    raise Cut
                case "slow":
                    late = max(late, switch.seconds)
        response = await self.answer(call)
        dropped = next((switch for switch in met if switch.kind == "drop_after"), None)
        return await reply(response, late=late, cut_after=dropped.seconds if dropped else None)

    async def answer(self, call: Call) -> web.Response:
        """Do what the call asks."""
        name = call.arrival.method
        call.given = checked(name, call.given)
        if name not in ANSWERS:
            raise bad_request(f"{name} is not played in this lab")
        result = await ANSWERS[name](call)
        body = {"ok": True, "result": result} | ({"description": call.note} if call.note else {})
        return web.Response(body=json.dumps(body, ensure_ascii=False).encode(), content_type="application/json")

    async def _run_answer(self, bot: Bot, named: str, given: dict[str, Any]) -> None:
        """Do what the answer to a webhook asks: nobody learns what came of it."""
        name = NAMES.get(named.lower(), "")
        arrival = self.ground.account.arrived(self.name, bot.username, name or named)
        arrival.to = str(given.get("chat_id", ""))
        arrival.fate = "answered"
        try:
            if name:
                arrival.status = (await self.answer(Call(self.ground, self.files, bot, given, {}, arrival))).status
        except RefusalError as error:
            arrival.status = error.code
        arrival.ended = time.time()

    def _by_token(self, request: web.Request) -> Bot | None:
        token = request.match_info["token"]
        number = token.partition(":")[0]
        bot = self.bots.get(int(number)) if number.isdigit() else None
        return bot if bot is not None and bot.token == token else None


async def _read(request: web.Request) -> tuple[dict[str, Any], dict[str, Upload]]:
    """Return the parameters and the files of a call, however they came."""
    given: dict[str, Any] = dict(request.query)
    parts: dict[str, Upload] = {}
    try:
        if request.content_type == "application/json":
            body = await request.read()
            told = json.loads(body) if body else {}
            if not isinstance(told, dict):
                raise bad_request("can't parse JSON object")
            given |= told
        elif request.can_read_body:
            form = await request.post()
            given, parts = _form(given, form)
    except web.HTTPRequestEntityTooLarge:
        raise RefusalError(*TOO_LARGE) from None
    except ValueError:
        raise bad_request("can't parse JSON object") from None
    return given, parts


def _form(given: dict[str, Any], form: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Upload]]:
    parts = {}
    for name, value in form.items():
        if isinstance(value, web.FileField):
            given[name] = parts[name] = Upload(value.filename, value.content_type, value.file.read())
        else:
            given[name] = value
    return given, parts


def _refused(error: RefusalError) -> web.Response:
    headers = {"Retry-After": str(error.parameters["retry_after"])} if error.code == 429 and error.parameters else {}
    return web.json_response(error.told(), status=error.code, headers=headers)


async def _not_found(_request: web.Request) -> web.StreamResponse:
    return _refused(RefusalError(*NOT_FOUND))
