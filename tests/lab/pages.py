"""The lab's pages and what they ask for: the control page, the phones, the account, the switches."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from lab import phone_pages
from lab.misbehaviour import CALLS, HOOKS
from lab.people import Person, names

if TYPE_CHECKING:
    from lab.running import Lab

STATIC = Path(__file__).with_name("static")
SHOWN = 40  # of the newest arrivals
CROWD = 1_000
_SWITCH = ("bot", "method", "person", "times", "share", "seconds", "status", "seed")
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(lab: "Lab") -> list[web.AbstractRouteDef]:
    """Return where people and other processes look."""
    desk = _Desk(lab)
    return [
        web.get("/", page("control.html")),
        web.static("/static", STATIC),
        web.get("/api/state", desk.state),
        web.get("/api/account", desk.account),
        web.delete("/api/account", desk.forget),
        web.post("/api/bots", desk.add_bot),
        web.post("/api/bots/{platform}/{bot}/revoke", desk.revoke),
        web.post("/api/bots/{platform}/{bot}/choose", desk.choose),
        web.post("/api/people", desk.add_person),
        web.post("/api/crowds", desk.add_crowd),
        web.post("/api/phones", desk.find_phone),
        web.post("/api/switches", desk.set_switch),
        web.delete("/api/switches", desk.remove_switches),
        web.delete("/api/switches/{number}", desk.remove_switches),
        web.get("/phone/{platform}/{bot}/{person}", page("phone.html")),
        *phone_pages.routes(lab),
    ]


@web.middleware
async def guard(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Let pages load only what is ours, and let no page of another site press our buttons."""
    if request.path.startswith("/api/") and request.method not in ("GET", "HEAD"):
        origin = request.headers.get("Origin")
        if origin is not None and origin.partition("://")[2] != request.host:
            raise web.HTTPForbidden(text="Only the lab's own pages may do this.")
    response = await handler(request)
    if response.content_type == "text/html":
        response.headers["Content-Security-Policy"] = "default-src 'self'; img-src 'self' data:; frame-ancestors 'self'"
    return response


def page(name: str) -> _Handler:
    """Return what serves one of the pages."""

    async def serve(_request: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / name, headers={"Cache-Control": "no-store"})

    return serve


class _Desk:
    """What the control page does."""

    def __init__(self, lab: "Lab") -> None:
        self.lab = lab

    async def state(self, _request: web.Request) -> web.Response:
        """Tell everything that the control page shows."""
        lab = self.lab
        newest = lab.account.arrivals[-SHOWN:]
        told = {
            "platforms": list(lab.platforms),
            "bots": [bot_told(one, bot) for one in lab.platforms.values() for bot in one.bots.values()],
            "people": [person_told(person) for person in lab.people.by_id.values()],
            "switches": [switch.told() for switch in lab.misbehaviour.switches],
            "kinds": {"calls": CALLS, "hooks": HOOKS},
            "account": lab.account.told(limit=0),
            "arrivals": [one.told() for one in reversed(newest)],
        }
        return web.json_response(told)

    async def account(self, request: web.Request) -> web.Response:
        """Tell the account: `?bot=&to=&after=&limit=`."""
        asked = request.query
        after, limit = (_whole(asked.get(name, usual)) for name, usual in (("after", "0"), ("limit", "1000")))
        return web.json_response(self.lab.account.told(asked.get("bot", ""), asked.get("to", ""), after, limit))

    async def forget(self, _request: web.Request) -> web.Response:
        """Begin the account anew."""
        self.lab.account.clear()
        return web.json_response({})

    async def add_bot(self, request: web.Request) -> web.Response:
        """Make a bot; one of this username that is there already is told. A token may be given, to have it back."""
        told = await _body(request)
        platform = self.lab.platforms.get(str(told.get("platform") or "telegram"))
        if platform is None:
            raise web.HTTPBadRequest(text="The lab does not play this messenger.")
        key = str(told.get("username", ""))[:32]
        bot = platform.bot(key) if key else None
        if bot is None:
            name = str(told.get("name", "")).strip()[:64] or "Bot"
            known = (
                {"username": key, "token": str(told.get("token", ""))} if platform.name == "telegram" else {"key": key}
            )
            bot = platform.new_bot(name, **known, **({} if told.get("limits", True) else {"rate": None}))
        return web.json_response(bot_told(platform, bot))

    async def revoke(self, request: web.Request) -> web.Response:
        """Give a bot a new token; the old one is worth nothing from now on."""
        platform = self.lab.platforms.get(request.match_info["platform"])
        bot = platform.bot(request.match_info["bot"]) if platform else None
        if bot is None:
            raise web.HTTPNotFound
        bot.revoke()
        return web.json_response(bot_told(platform, bot))

    async def choose(self, request: web.Request) -> web.Response:
        """Let the messenger decide something about a bot: one of the `choices` that it shows."""
        platform = self.lab.platforms.get(request.match_info["platform"])
        bot = platform.bot(request.match_info["bot"]) if platform else None
        if bot is None or not hasattr(bot, "chooses"):
            raise web.HTTPNotFound
        told = await _body(request)
        try:
            bot.chooses(str(told.get("name")), str(told.get("value")))
        except LookupError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return web.json_response(bot_told(platform, bot))

    async def add_person(self, request: web.Request) -> web.Response:
        """Make a person."""
        told = await _body(request)
        name = str(told.get("name", "")).strip()[:64]
        if not name:
            raise web.HTTPBadRequest(text="A person has a name.")
        language = str(told.get("language", "ru"))[:8]
        return web.json_response(person_told(self.lab.telegram.person(name, language=language)))

    async def add_crowd(self, request: web.Request) -> web.Response:
        """Make many people who come to a bot one after another."""
        told = await _body(request)
        platform = self.lab.platforms.get(str(told.get("platform") or "telegram"))
        bot = platform.bot(str(told.get("bot", ""))) if platform else None
        if bot is None:
            raise web.HTTPNotFound
        count = min(CROWD, _whole(str(told.get("people", CROWD))))
        language = str(told.get("language") or "ru")[:8]
        people = [self.lab.people.add(name, language=language) for name in names(count, language)]
        self.lab.ground.changed()
        self.lab.ground.spawn(_come(bot, people))
        return web.json_response({"people": len(people)})

    async def find_phone(self, request: web.Request) -> web.Response:
        """Return the address of a person's phone; the person is made if there is none of this name."""
        told = await _body(request)
        platform = self.lab.platforms.get(str(told.get("platform") or "telegram"))
        bot = platform.bot(str(told.get("bot", ""))) if platform else None
        if bot is None:
            raise web.HTTPNotFound
        name = str(told.get("person", ""))
        known = (one for one in self.lab.people.by_id.values() if name in (one.name, one.key))
        person = next(known, None) or self.lab.telegram.person(name or "Анна")
        return web.json_response(
            {"path": f"/phone/{platform.name}/{bot.key}/{person.id}", "person": person_told(person)}
        )

    async def set_switch(self, request: web.Request) -> web.Response:
        """Turn a switch on."""
        told = await _body(request)
        given = {name: told[name] for name in _SWITCH if told.get(name) not in (None, "")}
        try:
            switch = self.lab.misbehaviour.set(str(told.get("kind")), **given)
        except (TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return web.json_response(switch.told())

    async def remove_switches(self, request: web.Request) -> web.Response:
        """Turn one or all off."""
        number = request.match_info.get("number")
        if number is None:
            self.lab.misbehaviour.clear()
        else:
            self.lab.misbehaviour.remove(_whole(number))
        return web.json_response({})


async def _come(bot: Any, people: list[Person]) -> None:
    for person in people:
        with suppress(LookupError, PermissionError):
            bot.phone(person).start()
        await asyncio.sleep(0.01)  # a hundred a second: others have news, too


def bot_told(platform: Any, bot: Any) -> dict[str, Any]:
    """Return an account of a messenger for JSON."""
    usual = {"limits": True, "hook": "", "waiting": 0, "problem": "", "people": []}
    named = {"platform": platform.name, "username": bot.key, "name": bot.name, "credentials": bot.credentials()}
    return usual | bot.shown() | named


def person_told(person: Person) -> dict[str, Any]:
    """Return a person for JSON."""
    return dataclasses.asdict(person) | {"name": person.name}


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        told = await request.json()
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise web.HTTPBadRequest(text="A JSON object is expected.")
    return told


def _whole(value: str) -> int:
    if not value.isdigit():
        raise web.HTTPBadRequest(text=f"{value!r} is no number.")
    return int(value)
