"""A fake of the Graph API on loopback: tests hold it as `lab.messenger` and `lab.instagram`."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from aiohttp import web

from lab.account import Arrival
from lab.ground import Ground, on_the_loop
from lab.misbehaviour import CALLS
from lab.people import Person
from lab.platforms.meta import edges, inboxes, messages
from lab.platforms.meta.accounts import PER_SECOND, Bot
from lab.platforms.meta.apps import App, Subscription
from lab.platforms.meta.files import Files
from lab.platforms.meta.refusals import RefusalError, bad_parameter, bad_token, not_there
from lab.replies import Cut, cut, finish, reply
from lab.samples import Sample, picture

_FIRST_PAGE, _FIRST_APP = 105500000001, 900900001


@dataclass
class _Call:
    method: str
    path: str
    token: str
    given: dict[str, Any] = field(default_factory=dict)
    file: Sample | None = None


class MetaPlatform:
    """All accounts of one lab."""

    name: ClassVar[str]

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.files = Files(self.name)
        self.apps: dict[str, App] = {}
        self.bots: dict[str, Bot] = {}

    # ---- for tests and pages

    @on_the_loop
    def new_bot(
        self, name: str = "Shop", *, key: str = "", rate: float | None = PER_SECOND, app: App | None = None
    ) -> Bot:
        """Make a Page, and its account at Instagram's; several may belong to one app."""
        owner = app or self._app(str(_FIRST_APP + len(self.apps)))
        bot = self._bot(owner, _FIRST_PAGE + len(self.bots), name, key or self._free_key(name))
        bot.rate = rate
        self.ground.changed()
        return bot

    @on_the_loop
    def person(self, name: str = "Анна", **more: Any) -> Person:
        """Make a person."""
        person = self.ground.people.add(name, **more)
        self.ground.changed()
        return person

    @on_the_loop
    def bot(self, key: str) -> Bot | None:
        """Return the account of this key."""
        return self.bots.get(key)

    def kept(self) -> dict[str, Any]:
        """Return what a later lab needs to be this one again."""
        return {
            "apps": [app.kept() for app in self.apps.values()],
            "bots": [bot.kept() for bot in self.bots.values()],
        }

    def restore(self, kept: dict[str, Any]) -> None:
        """Be that one again."""
        for one in kept.get("apps", ()):
            app = self._app(one["id"])
            app.secret = one["secret"]
            app.subscriptions = {thing: Subscription(*held) for thing, held in one["subscriptions"].items()}
        for one in kept.get("bots", ()):
            self._bot(self.apps[one["app"]], one["number"], one["name"], one["key"]).restore(one)

    def begin(self) -> None:
        """Go on posting what waits."""
        for app in self.apps.values():
            app.wake()

    def _app(self, number: str) -> App:
        return self.apps.setdefault(number, App(self.ground, number))

    def _bot(self, app: App, number: int, name: str, key: str) -> Bot:
        face = self.files.add("image", Sample("page.jpg", "image/jpeg", picture(size=(320, 320))))
        bot = self.bots[key] = Bot(self.ground, self.name, self.files, app, number, name, key, picture=face.number)
        return bot

    def _free_key(self, name: str) -> str:
        base = re.sub(r"[^a-z0-9]+", ".", name.lower()).strip(".") or "lab"
        return next(one for at in range(1, 100_000) if (one := f"{base}{at if at > 1 else ''}") not in self.bots)

    # ---- for programs

    def routes(self) -> list[web.RouteDef]:
        """Return where the Graph API is answered."""
        return [
            web.get(f"/{self.name}/cdn/{{number}}/{{file}}", self.serve_file),
            web.route("*", f"/{self.name}/{{version:v\\d+\\.\\d+}}/{{path:.+}}", self.serve),
        ]

    async def serve_file(self, request: web.Request) -> web.StreamResponse:
        """Hand over a file to anybody."""
        number = request.match_info["number"]
        stored = self.files.by_number.get(int(number)) if number.isdecimal() else None
        if stored is None:
            raise web.HTTPNotFound
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
        return web.Response(body=stored.data, content_type=stored.content_type, headers=headers)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        path = request.match_info["path"].strip("/")
        method = path.rpartition("/")[2] if "/" in path or path in ("me", "debug_token") else "node"
        bot = next((one for one in self.bots.values() if one.token == _token(request)), None)
        arrival = self.ground.account.arrived(self.name, bot.key if bot else "", method)
        if self.ground.misbehaviour.take(("drop_before",), arrival.bot, method):
            return cut(request, arrival)
        try:
            call = await _read(request, path)
            recipient = call.given.get("recipient")
            arrival.to = str(recipient.get("id", "")) if isinstance(recipient, dict) else ""
            response = await self._misbehaving(call, arrival)
        except Cut:
            return cut(request, arrival)
        except RefusalError as error:
            response = error.response(bot.page_id if bot else "")
        return await finish(request, arrival, response)

    async def _misbehaving(self, call: _Call, arrival: Arrival) -> web.Response:
        kinds = tuple(kind for kind in CALLS if kind != "drop_before")
        met = self.ground.misbehaviour.take(kinds, arrival.bot, arrival.method, arrival.to)
        late = 0.0
        for switch in met:
            match switch.kind:
                case "too_many":
                    raise RefusalError(613, "Calls to this api have exceeded the rate limit.", after=switch.seconds)
                case "server_error":
                    return web.Response(status=switch.status, text="<html>Sorry</html>", content_type="text/html")
                case "drop_unhandled":
                    raise Cut
                case "slow":
                    late = max(late, switch.seconds)
        told = await self.answer(call, arrival)
        body = json.dumps(told).encode()
        response = web.Response(body=body, content_type="application/json", headers={"X-App-Usage": '{"call_count":1}'})
        dropped = next((switch for switch in met if switch.kind == "drop_after"), None)
        return await reply(response, late=late, cut_after=dropped.seconds if dropped else None)

    async def answer(self, call: _Call, arrival: Arrival) -> dict[str, Any]:
        """Do what the call asks: in the name of an app, or of a Page."""
        node, _, edge = call.path.partition("/")
        if call.path == "debug_token":
            return edges.debug_token(self._speaking(call), self.bots, str(call.given.get("input_token", "")))
        if edge == "subscriptions":
            return await self._subscriptions(call, node)
        bot = edges.by_token(self.bots, call.token)
        edges.check_proof(bot, str(call.given.pop("appsecret_proof", "")))
        if node == "me" and not edge:
            return edges.me(bot, str(call.given.get("fields", "id,name")))
        if not edge and call.method == "GET" and (who := self.ground.people.find(node)) is not None:
            return edges.person(bot, self.files, who, str(call.given.get("fields", "")))
        if node not in ("me", bot.page_id):
            raise not_there(call.method, node)
        return self._of_page(bot, edge, call, arrival)

    def _of_page(self, bot: Bot, edge: str, call: _Call, arrival: Arrival) -> dict[str, Any]:
        right = "instagram_manage_messages" if bot.is_instagram else "pages_messaging"
        match (call.method, edge):
            case (_, "subscribed_apps"):
                return edges.page_app(bot, call.method, call.given)
            case (_, "messenger_profile"):
                return edges.set_profile(bot, call.method, call.given)
            case ("GET", "conversations") if right not in bot.rights:
                raise RefusalError(200, f"Requires {right} permission to manage the object")
            case ("GET", "conversations"):
                return inboxes.conversations(bot, call.given)
            case ("POST", "messages" | "message_attachments") if right not in bot.rights:
                raise RefusalError(200, f"Requires {right} permission to manage the object")
            case ("POST", "messages"):
                return messages.send(bot, call.given, arrival)
            case ("POST", "message_attachments"):
                return edges.attach(bot, call.given.get("message"), str(call.given.get("platform", "")), call.file)
        raise not_there(call.method, call.path)

    async def _subscriptions(self, call: _Call, node: str) -> dict[str, Any]:
        app = self._speaking(call)
        if app.id != node:
            raise not_there(call.method, node)
        match call.method:
            case "GET":
                return edges.subscriptions(app)
            case "POST":
                return await edges.subscribe(app, call.given)
        return edges.unsubscribe(app, call.given)

    def _speaking(self, call: _Call) -> App:
        app = next((one for one in self.apps.values() if one.token == call.token), None)
        if app is None:
            raise bad_token("Invalid OAuth access token signature.")
        return app


def _token(request: web.Request) -> str:
    kind, _, told = request.headers.get("Authorization", "").partition(" ")
    return told if kind in ("Bearer", "OAuth") else request.query.get("access_token", "")


async def _read(request: web.Request, path: str) -> _Call:
    """Read a call, however its parameters came: a form holds objects as JSON."""
    call = _Call(request.method, path, _token(request), dict(request.query))
    try:
        if request.content_type == "application/json" and request.can_read_body:
            told = await request.json()
            if not isinstance(told, dict):
                raise bad_parameter("The body is no object")
            call.given |= told
        elif request.can_read_body:
            _fill(call, await request.post())
    except ValueError:
        raise bad_parameter("The body cannot be read") from None
    call.token = str(call.given.pop("access_token", "")) or call.token
    return call


def _fill(call: _Call, form: Mapping[str, Any]) -> None:
    for name, value in form.items():
        if isinstance(value, web.FileField):
            call.file = Sample(value.filename, value.content_type, value.file.read())
        else:
            call.given[name] = json.loads(value) if str(value).startswith(("{", "[")) else value
