"""The signed addresses by which files are read, by people's browsers and by messengers that fetch for themselves.

Called by whatever shows or sends a file, through `media`. An address is good for one to two days.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from mimetypes import guess_extension, guess_type
from pathlib import PurePosixPath

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from messengers.content import Attachment
from messengers.models import Media
from workspaces.scope import current_workspace_id

# The one ending by which messengers that look at addresses know a type.
SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "video/quicktime": ".mov",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/wav": ".wav",
    "application/pdf": ".pdf",
}
_SALT = "messengers.media"


class BadAddressError(Exception):
    """A file's address that we did not make, or whose time is over (`expired`)."""

    def __init__(self, *, expired: bool = False) -> None:
        """Keep whether it was good once."""
        super().__init__()
        self.expired = expired


class Part(StrEnum):
    """What of a file is read."""

    WHOLE = ""
    THUMBNAIL = "thumbnail"
    POSTER = "poster"


@dataclass(frozen=True, slots=True)
class MediaAddress:
    """What a signed address leads to."""

    workspace_id: int
    media_id: int
    part: Part = Part.WHOLE


def signed_url(file: Media | Attachment, *, now: datetime | None = None) -> str:
    """Return the whole address of a file of the workspace in scope, for messengers and other sites.

    It ends in a plain name with the file's true ending: some messengers know a file's type by that alone.
    """
    path = reverse("media_named", args=[_word(_number(file), now), plain_name(file.name, file.content_type)])
    return f"{settings.BASE_URL}{path}"


def signed_path(media: Media | int, part: Part = Part.WHOLE, *, now: datetime | None = None) -> str:
    """Return the address of a file on our own pages, by whatever name they were opened.

    It is the same all day long, which lets browsers keep the file.
    """
    return reverse("media", args=[_word(media if isinstance(media, int) else media.pk, now, part)])


def read_address(word: str, now: datetime) -> MediaAddress:
    """Return what a signed address leads to, or raise BadAddressError."""
    try:
        numbers, _, part = Signer(salt=_SALT, sep=".").unsign(word).partition("_")
        workspace_id, media_id, expires = map(int, numbers.split("-"))
        address = MediaAddress(workspace_id, media_id, Part(part))
    except (BadSignature, ValueError) as error:
        raise BadAddressError from error
    if expires <= now.timestamp():
        raise BadAddressError(expired=True)
    return address


def plain_name(name: str, content_type: str) -> str:
    """Return a name of a few Latin letters whose ending tells the type: `Прайс 2026.PDF` becomes `2026.pdf`."""
    stem = slugify(PurePosixPath(name).stem)[:60] or "file"
    return stem + true_suffix(name, content_type)


def true_suffix(name: str, content_type: str) -> str:
    """Return the ending that belongs to the content; the name's own where the content does not tell."""
    if content_type in SUFFIXES:
        return SUFFIXES[content_type]
    own = PurePosixPath(name).suffix.lower()
    if own.isascii() and own[1:].isalnum() and len(own) <= 9 and (guess_type(f"a{own}")[0] or "") not in SUFFIXES:
        return own
    return guess_extension(content_type) or ".bin"


def _number(file: Media | Attachment) -> int:
    return file.media if isinstance(file, Attachment) else file.pk


def _word(media_id: int, now: datetime | None, part: Part = Part.WHOLE) -> str:
    day = (now or timezone.now()).astimezone(timezone.get_default_timezone()).replace(hour=0, minute=0, second=0)
    expires = int((day + timedelta(days=2)).timestamp())
    named = f"{current_workspace_id()}-{media_id}-{expires}" + (f"_{part.value}" if part else "")
    return Signer(salt=_SALT, sep=".").sign(named)
