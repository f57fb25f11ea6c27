"""Files that a fake Telegram holds: uploaded by bots and by people. A file_id is good for one bot alone."""

import base64
import binascii
import hashlib
import io
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, UnidentifiedImageError

from lab.platforms.telegram.refusals import bad_request

KEPT = 512 * 1024 * 1024
DOWNLOAD_LIMIT = 20 * 1024 * 1024
_MB = 1024 * 1024
UPLOAD_LIMITS = {"photo": 10 * _MB}
UPLOAD_LIMIT = 50 * _MB
_FOLDERS = {"photo": "photos", "video": "videos", "audio": "music", "voice": "voice", "document": "documents"}
_MARKS = ("photo", "video", "audio", "voice", "document", "animation", "video_note", "sticker", "thumbnail")


@dataclass(slots=True)
class Stored:
    """One file. Equal bytes are held once."""

    number: int
    kind: str
    name: str
    content_type: str
    data: bytes
    width: int = 0
    height: int = 0
    duration: int = 0
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where the file is fetched from."""
        ending = self.name.rpartition(".")[2] if "." in self.name else self.content_type.rpartition("/")[2] or "bin"
        return f"{_FOLDERS.get(self.kind, 'documents')}/file_{self.number}.{ending}"

    @property
    def unique_id(self) -> str:
        """What every bot calls it."""
        return "AQAD" + base64.urlsafe_b64encode(hashlib.sha1(self.data).digest()[:9]).decode().rstrip("=")


class Files:
    """All files; the oldest are forgotten when there are too many."""

    def __init__(self) -> None:
        self.by_number: OrderedDict[int, Stored] = OrderedDict()
        self._known: dict[tuple[str, str, bytes], int] = {}
        self._size = 0
        self.next_number = 1

    def add(self, kind: str, name: str, content_type: str, data: bytes, **facts: Any) -> Stored:
        """Hold a file; refuse what Telegram would not hold."""
        if len(data) > UPLOAD_LIMITS.get(kind, UPLOAD_LIMIT):
            raise bad_request(f"file is too big for {'a photo' if kind == 'photo' else kind}")
        if not data:
            raise bad_request("file must be non-empty")
        mark = (kind, name, hashlib.sha1(data).digest())
        if (known := self.by_number.get(self._known.get(mark, 0))) is not None:
            return known
        width, height = _dimensions(kind, data)
        stored = Stored(self.next_number, kind, name, content_type, data, width, height, facts=facts)
        self.next_number += 1
        self.by_number[stored.number] = stored
        self._known[mark] = stored.number
        self._size += len(data)
        while self._size > KEPT and len(self.by_number) > 1:
            self._size -= len(self.by_number.popitem(last=False)[1].data)
        return stored

    def named(self, bot: int, file_id: str) -> Stored:
        """Return the file that this bot calls so."""
        try:
            told = base64.urlsafe_b64decode(file_id + "=" * (-len(file_id) % 4)).decode()
            mark, owner, kind, number = told.split(":")
        except (binascii.Error, ValueError):
            raise bad_request("wrong file identifier/HTTP URL specified") from None
        stored = self.by_number.get(int(number)) if (mark, owner) == ("lab", str(bot)) else None
        if stored is None or kind not in _MARKS:
            raise bad_request("wrong file identifier/HTTP URL specified")
        return stored

    def at(self, path: str) -> Stored | None:
        """Return the file that is fetched from this path."""
        number = path.rpartition("file_")[2].partition(".")[0]
        stored = self.by_number.get(int(number)) if number.isdigit() else None
        return stored if stored is not None and stored.path == path else None


def file_id(bot: int, stored: Stored) -> str:
    """Return what this bot calls the file."""
    return base64.urlsafe_b64encode(f"lab:{bot}:{stored.kind}:{stored.number}".encode()).decode().rstrip("=")


def described(bot: int, stored: Stored, *, kind: str = "") -> dict[str, Any] | list[dict[str, Any]]:
    """Return the file as a message tells it; `kind` is the field of the message."""
    kind = kind or stored.kind
    told: dict[str, Any] = {
        "file_id": file_id(bot, stored),
        "file_unique_id": stored.unique_id,
        "file_size": len(stored.data),
    }
    if kind == "photo":
        scale = min(1.0, 90 / max(stored.width, stored.height, 1))
        small = {**told, "width": max(1, int(stored.width * scale)), "height": max(1, int(stored.height * scale))}
        return [small, {**told, "width": stored.width, "height": stored.height}]
    if kind in ("video", "animation", "sticker"):
        told |= {"width": stored.width or 640, "height": stored.height or 360}
    if kind in ("video", "animation", "audio", "voice", "video_note"):
        told["duration"] = stored.duration or 1
    if kind == "video_note":
        told["length"] = 240
    if kind == "sticker":
        told |= {"type": "regular", "is_animated": False, "is_video": False}
    if kind in ("video", "animation", "audio", "document") and stored.name:
        told["file_name"] = stored.name
    if kind not in ("video_note", "sticker"):
        told["mime_type"] = stored.content_type
    return told | {name: value for name, value in stored.facts.items() if name in ("title", "performer")}


def _dimensions(kind: str, data: bytes) -> tuple[int, int]:
    if kind != "photo":
        return 0, 0
    try:
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
    except (UnidentifiedImageError, OSError):
        raise bad_request("IMAGE_PROCESS_FAILED") from None
    if width + height > 10_000 or max(width, height) > 20 * min(width, height):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return width, height
