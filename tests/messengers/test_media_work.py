"""What is done to files after their upload: posters, lengths, voice messages. With the real ffmpeg."""

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

from builders import a_user
from messengers import media, media_films, media_work
from messengers.content import AttachmentKind, Content
from messengers.media_addresses import Part, signed_path
from messengers.media_kinds import is_voice
from messengers.models import Media
from workspaces.models import Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _inside(workspace: Workspace) -> Iterator[None]:
    with tenant(workspace):
        yield


def made(folder: Path, name: str, *how: str) -> bytes:
    """Have ffmpeg make a file."""
    path = folder / name
    subprocess.run([get_ffmpeg_exe(), "-loglevel", "error", *how, str(path)], check=True, timeout=60)
    return path.read_bytes()


TONE = ("-f", "lavfi", "-i", "sine=duration=2")
FILM = ("-f", "lavfi", "-i", "testsrc=duration=2:size=320x180:rate=5")


def prepared(content: bytes, name: str, *, voice: bool = False) -> Media:
    row = media.store(ContentFile(content, name=name), a_user(), voice=voice)
    assert row.stage == "processing"
    Media.objects.update(stage_due_at=timezone.now() - timedelta(minutes=1))  # this transaction began before it
    assert (row.workspace_id, row.pk) in media_work.due()
    media_work.do(row.pk, workspace_id=row.workspace_id)
    row.refresh_from_db()
    return row


def test_a_film_gets_its_measures_a_poster_and_a_thumbnail(tmp_path: Path) -> None:
    row = prepared(made(tmp_path, "a.mp4", *FILM, "-pix_fmt", "yuv420p"), "clip.mp4")

    assert (row.stage, row.kind, row.seconds, row.width, row.height) == ("ready", "video", 2, 320, 180)
    poster = Client().get(signed_path(row, Part.POSTER))
    assert poster["Content-Type"] == "image/jpeg"
    with Image.open(BytesIO(poster.content)) as image:
        assert image.size == (320, 180)
    assert Client().get(signed_path(row, Part.THUMBNAIL))["Content-Type"] == "image/webp"


def test_what_was_found_out_after_a_message_was_written_leaves_with_it(tmp_path: Path) -> None:
    content = made(tmp_path, "a.mp4", *FILM, "-pix_fmt", "yuv420p")
    written = media.as_attachment(media.store(ContentFile(content, name="clip.mp4"), a_user()))
    Media.objects.filter(pk=written.media).update(seconds=2, width=320, height=180)
    said = Content(attachments=[written, written.model_copy(update={"kind": AttachmentKind.DOCUMENT})])
    film, document = media.measured(said).attachments
    assert (film.seconds, film.width, film.height, film.size) == (2, 320, 180, len(content))
    assert (film.kind, document.kind, document.seconds) == (AttachmentKind.VIDEO, AttachmentKind.DOCUMENT, 2)
    gone = Content(attachments=[written.model_copy(update={"media": 0})])
    assert media.measured(gone) is gone


def test_a_voice_that_was_made_anew_leaves_as_one_and_one_that_could_not_be_does_not(tmp_path: Path) -> None:
    recorded = media.store(ContentFile(made(tmp_path, "a.webm", *TONE, "-c:a", "libopus"), name="a.webm"), voice=True)
    silent = media.store(ContentFile(made(tmp_path, "a.mp4", *FILM), name="a.mp4"), voice=True)
    said = Content(attachments=[media.as_attachment(recorded), media.as_attachment(silent)])
    Media.objects.update(stage_due_at=timezone.now() - timedelta(minutes=1))
    for row in (recorded, silent):
        media_work.do(row.pk, workspace_id=row.workspace_id)
    voice, film = media.measured(said).attachments
    assert (voice.kind, voice.content_type, voice.name) == (AttachmentKind.VOICE, "audio/ogg", "a.ogg")
    assert film.kind == AttachmentKind.DOCUMENT


def test_a_sound_gets_its_length(tmp_path: Path) -> None:
    row = prepared(made(tmp_path, "a.mp3", *TONE), "song.mp3")
    assert (row.stage, row.kind, row.seconds, row.width) == ("ready", "audio", 2, None)


def test_a_recording_without_a_picture_is_a_sound(tmp_path: Path) -> None:
    row = prepared(made(tmp_path, "a.webm", *TONE, "-c:a", "libopus"), "talk.webm")
    assert (row.kind, row.content_type) == ("audio", "audio/webm")


@pytest.mark.parametrize(("name", "codec"), [("a.webm", "libopus"), ("a.m4a", "aac"), ("a.wav", "pcm_s16le")])
def test_a_voice_becomes_what_messengers_play(tmp_path: Path, name: str, codec: str) -> None:
    row = prepared(made(tmp_path, name, *TONE, "-c:a", codec), name, voice=True)

    content = media.read_file(row.workspace_id, row.pk)
    assert (row.kind, row.content_type, row.name, row.seconds) == ("voice", "audio/ogg", "a.ogg", 2)
    assert is_voice(content)
    assert row.size == len(content)


def test_a_voice_that_is_one_already_stays_as_it_is(tmp_path: Path) -> None:
    content = made(tmp_path, "a.ogg", *TONE, "-c:a", "libopus")
    row = media.store(ContentFile(content, name="a.ogg"), voice=True)
    assert (row.stage, row.kind) == ("ready", "voice")


def test_a_damaged_film_stays_as_it_was_uploaded() -> None:
    row = prepared(b"\0\0\0 ftypisom and nothing", "clip.mp4")
    assert (row.stage, row.kind, row.seconds) == ("failed", "video", None)
    assert media.read_file(row.workspace_id, row.pk)


def test_a_silent_voice_travels_as_a_document(tmp_path: Path) -> None:
    row = prepared(made(tmp_path, "a.mp4", *FILM), "a.mp4", voice=True)
    assert (row.stage, row.kind) == ("failed", "document")


def test_what_dies_at_work_is_tried_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    row = media.store(ContentFile(b"ID3 noise", name="a.mp3"), a_user())

    def dies(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(media_films, "measure", dies)
    now = timezone.now()
    for turn in range(3):
        with pytest.raises(MemoryError):
            media_work.do(row.pk, workspace_id=row.workspace_id, now=now + turn * timedelta(minutes=6))
        media_work.do(row.pk, workspace_id=row.workspace_id, now=now + turn * timedelta(minutes=6))  # still in hand
    media_work.do(row.pk, workspace_id=row.workspace_id, now=now + timedelta(hours=1))

    row.refresh_from_db()
    assert row.stage == "failed"


def test_a_list_of_addresses_is_not_followed(tmp_path: Path) -> None:
    playlist = tmp_path / "a.mp4"
    playlist.write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")
    with pytest.raises(media_films.FilmError):
        media_films.measure(playlist, "video/mp4")
