"""The library of a workspace: files that members uploaded once and send again. Called by its pages, in `tenant()`.

A file that something still needs stays. One that was sent leaves the library alone: conversations go on showing it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext

from messengers import media
from messengers.content import AttachmentKind
from messengers.media_films import can_read
from messengers.media_kinds import is_voice
from messengers.media_storage import files
from messengers.models import Batch, Identity, Media, Message, MessengerFile, Variant
from messengers.statuses import Status
from workspaces import audit
from workspaces.models import User

PAGE = 48
KINDS = tuple(kind.value for kind in AttachmentKind)
NAME_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Holder:
    """Something that names a file. While it is `needed`, the file stays in the library."""

    title: str
    needed: bool


class NeededError(Exception):
    """The file cannot go yet: `holders` say what needs it, in words."""

    def __init__(self, holders: list[str]) -> None:
        """Keep them."""
        super().__init__(", ".join(holders))
        self.holders = holders


@dataclass(frozen=True, slots=True)
class Shelf:
    """A page of the library, the newest first; `before` asks for the next one, None at the end."""

    rows: list[Media] = field(default_factory=list)
    before: int | None = None


_holders: list[Callable[[int], Iterable[Holder]]] = []


def ask_for_holders(asked: Callable[[int], Iterable[Holder]]) -> None:
    """Have another app asked what of its own names a file, before the file goes."""
    _holders.append(asked)


def find(search: str = "", kind: str = "", before: int | None = None, size: int = PAGE) -> Shelf:
    """Return a page of the library; `before` is the last file that the reader has."""
    rows = Media.objects.filter(in_library=True, state=Media.State.STORED).order_by("-id")
    if search.strip():
        rows = rows.filter(name__icontains=search.strip())
    if kind in KINDS:
        rows = rows.filter(kind=kind)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.select_related("uploaded_by")[: size + 1])
    return Shelf(found[:size], found[size - 1].pk if len(found) > size else None)


def count() -> int:
    """Return how many files the library has."""
    return Media.objects.filter(in_library=True, state=Media.State.STORED).count()


def channels_that_have(media_ids: Iterable[int]) -> dict[int, int]:
    """Return in how many channels each file is uploaded already, so that it is sent there without an upload."""
    known = MessengerFile.objects.filter(media_id__in=list(media_ids)).order_by()
    return dict(known.values_list("media_id").annotate(Count("id")))


def rename(file: Media, name: str, user: User) -> Media:
    """Give a file another name; it keeps its ending. ValueError for an empty one."""
    stem = " ".join(name.split())
    if not stem:
        raise ValueError("empty_name")
    locked = Media.objects.select_for_update().get(pk=file.pk)
    before = audit.snapshot(locked, ["name"])
    ending = media.suffix_of(locked.name)
    if not (ending and stem.lower().endswith(ending.lower())):
        stem += ending
    locked.name = f"{stem[: NAME_LENGTH - len(ending)]}{ending}" if len(stem) > NAME_LENGTH else stem
    if changes := audit.changed(before, locked):
        locked.save(update_fields=["name"])
        audit.record(user, "media.renamed", locked, changes)
    return locked


def remove(file: Media, user: User, *, now: datetime | None = None) -> None:
    """Take a file out of the library; NeededError while something that is still to be sent names it."""
    locked = Media.objects.select_for_update().get(pk=file.pk)
    if needed := [holder.title for holder in holders(locked.pk) if holder.needed]:
        raise NeededError(needed)
    locked.in_library, locked.stage, locked.stage_due_at = False, Media.Stage.LEAVING, now or timezone.now()
    locked.tries = 0
    locked.save(update_fields=["in_library", "stage", "stage_due_at", "tries"])
    audit.record(user, "media.deleted", locked, {"name": (locked.name, None)})


def forget(media_id: int) -> None:
    """Delete a file that has left the library, unless something still tells of it: then it stays for that alone."""
    leaving = Media.objects.select_for_update().filter(pk=media_id, stage=Media.Stage.LEAVING).first()
    if leaving is None:
        return
    if any(True for _ in holders(media_id)) or _is_told_of(media_id):
        leaving.stage, leaving.stage_due_at = Media.Stage.READY, None
        leaving.save(update_fields=["stage", "stage_due_at"])
    else:
        media.delete(leaving)


def make_voice(file: Media, user: User, *, now: datetime | None = None) -> None:
    """Let a sound travel as a voice message from now on; ValueError for what is no sound."""
    locked = Media.objects.select_for_update().get(pk=file.pk)
    if locked.kind != AttachmentKind.AUDIO or not can_read(locked.content_type):
        raise ValueError("not_a_sound")
    locked.kind = AttachmentKind.VOICE.value
    if not is_voice(b"".join(files().pieces(str(locked.file.name), 0, min(256, locked.size)))):
        locked.stage, locked.stage_due_at, locked.tries = Media.Stage.PROCESSING, now or timezone.now(), 0
    locked.save(update_fields=["kind", "stage", "stage_due_at", "tries"])
    MessengerFile.objects.filter(media=locked).delete()  # the messengers have it as something else
    audit.record(user, "media.made_voice", locked)


def holders(media_id: int) -> Iterator[Holder]:
    """Return what names a file and is still to come, and what other apps keep of it."""
    waiting = Message.objects.filter(status__in=[Status.QUEUED, Status.SENDING]).filter(_names(media_id))
    unfinished = Variant.objects.exclude(batch__state=Batch.State.FINISHED).exclude(batch__state=Batch.State.STOPPED)
    if waiting.exists() or unfinished.filter(_names(media_id)).exists():
        yield Holder(gettext("messages that wait to be sent"), needed=True)
    for asked in _holders:
        yield from asked(media_id)


def _is_told_of(media_id: int) -> bool:
    """Say whether any conversation shows it. Reads every message of the workspace: for tasks, not for pages."""
    named = _names(media_id)
    return (
        Message.objects.filter(named).exists()
        or Variant.objects.filter(named).exists()
        or Identity.objects.filter(picture_id=media_id).exists()
    )


def _names(media_id: int) -> Q:
    as_file = Q(content__contains={"attachments": [{"media": media_id}]})
    return as_file | Q(content__contains={"cards": [{"image": {"media": media_id}}]})
