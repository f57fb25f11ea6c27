"""Files that a fake VK holds: what communities put on its upload servers, and what people send."""

import hashlib
import io
import json
import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from PIL import Image, UnidentifiedImageError

from lab.platforms.vk.refusals import invalid

KEPT = 256 * 1024 * 1024
LIMITS = {"photo": 50 * 1024 * 1024, "doc": 200 * 1024 * 1024, "audio_message": 200 * 1024 * 1024}
FORBIDDEN = frozenset({"exe", "mp3", "apk"})
_NAME = re.compile(r"(photo|doc|audio_message|video|audio)(-?\d+)_(\d+)(?:_(\w+))?")


@dataclass(slots=True)
class Stored:
    """One file under its owner's name."""

    kind: str  # photo | doc | audio_message | video | audio
    owner: int
    id: int
    name: str
    content_type: str
    data: bytes
    access_key: str
    width: int = 0
    height: int = 0

    @property
    def path(self) -> str:
        """Where its bytes lie."""
        return f"/vk/files/{self.id}/{self.access_key}"


class Files:
    """All files of the lab's VK; the oldest are forgotten when there are too many."""

    def __init__(self) -> None:
        self.by_id: OrderedDict[int, Stored] = OrderedDict()
        self.waiting: dict[str, tuple[str, str, str, bytes]] = {}  # put on a server, not saved yet
        self.servers: dict[str, tuple[int, str]] = {}  # the way in -> whose, for what
        self._size = 0
        self.next_id = 457_239_001

    def open_server(self, group: int, kind: str) -> str:
        """Return the path of an upload server that takes one kind."""
        way = secrets.token_urlsafe(16)
        self.servers[way] = (group, kind)
        return f"/vk/upload/{way}"

    def put(self, way: str, name: str, content_type: str, data: bytes) -> dict[str, Any]:
        """Take a file at an upload server; return what that answers."""
        if way not in self.servers:
            return {"error": "ERR_UPLOAD_BAD_IMAGE_HASH"}
        _group, kind = self.servers[way]
        ending = name.rpartition(".")[2].lower() if "." in name else ""
        if kind == "photo":
            if not _size_of(data) or len(data) > LIMITS[kind]:
                return {"server": 1, "photo": "[]", "hash": ""}
        elif ending in FORBIDDEN or not data or (kind == "audio_message" and not data.startswith(b"OggS")):
            return {"error": "no extension found" if not ending else "unsupported file type"}
        token = hashlib.sha256(data + way.encode()).hexdigest()[:24]
        self.waiting[token] = (kind, name, content_type, data)
        if kind == "photo":
            return {"server": 1, "photo": json.dumps([{"photo": token}]), "hash": token[:8]}
        return {"file": token}

    def save(self, token: str, owner: int, kinds: tuple[str, ...]) -> Stored:
        """Keep what was put on a server."""
        if token not in self.waiting or self.waiting[token][0] not in kinds:
            raise invalid("file is invalid")
        kind, name, content_type, data = self.waiting.pop(token)
        return self.add(kind, owner, name, content_type, data)

    def add(self, kind: str, owner: int, name: str, content_type: str, data: bytes) -> Stored:
        """Hold a file."""
        width, height = _size_of(data) or (0, 0)
        stored = Stored(kind, owner, self.next_id, name, content_type, data, secrets.token_hex(9), width, height)
        self.next_id += 1
        self.by_id[stored.id] = stored
        self._size += len(data)
        while self._size > KEPT and len(self.by_id) > 1:
            self._size -= len(self.by_id.popitem(last=False)[1].data)
        return stored

    def named(self, name: str) -> Stored:
        """Return the file that a message calls so. Who does not own it must know its key."""
        found = _NAME.fullmatch(name)
        stored = self.by_id.get(int(found.group(3))) if found else None
        if found is None or stored is None or (stored.kind, str(stored.owner)) != (found.group(1), found.group(2)):
            raise invalid("attachment is invalid")
        if found.group(4) not in (None, stored.access_key):
            raise invalid("attachment is invalid")
        return stored

    def photo_of(self, name: str) -> Stored:
        """Return the picture of a card: its owner and number alone."""
        return self.named(f"photo{name}")


def described(url: str, stored: Stored) -> dict[str, Any]:
    """Return the file as a message tells it; `url` is the lab's."""
    address = f"{url}{stored.path}"
    told: dict[str, Any] = {"id": stored.id, "owner_id": stored.owner, "access_key": stored.access_key}
    match stored.kind:
        case "photo":
            small = {"type": "s", "url": f"{address}?size=s", "width": 75, "height": 75}
            large = {"type": "x", "url": address, "width": stored.width, "height": stored.height}
            told |= {"album_id": -3, "date": 0, "sizes": [small, large], "text": ""}
        case "doc":
            ending = stored.name.rpartition(".")[2] if "." in stored.name else ""
            page = f"{url}/vk/doc{stored.owner}_{stored.id}?hash={stored.access_key}"
            told |= {"title": stored.name, "size": len(stored.data), "ext": ending, "date": 0, "type": 1, "url": page}
        case "audio_message":
            told |= {"duration": 2, "waveform": [1, 2, 3], "link_ogg": address, "link_mp3": f"{address}.mp3"}
        case "video":
            told |= {"title": stored.name, "duration": 1}  # VK gives nobody its bytes
        case "audio":
            told |= {"artist": "Lab", "title": stored.name, "duration": 1, "url": ""}
    return {"type": stored.kind, stored.kind: told}


def _size_of(data: bytes) -> tuple[int, int] | None:
    try:
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
    except (UnidentifiedImageError, OSError):
        return None
    if image.format not in ("JPEG", "PNG", "GIF") or width + height > 14_000:
        return None
    return (width, height) if max(width, height) <= 20 * min(width, height) else None
