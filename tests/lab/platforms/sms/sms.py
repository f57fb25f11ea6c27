"""Fake providers of SMS on loopback: SMSC.ru, Twilio, an operator's SMS centre. Tests hold them as `lab.sms`."""

import re
from typing import Any

from aiohttp import web

from lab.account import Arrival
from lab.ground import Ground, on_the_loop
from lab.misbehaviour import CALLS
from lab.people import Person
from lab.platforms.sms import smsc, twilio
from lab.platforms.sms.bots import Bot
from lab.platforms.sms.centre import Centre
from lab.replies import Cut, cut, finish, reply

_FIRST_NUMBER = 14155550100


class Sms:
    """All accounts of one lab."""

    name = "sms"

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.bots: dict[str, Bot] = {}
        self.centre = Centre(ground, self.bots)

    # ---- for tests and pages

    @on_the_loop
    def new_bot(self, name: str = "Shop", *, key: str = "", rate: float | None = None, provider: str = "twilio") -> Bot:
        """Make an account at `twilio` or `smsc`, or at a centre: `smpp`."""
        bot = self._bot(provider, key or self._free_key(provider, name), name)
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
        """Return the account of this number or login."""
        return self.bots.get(key)

    def kept(self) -> dict[str, Any]:
        """Return what a later lab needs to be this one again."""
        return {"port": self.centre.port, "bots": [bot.kept() for bot in self.bots.values()]}

    def restore(self, kept: dict[str, Any]) -> None:
        """Be that one again."""
        self.centre.port = kept.get("port", 0)
        for one in kept.get("bots", ()):
            self._bot(one["provider"], one["key"], one["name"]).restore(one)

    def begin(self) -> None:
        """Open the centre. What was not taken when a lab ended is gone."""
        self.centre.begin()
        self.ground.changed()

    async def end(self) -> None:
        """Close it."""
        await self.centre.end()

    def _bot(self, provider: str, key: str, name: str) -> Bot:
        bot = self.bots[key] = Bot(self.ground, self.centre, provider, key, name)
        return bot

    def _free_key(self, provider: str, name: str) -> str:
        if provider == "twilio":
            return next(str(one) for one in range(_FIRST_NUMBER, _FIRST_NUMBER + 900) if str(one) not in self.bots)
        base = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "shop"
        return next(one for at in range(1, 1000) if (one := f"{base}{at if at > 1 else ''}") not in self.bots)

    # ---- for programs

    def routes(self) -> list[web.RouteDef]:
        """Return where they answer."""
        root = "/sms/2010-04-01/Accounts/{sid}"
        return [
            web.route("*", f"{root}.json", self.serve_twilio),
            web.route("*", f"{root}/{{what}}.json", self.serve_twilio),
            web.route("*", f"{root}/{{what}}/{{one}}.json", self.serve_twilio),
            web.route("*", "/sms/sys/{script}", self.serve_smsc),
        ]

    async def serve_twilio(self, request: web.Request) -> web.StreamResponse:
        """Answer one call to Twilio."""
        bot = next((one for one in self.bots.values() if one.sid == request.match_info["sid"]), None)
        if bot is None or not twilio.is_let_in(bot, request.headers.get("Authorization", "")):
            return _twilio_refuses(twilio.unauthorized())
        method = f"{request.method} {request.match_info.get('what', 'Account')}"
        arrival = self.ground.account.arrived(self.name, bot.key, method)
        if self.ground.misbehaviour.take(("drop_before",), bot.key, method):
            return cut(request, arrival)
        try:
            form = {name: str(value) for name, value in (await request.post()).items()}
            person = bot.person(form.get("To", ""))
            response = await self._misbehaving(bot, arrival, person, lambda: _twilio(bot, request, form, arrival))
        except Cut:
            return cut(request, arrival)
        except twilio.RefusalError as error:
            response = _twilio_refuses(error)
        return await finish(request, arrival, response)

    async def serve_smsc(self, request: web.Request) -> web.StreamResponse:
        """Answer one call to SMSC.ru."""
        script = request.match_info["script"]
        if script not in smsc.SCRIPTS:
            raise web.HTTPNotFound
        form = {**request.query, **{name: str(value) for name, value in (await request.post()).items()}}
        bot = self.bots.get(form.get("login", ""))
        if bot is None or not smsc.is_let_in(bot, form):
            return web.json_response(smsc.RefusalError(2, "authorise error", form.get("id", "")).told())
        arrival = self.ground.account.arrived(self.name, bot.key, script)
        if self.ground.misbehaviour.take(("drop_before",), bot.key, script):
            return cut(request, arrival)
        try:
            person = bot.person(form.get("phones", form.get("phone", "")))
            response = await self._misbehaving(
                bot, arrival, person, lambda: web.json_response(smsc.answer(bot, script, form, arrival))
            )
        except Cut:
            return cut(request, arrival)
        except smsc.RefusalError as error:
            response = web.json_response(error.told())
        return await finish(request, arrival, response)

    async def _misbehaving(self, bot: Bot, arrival: Arrival, person: Person | None, do: Any) -> web.Response:
        kinds = tuple(kind for kind in CALLS if kind != "drop_before")
        met = self.ground.misbehaviour.take(kinds, bot.key, arrival.method, person.key if person else "")
        late = 0.0
        for switch in met:
            match switch.kind:
                case "too_many":
                    raise twilio.too_many(switch.seconds) if bot.provider == "twilio" else smsc.too_many()
                case "server_error":
                    return web.Response(status=switch.status, text="<html>Bad Gateway</html>", content_type="text/html")
                case "drop_unhandled":
                    raise Cut
                case "slow":
                    late = max(late, switch.seconds)
        response: web.Response = do()
        dropped = next((switch for switch in met if switch.kind == "drop_after"), None)
        return await reply(response, late=late, cut_after=dropped.seconds if dropped else None)


def _twilio(bot: Bot, request: web.Request, form: dict[str, str], arrival: Arrival) -> web.Response:
    what, one = request.match_info.get("what", ""), request.match_info.get("one", "")
    match request.method, what, bool(one):
        case "GET", "", False:
            return web.json_response(twilio.account(bot))
        case "POST", "Messages", False:
            return web.json_response(twilio.send(bot, form, arrival), status=201)
        case "GET", "Messages", True:
            return web.json_response(twilio.fetch(bot, one))
        case "GET", "IncomingPhoneNumbers", False:
            return web.json_response(twilio.numbers(bot, request.query.get("PhoneNumber", "")))
        case "POST", "IncomingPhoneNumbers", True:
            return web.json_response(twilio.set_number(bot, one, form))
        case _:
            raise twilio.RefusalError(404, 20404, "The requested resource was not found")


def _twilio_refuses(error: twilio.RefusalError) -> web.Response:
    return web.json_response(error.told(), status=error.status, headers=error.headers)
