"""Files that a fake MAX holds: what bots bring up, and what people send."""

import io
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from PIL import Image, UnidentifiedImageError

from lab.platforms.max.refusals import RefusalError, bad, not_ready

KEPT = 256 * 1024 * 1024
MB = 1024 * 1024
LIMITS = {"image": 50 * MB, "video": 250 * MB, "audio": 256 * MB, "file": 4096 * MB}
SIDE = 7680
_FORMS = ("JPEG", "PNG", "GIF", "TIFF", "BMP", "HEIF")


@dataclass(slots=True)
class Stored:
    """One file. `digesting` is how often a message with it is still refused."""

    id: int
    kind: str  # image | video | audio | file | sticker
    owner: int
    name: str
    content_type: str
    data: bytes
    token: str
    digesting: int = 0

    @property
    def path(self) -> str:
        """Where its bytes lie."""
        return f"/max/files/{self.id}/{self.token}"


@dataclass(slots=True)
class Way:
    """An address that takes one file. `token` is the file's, told beforehand."""

    owner: int
    kind: str
    token: str
    digesting: int
    used: bool = False


class Files:
    """All files of the lab's MAX; the oldest are forgotten when there are too many."""

    def __init__(self) -> None:
        self.by_id: OrderedDict[int, Stored] = OrderedDict()
        self.by_token: dict[str, Stored] = {}
        self.ways: dict[str, Way] = {}
        self._size = 0

    def open_way(self, owner: int, kind: str, digesting: int) -> tuple[str, Way]:
        """Return the path of an upload server that takes one file of this kind."""
        name = secrets.token_urlsafe(16)
        way = self.ways[name] = Way(owner, kind, _token(kind), digesting)
        return f"/max/upload/{name}", way

    def put(self, name: str, filename: str, content_type: str, data: bytes) -> Stored:
        """Take a file at an upload server."""
        way = self.ways.get(name)
        if way is None or way.used:
            raise RefusalError(403, "upload.denied", "The address was used, or never given")
        if not data or len(data) > LIMITS[way.kind]:
            raise RefusalError(413 if data else 400, "upload.size", "Wrong size")
        if way.kind == "image" and not _is_image(data):
            raise bad("IMAGE_INVALID_FORMAT")
        way.used = True
        return self._keep(Stored(0, way.kind, way.owner, filename, content_type, data, way.token, way.digesting))

    def add(self, kind: str, owner: int, name: str, content_type: str, data: bytes) -> Stored:
        """Hold a file that a person sends."""
        return self._keep(Stored(0, kind, owner, name, content_type, data, _token(kind)))

    def held(self, kind: str, owner: int, token: Any) -> Stored:
        """Return the file that a bot calls so: tokens are good for the bot alone that has them."""
        stored = self.by_token.get(token) if isinstance(token, str) else None
        if stored is None or (stored.kind, stored.owner) != (kind, owner):
            raise bad("Invalid token")
        if stored.digesting:
            stored.digesting -= 1
            raise not_ready()
        return stored

    def _keep(self, stored: Stored) -> Stored:
        stored.id = max(self.by_id, default=0) + 1
        self.by_id[stored.id] = self.by_token[stored.token] = stored
        self._size += len(stored.data)
        while self._size > KEPT and len(self.by_id) > 1:
            _, old = self.by_id.popitem(last=False)
            self.by_token.pop(old.token, None)
            self._size -= len(old.data)
        return stored


def described(url: str, stored: Stored) -> dict[str, Any]:
    """Return the file as a message tells it; `url` is the lab's."""
    payload: dict[str, Any] = {"url": f"{url}{stored.path}", "token": stored.token}
    told: dict[str, Any] = {"type": stored.kind, "payload": payload}
    match stored.kind:
        case "image":
            payload["photo_id"] = stored.id
        case "video":
            told |= {"thumbnail": None, "width": 640, "height": 360, "duration": 1}
        case "audio":
            told["transcription"] = None
        case "file":
            told |= {"filename": stored.name, "size": len(stored.data)}
        case "sticker":
            payload["code"] = payload.pop("token")
            told |= {"width": 512, "height": 512}
    return told


def _is_image(data: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.format in _FORMS and max(image.size) <= SIDE
    except (UnidentifiedImageError, OSError):
        return False


def _token(kind: str) -> str:
    return secrets.token_urlsafe(48) + ("+/" if kind == "image" else "")
