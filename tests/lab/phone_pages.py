"""What a phone's page shows and does. It waits for news with its last revision in `?seen=`."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from lab.platforms.telegram import keyboards
from lab.platforms.telegram.chats import Chat, Standing
from lab.platforms.telegram.phones import KINDS, Phone
from lab.samples import Sample

if TYPE_CHECKING:
    from lab.running import Lab

PATIENCE = 20.0  # seconds for which a page waits for news
_Act = Callable[[Phone, dict[str, Any]], Any]

_ACTS: dict[str, _Act] = {
    "start": lambda phone, told: phone.start(str(told.get("payload", ""))),
    "write": lambda phone, told: phone.writes(str(told["text"])),
    "press": lambda phone, told: phone.presses(str(told["label"]), told.get("message")),
    "location": lambda phone, _told: phone.location(),
    "voice": lambda phone, _told: phone.voice(),
    "share_phone": lambda phone, _told: phone.shares_phone(),
    "edit": lambda phone, told: phone.edits(int(told["message"]), str(told["text"])),
    "delete": lambda phone, told: phone.deletes(int(told["message"])),
    "block": lambda phone, _told: phone.blocks(),
    "unblock": lambda phone, _told: phone.unblocks(),
}


def routes(lab: "Lab") -> list[web.AbstractRouteDef]:
    """Return where a phone's page asks."""
    desk = _Phones(lab)
    return [
        web.get("/api/phone/{bot}/{person}", desk.state),
        web.post("/api/phone/{bot}/{person}/files", desk.send_files),
        web.post("/api/phone/{bot}/{person}/{act}", desk.act),
        web.get("/api/files/{number}", desk.file),
    ]


class _Phones:
    def __init__(self, lab: "Lab") -> None:
        self.lab = lab

    async def state(self, request: web.Request) -> web.Response:
        """Tell the screen as soon as it is newer than the page's."""
        phone = self._phone(request)
        name, seen = f"{phone.bot.username}/{phone.person.id}", request.query.get("seen", "")
        patience = PATIENCE
        if (typing := phone.chat.typing_until - time.monotonic()) > 0:
            patience = min(patience, typing + 0.05)
        watched = phone.ground.watched
        revision = await watched.after(name, int(seen), patience) if seen.isdigit() else watched.revision(name)
        return web.json_response({"revision": revision, **_screen(phone)})

    async def act(self, request: web.Request) -> web.Response:
        """Do what the person does."""
        phone, act = self._phone(request), _ACTS.get(request.match_info["act"])
        if act is None:
            raise web.HTTPNotFound
        try:
            told = await request.json() if request.can_read_body else {}
            done = act(phone, told)
        except (KeyError, TypeError, ValueError, LookupError, PermissionError) as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return web.json_response({"done": done})

    async def send_files(self, request: web.Request) -> web.Response:
        """Send one file, or several as an album."""
        phone = self._phone(request)
        form = await request.post()
        given = [
            Sample(one.filename, one.content_type, one.file.read())
            for one in form.getall("file", [])
            if isinstance(one, web.FileField)
        ]
        caption = str(form.get("caption", ""))
        photos = all(one.content_type in ("image/jpeg", "image/png", "image/webp") for one in given)
        try:
            if len(given) > 1:
                phone.album(*given, caption=caption, kind="photo" if photos else "document")
            elif given:
                phone.sends(_kind(given[0], photos), given[0], caption)
        except Exception as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return web.json_response({})

    async def file(self, request: web.Request) -> web.Response:
        """Hand a file to the page."""
        number = request.match_info["number"]
        stored = self.lab.telegram.files.by_number.get(int(number)) if number.isdigit() else None
        if stored is None:
            raise web.HTTPNotFound
        # Whatever a bot has sent is shown or saved, never run.
        headers = {
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, max-age=3600",
        }
        return web.Response(body=stored.data, content_type=stored.content_type, headers=headers)

    def _phone(self, request: web.Request) -> Phone:
        bot = self.lab.telegram.bot(request.match_info["bot"])
        person = self.lab.people.find(request.match_info["person"])
        if bot is None or person is None:
            raise web.HTTPNotFound
        return bot.phone(person)


def _kind(given: Sample, photo: bool) -> str:
    if photo:
        return "photo"
    family = given.content_type.partition("/")[0]
    return family if family in ("video", "audio") else "document"


def _screen(phone: Phone) -> dict[str, Any]:
    chat, bot = phone.chat, phone.bot
    return {
        "bot": {"name": bot.name, "username": bot.username, "picture": f"/api/files/{bot.picture}"},
        "person": {"name": phone.person.name, "phone": phone.person.phone},
        "started": chat.started,
        "blocked": chat.blocked,
        "typing": chat.typing_until > time.monotonic(),
        "toast": chat.toast,
        "commands": bot.commands,
        "keyboard": _keys(chat),
        "messages": [_told(phone, standing) for standing in chat.messages.values()],
    }


def _keys(chat: Chat) -> dict[str, Any] | None:
    if chat.keyboard is None:
        return None
    rows = [[{"text": keyboards.label(key), "asks": _asks(key)} for key in row] for row in chat.keyboard["keyboard"]]
    return {"rows": rows, "placeholder": chat.keyboard.get("input_field_placeholder", "")}


def _asks(key: dict[str, Any] | str) -> str:
    asked = key if isinstance(key, dict) else {}
    return next((what for what in ("contact", "location") if asked.get(f"request_{what}")), "")


def _told(phone: Phone, standing: Standing) -> dict[str, Any]:
    told = standing.told
    shown: dict[str, Any] = {
        "id": standing.id,
        "mine": standing.mine,
        "at": told["date"],
        "edited": "edit_date" in told,
        "text": told.get("text", told.get("caption", "")),
        "entities": told.get("entities", told.get("caption_entities", [])),
        "album": told.get("media_group_id", ""),
        "buttons": [[_button(standing, one) for one in row] for row in keyboards.shown(told.get("reply_markup"))],
    }
    kind = "animation" if "animation" in told else next((kind for kind in KINDS if kind in told), "")
    if kind:
        shown["file"] = {"kind": kind, **_file(phone, told[kind])}
    for name in ("venue", "location", "contact"):
        if name in told:
            shown[name] = told[name]
    if (answered := told.get("reply_to_message")) is not None:
        shown["answers"] = answered.get("text", answered.get("caption", "…"))
    return shown


def _button(standing: Standing, button: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": button["text"],
        "url": button.get("url", ""),
        "copies": button.get("copy_text", {}).get("text", ""),
        "style": button.get("style", ""),
        "waits": button["text"] in standing.pressed,
    }


def _file(phone: Phone, described: Any) -> dict[str, Any]:
    told = described[-1] if isinstance(described, list) else described
    stored = phone.bot.files.named(phone.bot.id, told["file_id"])
    return {
        "url": f"/api/files/{stored.number}",
        "name": told.get("title") or stored.name,
        "size": len(stored.data),
        "type": stored.content_type,
        "width": told.get("width", 0),
        "height": told.get("height", 0),
        "duration": told.get("duration", 0),
    }
