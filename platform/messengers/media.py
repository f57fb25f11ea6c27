"""Files: what may be stored, what each is, and the signed addresses by which they are read.

Called by the site chat's door and the chat panel. What a file is says its content, never its name.
"""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import gettext
from PIL import Image, ImageOps

from messengers.content import Attachment, AttachmentKind
from messengers.models import Channel, Media
from messengers.updates import RemoteFile
from workspaces.crossings import ids_across_workspaces
from workspaces.models import User
from workspaces.scope import current_workspace_id, tenant

SIZE_LIMIT = 20 * 1024 * 1024
PIXEL_LIMIT = 50_000_000
# Files that run when an agent opens them.
REFUSED_SUFFIXES = (
    *(".exe", ".msi", ".bat", ".cmd", ".com", ".scr", ".pif", ".cpl", ".lnk", ".ps1"),
    *(".vbs", ".js", ".jse", ".wsf", ".hta", ".jar", ".reg", ".apk"),
)
_IMAGES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
# Where in the file, the bytes that stand there, what that makes it.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (8, b"WAVE", "audio/wav"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
)
INLINE = frozenset({*_IMAGES.values(), *(kind for *_, kind in _SIGNATURES if kind.startswith(("audio/", "video/")))})
_SALT = "messengers.media"


class MediaRefusedError(Exception):
    """A file that is not stored. `code` is for programs, the text for the person."""

    def __init__(self, code: str, text: str) -> None:
        """Keep both."""
        super().__init__(text)
        self.code = code
        self.text = text


class FileGoneError(Exception):
    """A file of a message is not here: never fetched, or deleted since."""


class BadAddressError(Exception):
    """A file's address that we did not make, or whose time is over (`expired`)."""

    def __init__(self, *, expired: bool = False) -> None:
        """Keep whether it was good once."""
        super().__init__()
        self.expired = expired


@dataclass(frozen=True, slots=True)
class MediaAddress:
    """What a signed address leads to."""

    workspace_id: int
    media_id: int


def store(file: "File[bytes]", uploaded_by: User | None = None, *, unsent_until: datetime | None = None) -> Media:
    """Store a file that a person sends; MediaRefusedError says in words why not.

    With `unsent_until` it is deleted after that moment, unless `claim` has made it part of a message.
    """
    name = _safe_name(file.name or "")
    _check_size(file.size)
    _check_name(name)
    content = file.read()
    content_type = _sniff(content)
    if content_type in _IMAGES.values():
        content = _clean_image(content)
    media = Media(
        kind=_kind(content_type),
        name=name,
        content_type=content_type,
        size=len(content),
        uploaded_by=uploaded_by,
        unsent_until=unsent_until,
    )
    media.file.save(name, ContentFile(content), save=False)
    media.save()
    return media


def claim(media_id: int) -> Media:
    """Return an upload that becomes part of a message now: it stays. Media.DoesNotExist when it is gone."""
    media = Media.objects.select_for_update().get(pk=media_id)
    if media.unsent_until is not None:
        media.unsent_until = None
        media.save(update_fields=["unsent_until"])
    return media


def expect(channel: Channel, files: Iterable[RemoteFile]) -> list[Media]:
    """Make room for files that a person sent and his messenger holds; `fetching` fills it."""
    return Media.objects.bulk_create(
        Media(
            state=Media.State.REMOTE,
            source=channel,
            source_ref=file.ref,
            kind=file.kind,
            name=_safe_name(file.name) if file.name else file.kind.value,
            content_type=file.content_type[:120],
            size=file.size,
            due_at=timezone.now(),
        )
        for file in files
    )


def keep(media: Media, content: bytes) -> None:
    """Store what was fetched of a file that was expected; MediaRefusedError says why not."""
    _check_size(len(content))
    _check_name(media.name)
    sniffed = _sniff(content)
    if sniffed in _IMAGES.values():
        content = _clean_image(content)
    if sniffed != "application/octet-stream" or media.content_type in INLINE:
        media.content_type = sniffed  # never what somebody said of it, where a browser would show it
    if media.kind == AttachmentKind.IMAGE and not sniffed.startswith("image/"):
        media.kind = _kind(sniffed)
    media.size, media.state, media.due_at, media.problem = len(content), Media.State.STORED, None, ""
    media.file.save(media.name, ContentFile(content), save=False)
    media.save()


def sweep_unsent(now: datetime, limit: int = 1000) -> int:
    """Delete uploads that nobody has sent in time, in whatever workspace; return how many."""
    count = 0
    for workspace_id, media_id in ids_across_workspaces("unsent_files", now, limit):
        with tenant(workspace_id):
            overdue = Media.objects.select_for_update(skip_locked=True).filter(unsent_until__lt=now)
            if media := overdue.filter(pk=media_id).first():
                media.delete()
                transaction.on_commit(partial(default_storage.delete, media.file.name or ""))
                count += 1
    return count


def read_file(workspace_id: int, media_id: int) -> bytes:
    """Return a file's content, for a messenger that wants it uploaded; FileGoneError when there is none."""
    with tenant(workspace_id):
        media = Media.objects.filter(pk=media_id, state=Media.State.STORED).first()
    try:
        if media is None:
            raise FileGoneError(str(media_id))
        with media.file.open("rb") as file:
            content: bytes = file.read()
            return content
    except (OSError, ValueError) as error:
        raise FileGoneError(str(media_id)) from error


def as_attachment(media: Media) -> Attachment:
    """Return the file as a part of a message."""
    return Attachment(
        kind=AttachmentKind(media.kind),
        media=media.pk,
        name=media.name,
        content_type=media.content_type,
        size=media.size,
        state=Media.State(media.state).value,
    )


def signed_url(media: Media | int, *, now: datetime | None = None) -> str:
    """Return the whole address of a file of the workspace in scope, for messengers and other sites."""
    return f"{settings.BASE_URL}{signed_path(media, now=now)}"


def signed_path(media: Media | int, *, now: datetime | None = None) -> str:
    """Return the address of a file on our own pages, by whatever name they were opened: good for one to two days.

    It is the same all day long, which lets browsers keep the file.
    """
    media_id = media if isinstance(media, int) else media.pk
    day = (now or timezone.now()).astimezone(timezone.get_default_timezone()).replace(hour=0, minute=0, second=0)
    expires = int((day + timedelta(days=2)).timestamp())
    word = Signer(salt=_SALT, sep=".").sign(f"{current_workspace_id()}-{media_id}-{expires}")
    return reverse("media", args=[word])


def read_address(word: str, now: datetime) -> MediaAddress:
    """Return what a signed address leads to, or raise BadAddressError."""
    try:
        workspace_id, media_id, expires = map(int, Signer(salt=_SALT, sep=".").unsign(word).split("-"))
    except (BadSignature, ValueError) as error:
        raise BadAddressError from error
    if expires <= now.timestamp():
        raise BadAddressError(expired=True)
    return MediaAddress(workspace_id, media_id)


def erase_files(workspace_id: int, **_kwargs: Any) -> None:
    """Delete every file of a workspace that is no more."""
    shutil.rmtree(default_storage.path(str(workspace_id)), ignore_errors=True)


def _safe_name(name: str) -> str:
    try:
        return get_valid_filename(name.replace("\\", "/").rsplit("/", 1)[-1])[-120:]
    except ValueError:
        return "file"


def _check_size(size: int) -> None:
    if not size:
        raise MediaRefusedError("empty_file", gettext("The file is empty."))
    if size > SIZE_LIMIT:
        raise MediaRefusedError("file_too_large", gettext("The file is larger than 20 MB."))


def _check_name(name: str) -> None:
    if name.lower().endswith(REFUSED_SUFFIXES):
        raise MediaRefusedError("file_refused", gettext("Programs cannot be sent. Put the file into an archive."))


def _sniff(content: bytes) -> str:
    try:
        with Image.open(BytesIO(content), formats=list(_IMAGES)) as image:
            if image.width * image.height > PIXEL_LIMIT:
                raise MediaRefusedError("image_too_large", gettext("The picture has too many pixels."))
            return _IMAGES[image.format or ""]
    except (OSError, SyntaxError, KeyError, ValueError, Image.DecompressionBombError):
        pass
    for offset, mark, content_type in _SIGNATURES:
        if content[offset : offset + len(mark)] == mark:
            return content_type
    return "application/octet-stream"


def _clean_image(content: bytes) -> bytes:
    """Take out of a photograph where and with what it was made, and turn it the way it was held."""
    try:
        with Image.open(BytesIO(content), formats=list(_IMAGES)) as image:
            image.verify()
        with Image.open(BytesIO(content), formats=list(_IMAGES)) as image:
            # A moving picture would stand still afterwards, and cameras make none.
            if not image.getexif() or getattr(image, "is_animated", False):
                return content
            turned = BytesIO()
            how = {"quality": 90} if image.format in {"JPEG", "WEBP"} else {}
            ImageOps.exif_transpose(image).save(turned, image.format, exif=b"", **how)
            return turned.getvalue()
    except (OSError, SyntaxError, ValueError) as error:
        raise MediaRefusedError("broken_image", gettext("The picture is damaged.")) from error


def _kind(content_type: str) -> str:
    kind = content_type.partition("/")[0]
    return kind if kind in {"image", "video", "audio"} else AttachmentKind.DOCUMENT.value
