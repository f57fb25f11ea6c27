"""Fake gateways of SMSC.ru and SMS Aero on loopback, as far as Viber needs them: `lab.viber_business`.

SMS Aero says no by the status of HTTP, SMSC.ru by `error_code` in a 200.
"""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

from aiohttp import web

from lab.account import Arrival
from lab.ground import Ground, on_the_loop
from lab.misbehaviour import CALLS
from lab.people import Person
from lab.platforms.viber_business import states
from lab.platforms.viber_business.accounts import Bot, Chat
from lab.replies import Cut, cut, finish, reply

PRICE = 2.5
_NUMBER = re.compile(r"\+?[1-9]\d{6,14}")
_KNOWN = {
    "send.php": {"phones", "mes", "id", "cost", "sender", "viber"},
    "status.php": {"phone", "id"},
    "balance.php": {"cur"},
}
_WHO = {"apikey", "charset", "fmt"}
_AERO = {"number", "sign", "channel", "text", "imageUrl", "textButton", "linkButton"}


class Gateways:
    """All accounts of one lab."""

    name = "viber_business"

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.bots: dict[str, Bot] = {}

    @on_the_loop
    def new_bot(self, name: str = "Shop", *, key: str = "", rate: float | None = None, provider: str = "smsc") -> Bot:
        """Make an account at `smsc` or `smsaero`."""
        bot = self._bot(provider, key or f"{provider}{len(self.bots) + 1}@lab", name)
        bot.limit(rate)
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
        """Return the account of this login."""
        return self.bots.get(key)

    def kept(self) -> dict[str, Any]:
        """Return what a later lab needs to be this one again."""
        return {"bots": [bot.kept() for bot in self.bots.values()]}

    def restore(self, kept: dict[str, Any]) -> None:
        """Be that one again."""
        for one in kept.get("bots", ()):
            self._bot(one["provider"], one["key"], one["name"]).restore(one)

    def begin(self) -> None:
        """Have nothing to go on with."""

    def _bot(self, provider: str, key: str, name: str) -> Bot:
        bot = self.bots[key] = Bot(self.ground, provider, key, name)
        return bot

    def routes(self) -> list[web.RouteDef]:
        """Return where they answer."""
        return [
            web.post("/viber_business/sys/{script}", self.serve_smsc),
            web.post("/viber_business/v2/{method:.+}", self.serve_aero),
        ]

    async def serve_smsc(self, request: web.Request) -> web.StreamResponse:
        """Answer one call to SMSC.ru."""
        script, given = request.match_info["script"], dict(await request.post())
        form = {name: str(value) for name, value in given.items() if isinstance(value, str)}
        image = next((one.filename for one in given.values() if isinstance(one, web.FileField)), "")
        bot = next((one for one in self.bots.values() if one.apikey == form.get("apikey")), None)
        if bot is None or bot.provider != "smsc":
            return web.json_response({"error": "authorise error", "error_code": 2})
        return await self._serve(request, bot, script, lambda arrival: _smsc(bot, script, form, image, arrival))

    async def serve_aero(self, request: web.Request) -> web.StreamResponse:
        """Answer one call to SMS Aero."""
        method, given = request.match_info["method"], json.loads(await request.read() or b"{}")
        who = request.headers.get("Authorization", "").removeprefix("Basic ")
        login, _, key = base64.b64decode(who).decode().partition(":")
        bot = self.bots.get(login)
        if bot is None or bot.provider != "smsaero" or bot.apikey != key:
            return web.json_response({"success": False, "message": "Unauthorized"}, status=401)
        return await self._serve(request, bot, method, lambda arrival: _aero(bot, method, given, arrival))

    async def _serve(
        self, request: web.Request, bot: Bot, method: str, do: Callable[[Arrival], web.Response]
    ) -> web.StreamResponse:
        arrival = self.ground.account.arrived(self.name, bot.key, method)
        met = {one.kind: one for one in self.ground.misbehaviour.take(CALLS, bot.key, method)}
        if "drop_before" in met or "drop_unhandled" in met:
            return cut(request, arrival)
        try:
            if "server_error" in met:
                response = web.Response(status=met["server_error"].status, text="<html>")
            elif "too_many" in met:
                response = _too_many(bot)
            else:
                response = do(arrival)
            late = met["slow"].seconds if "slow" in met else 0.0
            dropped = met["drop_after"].seconds if "drop_after" in met else None
            response = await reply(response, late=late, cut_after=dropped)
        except Cut:
            return cut(request, arrival)
        return await finish(request, arrival, response)


def _too_many(bot: Bot) -> web.Response:
    return _no(9, "too many concurrent requests") if bot.provider == "smsc" else web.Response(status=429)


def _no(code: int, words: str) -> web.Response:
    return web.json_response({"error": words, "error_code": code})


def _smsc(bot: Bot, script: str, form: dict[str, str], image: str, arrival: Arrival) -> web.Response:
    if form.keys() - _KNOWN.get(script, set()) - _WHO or form.get("fmt") != "3":
        return _no(1, "parameters error")
    if script == "balance.php":
        return web.json_response({"balance": f"{bot.balance:.2f}", "currency": "RUR"})
    if script == "status.php":
        state = bot.told.get((form.get("phone", "").lstrip("+"), form.get("id", "")))
        return web.json_response({"status": -3 if state is None else state, "err": 0})
    phones = [one for one in form.get("phones", "").split(",") if one]
    if form.get("viber") != "1" or not phones or not 0 < len(form.get("mes", "")) <= 1000:
        return _no(1, "parameters error")
    if form.get("sender") != bot.sender:
        return _no(6, "message is denied")
    if not all(_NUMBER.fullmatch(one) for one in phones):
        return _no(7, "invalid number")
    if form.get("cost") == "1":
        return web.json_response({"cost": f"{PRICE * len(phones):.2f}", "cnt": len(phones)})
    name, to = form.get("id", ""), phones[0].lstrip("+")
    if (to, name) in bot.told or not bot.may_send():
        return _too_many(bot)
    if bot.balance < PRICE:
        return _no(3, "not enough credits")
    _arrives(bot, to, name, form["mes"], image, ("", ""), arrival)
    return web.json_response({"id": int(name), "cnt": 1, "cost": str(PRICE), "balance": f"{bot.balance:.2f}"})


def _aero(bot: Bot, method: str, given: dict[str, Any], arrival: Arrival) -> web.Response:
    if method == "balance":
        return web.json_response({"success": True, "data": {"balance": bot.balance}, "message": None})
    wrong = sorted(given.keys() - _AERO) if method == "viber/send" else ["method"]
    if given.get("sign") != bot.sender:
        wrong.append("sign")
    if not _NUMBER.fullmatch(str(given.get("number", ""))):
        wrong.append("number")
    if not 0 < len(str(given.get("text", ""))) <= 1000:
        wrong.append("text")
    if ("textButton" in given) != ("linkButton" in given) or len(given.get("textButton", "")) > 30:
        wrong.append("textButton")
    if wrong:
        told = {"success": False, "message": "Validation error.", "data": {name: ["wrong"] for name in wrong}}
        return web.json_response(told, status=400)
    if bot.balance < PRICE:
        return web.json_response({"result": "no credits"})
    if not bot.may_send():
        return _too_many(bot)
    name, bot.next_id = str(bot.next_id), bot.next_id + 1
    button = (given.get("textButton", ""), given.get("linkButton", ""))
    _arrives(bot, str(given["number"]), name, given["text"], given.get("imageUrl", ""), button, arrival)
    told = {"id": int(name), "number": given["number"], "sign": bot.sender, "status": 0, "cost": PRICE}
    return web.json_response({"success": True, "data": told, "message": None})


def _arrives(bot: Bot, to: str, name: str, text: str, image: str, button: tuple[str, str], arrival: Arrival) -> None:
    bot.balance -= PRICE
    chat: Chat | None = bot.chat(to)
    arrival.to, arrival.text = chat.person.key if chat else to, text
    states.tell(bot, to, name, states.SENT)
    if chat is None or not chat.has_viber:
        states.tell(bot, to, name, states.NOBODY)
        return
    arrival.sent = True
    bot.shows(chat, name, text, image, button)
    states.tell(bot, to, name, states.DELIVERED)
