"""What a phone's page shows and does. It waits for news with its last revision in `?seen=`."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from lab.platforms import Phone
from lab.samples import Sample

if TYPE_CHECKING:
    from lab.running import Lab

PATIENCE = 20.0  # seconds for which a page waits for news
_Act = Callable[[Any, dict[str, Any]], Any]

_ACTS: dict[str, _Act] = {
    "start": lambda phone, told: phone.start(str(told.get("payload", ""))),
    "write": lambda phone, told: phone.writes(str(told["text"])),
    "press": lambda phone, told: phone.presses(str(told["label"]), told.get("message")),
    "location": lambda phone, _told: phone.location(),
    "voice": lambda phone, _told: phone.voice(),
    "share_phone": lambda phone, _told: phone.shares_phone(),
    "read": lambda phone, _told: phone.reads(),
    "edit": lambda phone, told: phone.edits(int(told["message"]), str(told["text"])),
    "delete": lambda phone, told: phone.deletes(int(told["message"])),
    "block": lambda phone, _told: phone.blocks(),
    "unblock": lambda phone, _told: phone.unblocks(),
}


def routes(lab: "Lab") -> list[web.AbstractRouteDef]:
    """Return where a phone's page asks."""
    desk = _Phones(lab)
    return [
        web.get("/api/phone/{platform}/{bot}/{person}", desk.state),
        web.post("/api/phone/{platform}/{bot}/{person}/files", desk.send_files),
        web.post("/api/phone/{platform}/{bot}/{person}/{act}", desk.act),
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
        if (typing := getattr(getattr(phone, "chat", None), "typing_until", 0) - time.monotonic()) > 0:
            patience = min(patience, typing + 0.05)
        watched = phone.ground.watched
        revision = await watched.after(name, int(seen), patience) if seen.isdigit() else watched.revision(name)
        return web.json_response({"revision": revision, **phone.screen()})

    async def act(self, request: web.Request) -> web.Response:
        """Do what the person does."""
        phone, act = self._phone(request), _ACTS.get(request.match_info["act"])
        if act is None:
            raise web.HTTPNotFound
        try:
            told = await request.json() if request.can_read_body else {}
            done = act(phone, told)
        except (AttributeError, KeyError, TypeError, ValueError, LookupError, PermissionError) as error:
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
            if len(given) > 1 and not hasattr(phone, "album"):
                for one in given:
                    phone.sends(_kind(one, one.content_type.startswith("image/")), one, caption)
            elif len(given) > 1:
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
        platform = self.lab.platforms.get(request.match_info["platform"])
        bot = platform.bot(request.match_info["bot"]) if platform else None
        person = self.lab.people.find(request.match_info["person"])
        if bot is None or person is None:
            raise web.HTTPNotFound
        phone: Phone = bot.phone(person)
        return phone


def _kind(given: Sample, photo: bool) -> str:
    if photo:
        return "photo"
    family = given.content_type.partition("/")[0]
    return family if family in ("video", "audio") else "document"
