"""Files: what is stored, how it is read and let go. Called by whatever takes files in or sends them.

What a file is says its content, never its name (`media_kinds`); it is checked and made fit before it is stored.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.text import get_valid_filename

from messengers import media_films, media_images, media_scan
from messengers.content import Attachment, AttachmentKind, Content
from messengers.media_addresses import SUFFIXES, signed_path, signed_url
from messengers.media_kinds import (
    IMAGES,
    INLINE,
    SIZE_LIMIT,
    UNKNOWN,
    MediaRefusedError,
    check_harmless,
    check_size,
    is_voice,
    kind_of,
    sniff,
)
from messengers.media_storage import files
from messengers.models import Channel, Media
from messengers.updates import RemoteFile
from workspaces.crossings import ids_across_workspaces
from workspaces.models import User
from workspaces.scope import tenant

__all__ = [
    "INLINE",
    "SIZE_LIMIT",
    "FileGoneError",
    "MediaRefusedError",
    "as_attachment",
    "claim",
    "delete",
    "erase_files",
    "expect",
    "keep",
    "read_file",
    "signed_path",
    "signed_url",
    "store",
    "suffix_of",
    "sweep_unsent",
]


class FileGoneError(Exception):
    """A file of a message is not here: never fetched, or deleted since."""


@dataclass(frozen=True, slots=True)
class _Checked:
    """A file that may be stored, and what it is."""

    name: str
    content: bytes
    content_type: str
    kind: str
    picture: media_images.Picture | None


def store(
    file: "File[bytes]",
    uploaded_by: User | None = None,
    *,
    unsent_until: datetime | None = None,
    voice: bool = False,
) -> Media:
    """Store a file that a person sends; MediaRefusedError says in words why not.

    What a member uploads stands in the library. With `unsent_until` it is deleted after that moment, unless `claim` has
    made it part of a message. A `voice` is made into what messengers play as one.
    """
    check_size(file.size)
    checked = _check(_safe_name(file.name or ""), file.read())
    can_be_heard = media_films.can_read(checked.content_type)
    voice = voice and can_be_heard
    media = Media(
        kind=AttachmentKind.VOICE.value if voice else checked.kind,
        name=checked.name,
        content_type=checked.content_type,
        uploaded_by=uploaded_by,
        in_library=uploaded_by is not None,
        unsent_until=unsent_until,
    )
    _put(media, checked)
    if (media.in_library and can_be_heard) or (voice and not is_voice(checked.content)):
        media.stage, media.stage_due_at = Media.Stage.PROCESSING, timezone.now()
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
    check_size(len(content))
    checked = _check(media.name, content)
    if checked.content_type != UNKNOWN or media.content_type in INLINE:
        media.content_type = checked.content_type  # never what somebody said of it, where a browser would show it
    if media.kind == AttachmentKind.IMAGE:
        media.kind = checked.kind
    media.name, media.state, media.due_at, media.problem = checked.name, Media.State.STORED, None, ""
    _put(media, checked)
    media.save()


def sweep_unsent(now: datetime, limit: int = 1000) -> int:
    """Delete uploads that nobody has sent in time, in whatever workspace; return how many."""
    count = 0
    for workspace_id, media_id in ids_across_workspaces("unsent_files", now, limit):
        with tenant(workspace_id):
            overdue = Media.objects.select_for_update(skip_locked=True).filter(unsent_until__lt=now)
            if media := overdue.filter(pk=media_id).first():
                delete(media)
                count += 1
    return count


def read_file(workspace_id: int, media_id: int) -> bytes:
    """Return a file's content, for a messenger that wants it uploaded; FileGoneError when there is none."""
    with tenant(workspace_id):
        media = Media.objects.filter(pk=media_id, state=Media.State.STORED).first()
    try:
        if media is None:
            raise FileGoneError(str(media_id))
        return b"".join(files().pieces(str(media.file.name), 0, media.size))
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
        seconds=media.seconds or 0,
        width=media.width or 0,
        height=media.height or 0,
        state=Media.State(media.state).value,
    )


def measured(content: Content) -> Content:
    """Return a message whose files are described as they are now: what a file is is found out after its upload.

    Whoever wrote the message chose what a file is to be there; but a voice that could not be made one is none.
    """
    files = [*content.attachments, *(card.image for card in content.cards if card.image)]
    rows = Media.objects.filter(pk__in={file.media for file in files}).values("pk", *_MEASURES) if files else []
    found = {row.pop("pk"): row for row in rows}
    now = {id(file): _as_it_is(file, found[file.media]) for file in files if file.media in found}
    if all(now.get(id(file), file) == file for file in files):
        return content
    cards = [
        card.model_copy(update={"image": now.get(id(card.image), card.image)}) if card.image else card
        for card in content.cards
    ]
    attachments = [now.get(id(file), file) for file in content.attachments]
    return content.model_copy(update={"attachments": attachments, "cards": cards})


_MEASURES = ("kind", "name", "content_type", "size", "seconds", "width", "height")


def _as_it_is(file: Attachment, row: Mapping[str, Any]) -> Attachment:
    told = {name: row[name] for name in ("size", "seconds", "width", "height") if row[name]}
    if row["content_type"] != file.content_type:  # it was made anew, and its name got another ending
        told |= {"content_type": row["content_type"], "name": row["name"]}
    if file.kind == AttachmentKind.VOICE:
        told["kind"] = AttachmentKind(row["kind"])
    return file.model_copy(update=told)


def delete(media: Media) -> None:
    """Delete a row, and after the commit all that lies in the storage for it."""
    stored = [field.name for field in (media.file, media.thumbnail, media.poster) if field.name]
    media.delete()
    for name in stored:
        transaction.on_commit(partial(default_storage.delete, name))


def erase_files(workspace_id: int, **_kwargs: Any) -> None:
    """Delete every file of a workspace that is no more."""
    files().erase(str(workspace_id))


def suffix_of(name: str) -> str:
    """Return the ending of a file's name, with its dot; empty where there is none."""
    return PurePosixPath(name).suffix


def _safe_name(name: str) -> str:
    try:
        return get_valid_filename(name.replace("\\", "/").rsplit("/", 1)[-1])[-120:]
    except ValueError:
        return "file"


def _check(name: str, content: bytes) -> _Checked:
    check_harmless(name, content)
    media_scan.check(name, content)
    content_type = sniff(content, name)
    if content_type not in IMAGES.values():
        return _Checked(name, content, content_type, kind_of(content_type), None)
    picture = media_images.clean(content)
    if picture.content_type != content_type:
        name = f"{PurePosixPath(name).stem}{SUFFIXES[picture.content_type]}"
    kind = AttachmentKind.IMAGE if picture.is_photo else AttachmentKind.DOCUMENT
    return _Checked(name, picture.content, picture.content_type, kind.value, picture)


def _put(media: Media, checked: _Checked) -> None:
    """Put the content into the storage, with its small picture; the row is the caller's to save."""
    media.size = len(checked.content)
    media.file.save(checked.name, ContentFile(checked.content), save=False)
    if checked.picture:
        media.width, media.height = checked.picture.width, checked.picture.height
        media.thumbnail.save("thumbnail", ContentFile(checked.picture.thumbnail), save=False)
