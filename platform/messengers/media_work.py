"""What is slow about files and done after their upload: posters, lengths, voice messages. `tasks` calls this.

Each work is taken in hand for a while: what dies in it is done again, and after a few times left as it was uploaded.
"""

import logging
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from messengers import media_films, media_library
from messengers.content import AttachmentKind
from messengers.media_addresses import SUFFIXES
from messengers.media_films import Film, FilmError
from messengers.media_storage import files
from messengers.models import Media
from workspaces.crossings import ids_across_workspaces
from workspaces.scope import tenant

logger = logging.getLogger(__name__)

IN_HAND = timedelta(minutes=5)
TRIES = 3


def due(limit: int = 50) -> list[tuple[int, ...]]:
    """Return (workspace id, media id) of files that something is to be done with now."""
    return ids_across_workspaces("unfinished_files", limit)


def do(media_id: int, *, workspace_id: int, now: datetime | None = None) -> None:
    """Do what a file waits for. Repeats do nothing."""
    with tenant(workspace_id):
        file = _taken(media_id, now or timezone.now())
    if file is None:
        return
    if file.stage == Media.Stage.LEAVING:
        with tenant(workspace_id):
            media_library.forget(media_id)
        return
    try:
        made = _made(file)
    except FilmError as error:
        made = None
        logger.info("File %s stays as it was uploaded: %s", media_id, error)
    with tenant(workspace_id):
        _finish(media_id, made)


def _taken(media_id: int, now: datetime) -> Media | None:
    waiting = Media.objects.select_for_update(skip_locked=True).filter(pk=media_id, stage_due_at__lte=now)
    file = waiting.first()
    if file is None:
        return None
    file.tries += 1
    file.stage_due_at = now + IN_HAND
    if file.stage == Media.Stage.PROCESSING and file.tries > TRIES:
        file.stage, file.stage_due_at = Media.Stage.FAILED, None
    file.save(update_fields=["tries", "stage", "stage_due_at"])
    return file if file.stage in {Media.Stage.PROCESSING, Media.Stage.LEAVING} else None


def _made(file: Media) -> tuple[Film, bytes]:
    """Return what was found out, and the content that replaces the old one, if any."""
    with NamedTemporaryFile(prefix="kaskad-media-") as copy:
        for piece in files().pieces(str(file.file.name), 0, file.size):
            copy.write(piece)
        copy.flush()
        path = Path(copy.name)
        if file.kind == AttachmentKind.VOICE:
            content, seconds = media_films.voice(path, file.content_type)
            return Film(seconds), content
        return media_films.measure(path, file.content_type), b""


def _finish(media_id: int, made: tuple[Film, bytes] | None) -> None:
    file = Media.objects.select_for_update().filter(pk=media_id, stage=Media.Stage.PROCESSING).first()
    if file is None:
        return
    file.stage_due_at = None
    if made is None:
        file.stage = Media.Stage.FAILED
        _be_a_sound_again(file)
    else:
        film, content = made
        file.stage = Media.Stage.READY
        _note(file, film)
        if content:
            _replace(file, content)
    file.save()


def _be_a_sound_again(file: Media) -> None:
    """What cannot be made a voice message travels as what it is."""
    if file.kind == AttachmentKind.VOICE:
        file.kind = (
            AttachmentKind.AUDIO.value if file.content_type.startswith("audio/") else AttachmentKind.DOCUMENT.value
        )


def _note(file: Media, film: Film) -> None:
    file.seconds, file.width, file.height = film.seconds, film.width, film.height
    if film.poster:
        file.poster.save("poster", ContentFile(film.poster), save=False)
        file.thumbnail.save("thumbnail", ContentFile(film.thumbnail), save=False)
    elif file.kind == AttachmentKind.VIDEO:  # a film without a picture is a sound
        file.kind = AttachmentKind.AUDIO.value
        file.content_type = file.content_type.replace("video/", "audio/")


def _replace(file: Media, content: bytes) -> None:
    old = str(file.file.name)
    stem = Path(file.name).stem
    file.name, file.content_type, file.size = f"{stem}{SUFFIXES['audio/ogg']}", "audio/ogg", len(content)
    file.file.save(file.name, ContentFile(content), save=False)
    transaction.on_commit(lambda: default_storage.delete(old))
