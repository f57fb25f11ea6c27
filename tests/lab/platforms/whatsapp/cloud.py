"""A fake of WhatsApp's Cloud API on loopback: tests hold it as `lab.whatsapp`."""

import hashlib
import secrets
from typing import Any, ClassVar

from aiohttp import web

from lab.account import Arrival
from lab.ground import Ground
from lab.platforms.meta import edges
from lab.platforms.meta.apps import App
from lab.platforms.meta.graph import MetaPlatform
from lab.platforms.meta.refusals import RefusalError, bad_parameter, not_there
from lab.platforms.whatsapp import messages, templates
from lab.platforms.whatsapp.apps import OBJECT, WhatsAppApp
from lab.platforms.whatsapp.numbers import Number, digits
from lab.samples import Sample, picture

_FILE_LIMITS = {"image": 5, "video": 16, "audio": 16}  # MB; others 100


class Platform(MetaPlatform):
    """All numbers of one lab."""

    name: ClassVar[str] = "whatsapp"
    bots: dict[str, Any]

    def __init__(self, ground: Ground) -> None:
        """Begin with nobody."""
        super().__init__(ground)
        self.bots = {}

    def _app(self, number: str) -> App:
        return self.apps.setdefault(number, WhatsAppApp(self.ground, number))

    def _bot(self, app: Any, number: int, name: str, key: str) -> Any:
        face = self.files.add("image", Sample("number.jpg", "image/jpeg", picture(size=(320, 320))))
        made = self.bots[key] = Number(self.ground, self.files, app, number, name, key, picture=face.number)
        return made

    # ---- for programs

    async def serve_file(self, request: web.Request) -> web.StreamResponse:
        """Hand over a file to who bears a token; pages see the faces of numbers."""
        number = request.match_info["number"]
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        known = any(bot.token == bearer for bot in self.bots.values())
        if not known and not request.headers.get("Referer", "").startswith(self.ground.url):
            raise web.HTTPUnauthorized
        if number.isdecimal() and int(number) in self.files.by_number:
            return await super().serve_file(request)
        raise web.HTTPNotFound

    async def _misbehaving(self, call: Any, arrival: Arrival) -> web.Response:
        told = str(call.given.get("to", ""))
        people = self.ground.people.by_id.values()
        arrival.to = next((one.key for one in people if told and digits(one) == told), "")
        try:
            return await super()._misbehaving(call, arrival)
        except RefusalError as error:
            if error.code == 613:
                raise RefusalError(130429, "Rate limit hit", status=429, after=error.after) from None
            raise
        except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
            raise bad_parameter(f"Invalid parameter: {error}") from None

    async def answer(self, call: Any, arrival: Arrival) -> dict[str, Any]:
        """Do what the call asks: in the name of an app, or of a number."""
        node, _, edge = call.path.partition("/")
        if call.path == "debug_token":
            return self._debug(self._speaking(call), str(call.given.get("input_token", "")))
        if edge == "subscriptions":
            return await self._of_app(call, node)
        bot: Number = edges.by_token(self.bots, call.token)  # type: ignore[assignment]
        edges.check_proof(bot, str(call.given.pop("appsecret_proof", "")))  # type: ignore[arg-type]
        if node == bot.waba_id:
            return await self._of_account(bot, call, edge)
        if node == bot.page_id:
            return self._of_number(bot, call, edge, arrival)
        template = next((one for one in bot.templates if one["id"] == node), None)
        if call.method == "GET" and not edge and template is not None:
            return templates.told(template, call.given)
        if call.method == "GET" and not edge and node in bot.media:
            return self._media(bot, node)
        raise not_there(call.method, call.path)

    def _debug(self, app: App, told: str) -> dict[str, Any]:
        bot = next((one for one in self.bots.values() if one.token == told), None)
        if bot is None:
            return {"data": {"error": {"code": 190, "message": "Malformed"}, "is_valid": False, "scopes": []}}
        granted = [{"scope": right, "target_ids": [bot.waba_id]} for right in bot.rights]
        told_of = {"app_id": bot.app.id, "type": "SYSTEM_USER", "is_valid": True, "scopes": bot.rights}
        return {"data": {**told_of, "granular_scopes": granted, "expires_at": 0}}

    async def _of_app(self, call: Any, node: str) -> dict[str, Any]:
        app = self._speaking(call)
        if app.id != node:
            raise not_there(call.method, node)
        if call.method == "GET":
            held = app.subscriptions.get(OBJECT)
            return {"data": [held.told(OBJECT)] if held else []}
        if call.method == "DELETE":
            app.subscriptions.pop(OBJECT, None)
            return {"success": True}
        if call.given.get("object") != OBJECT:
            raise bad_parameter("Param object must be whatsapp_business_account")
        fields = str(call.given["fields"]).split(",")
        await app.subscribe(OBJECT, call.given["callback_url"], call.given["verify_token"], fields)
        return {"success": True}

    async def _of_account(self, bot: Number, call: Any, edge: str) -> dict[str, Any]:
        if "whatsapp_business_management" not in bot.rights:
            raise RefusalError(200, "Permissions error", status=403)
        match call.method, edge:
            case "GET", "phone_numbers":
                return {"data": [_number(bot)]}
            case "GET", "message_templates":
                return templates.listed(bot.templates, call.given, f"{self.ground.url}/{self.name}/v23.0/{call.path}")
            case "POST", "message_templates":
                return templates.made(bot.templates, call.given)
            case "DELETE", "message_templates":
                for one in templates.deleted(bot.templates, call.given):
                    bot.tells_template(one, "PENDING_DELETION")
                return {"success": True}
            case "GET", "subscribed_apps":
                return {"data": _subscribed(bot)}
            case "DELETE", "subscribed_apps":
                bot.app.subscriptions.pop(bot.waba_id, None)
                return {"success": True}
            case "POST", "subscribed_apps":
                if url := call.given.get("override_callback_uri"):
                    await bot.app.subscribe(bot.waba_id, url, str(call.given.get("verify_token")), ["messages"])
                return {"success": True}
        raise not_there(call.method, call.path)

    def _of_number(self, bot: Number, call: Any, edge: str, arrival: Arrival) -> dict[str, Any]:
        match call.method, edge:
            case "GET", "":
                return _number(bot)
            case "POST", "messages" | "media" if "whatsapp_business_messaging" not in bot.rights:
                raise RefusalError(10, "Permission denied", status=403)
            case "POST", "messages":
                return messages.send(bot, call.given, arrival)
            case "POST", "media":
                return self._take(bot, call)
        raise not_there(call.method, call.path)

    def _take(self, bot: Number, call: Any) -> dict[str, Any]:
        kind = str(call.given.get("type", "")).partition("/")[0]
        if call.file is None or call.given.get("messaging_product") != "whatsapp" or not kind:
            raise bad_parameter("file, type and messaging_product are required")
        if len(call.file.data) > _FILE_LIMITS.get(kind, 100) * 1024 * 1024:
            raise RefusalError(131053, "Media upload error: too large")
        name = str(secrets.randbelow(9 * 10**14) + 10**14)
        bot.media[name] = self.files.add(kind, call.file).number
        return {"id": name}

    def _media(self, bot: Number, name: str) -> dict[str, Any]:
        stored = self.files.by_number[bot.media[name]]
        told = {"url": self.ground.url + self.files.path(stored.number), "mime_type": stored.content_type}
        digest = hashlib.sha256(stored.data).hexdigest()
        return {**told, "sha256": digest, "file_size": len(stored.data), "id": name, "messaging_product": "whatsapp"}


def _number(bot: Number) -> dict[str, Any]:
    return {
        "id": bot.page_id,
        "verified_name": bot.name,
        "display_phone_number": bot.shown_number,
        "quality_rating": bot.quality,
        "throughput": {"level": bot.throughput},
        "messaging_limit_tier": bot.limit_tier,
        "platform_type": "CLOUD_API" if bot.registered else "NOT_APPLICABLE",
        "status": "CONNECTED" if bot.registered else "PENDING",
    }


def _subscribed(bot: Number) -> list[dict[str, Any]]:
    held = bot.app.subscriptions.get(bot.waba_id)
    data = {"whatsapp_business_api_data": {"id": bot.app.id, "name": "Lab", "link": ""}}
    return [{**data, "override_callback_uri": held.callback_url}] if held else []
