"""What the fake MAX answers to each call of the bot API."""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lab.account import Arrival
from lab.ground import Ground
from lab.platforms.max.bodies import body, parameters
from lab.platforms.max.bots import Bot
from lab.platforms.max.dialogs import Dialog, Standing
from lab.platforms.max.files import LIMITS, Files
from lab.platforms.max.refusals import RefusalError, bad, not_found

KINDS = frozenset(
    {
        *("bot_added", "bot_started", "bot_stopped", "bot_removed", "chat_title_changed", "dialog_cleared"),
        *("dialog_muted", "dialog_unmuted", "dialog_removed", "message_callback", "message_created"),
        *("message_edited", "message_removed", "user_added", "user_removed"),
    }
)
_SECRET = re.compile(r"[a-zA-Z0-9_-]{5,256}")
_DONE = {"success": True}
_ACTIONS = ("typing_on", "sending_photo", "sending_video", "sending_audio", "sending_file", "mark_seen")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a bot. `about` is what stands in the path."""

    ground: Ground
    files: Files
    bot: Bot
    about: str
    query: Mapping[str, str]
    body: Any
    arrival: Arrival

    def knows(self, *names: str) -> None:
        """Refuse parameters that are none of these."""
        parameters(self.query, names)

    def number(self, name: str, least: int, most: int, usual: int) -> int:
        """Return a parameter that is a number."""
        given = self.query.get(name)
        if given is None:
            return usual
        if not given.lstrip("-").isdecimal() or not least <= int(given) <= most:
            raise bad(f"{name}: must be between {least} and {most}")
        return int(given)


async def me(call: Call) -> dict[str, Any]:
    """Tell the bot who it is."""
    return call.bot.told()


async def subscriptions(call: Call) -> dict[str, Any]:
    """Tell where news are posted."""
    return {"subscriptions": [one.told() for one in call.bot.news.subscriptions.values()]}


async def subscribe(call: Call) -> dict[str, Any]:
    """Post news to an address. MAX wants https and port 443; here an address of this machine is as good."""
    given = call.body if isinstance(call.body, dict) else {}
    parameters(given, ("url", "update_types", "secret", "version"))
    url, types, secret = given.get("url"), given.get("update_types") or [], given.get("secret") or ""
    where = urlsplit(url) if isinstance(url, str) else urlsplit("")
    here = where.hostname in ("127.0.0.1", "localhost")
    if (
        call.bot.refuses_addresses
        or not where.hostname
        or not (here or (where.scheme == "https" and where.port in (None, 443)))
    ):
        raise bad("url: must be https on port 443")
    if not isinstance(types, list) or not {*types} <= KINDS:
        raise bad("update_types: unknown")
    if secret and not _SECRET.fullmatch(secret):
        raise bad("secret: must match ^[a-zA-Z0-9_-]{5,256}$")
    call.bot.news.subscribe(str(url), tuple(types), secret)
    return _DONE


async def unsubscribe(call: Call) -> dict[str, Any]:
    """Post there no more."""
    call.knows("url")
    if not call.bot.news.forget(call.query.get("url", "")):
        return {"success": False, "message": "Subscription not found"}
    return _DONE


async def updates(call: Call) -> dict[str, Any]:
    """Hand over news to who fetches them."""
    call.knows("limit", "timeout", "marker", "types")
    if call.bot.news.subscriptions:
        raise RefusalError(405, "method.not.allowed", "Long polling does not work while there is a webhook")
    types = tuple(kind for kind in call.query.get("types", "").split(",") if kind)
    if not {*types} <= KINDS:
        raise bad("types: unknown")
    marker = call.number("marker", 0, 2**63, -1)
    limit, wait = call.number("limit", 1, 1000, 100), call.number("timeout", 0, 90, 30)
    return await call.bot.news.fetch(None if marker < 0 else marker, types, limit, wait)


async def uploads(call: Call) -> dict[str, Any]:
    """Tell where a file is to be brought."""
    call.knows("type")
    kind = call.query.get("type", "")
    if kind not in LIMITS:
        raise bad("type: must be image, video, audio or file")
    path, way = call.files.open_way(call.bot.id, kind, call.bot.digesting)
    told = {"url": f"{call.ground.url}{path}"}
    return told | ({"token": way.token} if kind in ("video", "audio") else {})


async def send(call: Call) -> dict[str, Any]:
    """Bring a message to a person."""
    call.knows("user_id", "chat_id", "disable_link_preview")
    dialog = _dialog(call)
    content = body(call.files, call.ground.url, call.bot.id, call.body)
    dialog.may_write()
    standing = call.bot.say(dialog, content)
    call.arrival.to, call.arrival.text, call.arrival.sent = dialog.person.key, content["text"], True
    return {"message": standing.told}


async def change(call: Call) -> dict[str, Any]:
    """Change what the bot wrote."""
    call.knows("message_id")
    dialog, standing = _ours(call)
    standing.told = {**standing.told, "body": _changed(call, standing, call.body)}
    standing.edited = True
    call.bot.touched(dialog)
    return _DONE


async def remove(call: Call) -> dict[str, Any]:
    """Take back what the bot wrote."""
    call.knows("message_id")
    dialog, standing = _ours(call)
    del dialog.messages[standing.id]
    call.bot.touched(dialog)
    return _DONE


async def look_up(call: Call) -> dict[str, Any]:
    """Tell a message."""
    return call.bot.find(call.about)[1].told


async def answer(call: Call) -> dict[str, Any]:
    """Take what a bot answers to a press."""
    call.knows("callback_id")
    given = call.body if isinstance(call.body, dict) else {}
    parameters(given, ("message", "notification"))
    if not given.get("notification") and given.get("message") is None:
        raise bad("Either message or notification is needed")
    if call.query.get("callback_id", "") not in call.bot.presses:
        raise not_found("callback")
    dialog, standing = call.bot.presses[call.query["callback_id"]]
    if given.get("message") is not None:
        standing.told = {**standing.told, "body": _changed(call, standing, given["message"])}
        standing.edited = True
    dialog.toast = given.get("notification") or ""
    standing.pressed.clear()
    call.bot.touched(dialog)
    return _DONE


async def act(call: Call) -> dict[str, Any]:
    """Show that the bot is about to say something."""
    given = call.body if isinstance(call.body, dict) else {}
    if given.get("action") not in _ACTIONS:
        raise bad("action: unknown")
    dialog = next((one for one in call.bot.dialogs.values() if str(one.number) == call.about), None)
    if dialog is None:
        raise not_found()
    if given["action"] == "typing_on":
        dialog.typing_until = time.monotonic() + 5
        call.bot.touched(dialog)
    return _DONE


async def video(call: Call) -> dict[str, Any]:
    """Tell where a film lies."""
    stored = call.files.by_token.get(call.about)
    if stored is None or stored.kind != "video":
        raise not_found("video")
    url = f"{call.ground.url}{stored.path}"
    told = {"token": stored.token, "width": 640, "height": 360, "duration": 1, "thumbnail": None}
    return {**told, "urls": {"mp4_720": url, "mp4_360": f"{url}?small", "hls": None}}


def _dialog(call: Call) -> Dialog:
    user, chat = call.query.get("user_id", ""), call.query.get("chat_id", "")
    if bool(user) == bool(chat):
        raise bad("Either user_id or chat_id is needed")
    for dialog in call.bot.dialogs.values():
        if user == dialog.person.key or chat == str(dialog.number):
            return dialog
    raise not_found("user" if user else "chat")


def _ours(call: Call) -> tuple[Dialog, Standing]:
    dialog, standing = call.bot.find(call.query.get("message_id", ""))
    if standing.mine:
        raise RefusalError(403, "access.denied", "Not the bot's own message")
    call.arrival.to = dialog.person.key
    return dialog, standing


def _changed(call: Call, standing: Standing, given: Any) -> dict[str, Any]:
    said = standing.said
    kept = {name: said[name] for name in ("text", "attachments", "markup") if name in said}
    return {**said, **body(call.files, call.ground.url, call.bot.id, given, kept)}


ANSWERS: Mapping[str, Callable[[Call], Awaitable[dict[str, Any]]]] = {
    "GET me": me,
    "GET subscriptions": subscriptions,
    "POST subscriptions": subscribe,
    "DELETE subscriptions": unsubscribe,
    "GET updates": updates,
    "POST uploads": uploads,
    "POST messages": send,
    "PUT messages": change,
    "DELETE messages": remove,
    "GET messages/*": look_up,
    "POST answers": answer,
    "POST chats/*/actions": act,
    "GET videos/*": video,
}
