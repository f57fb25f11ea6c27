"""Files at the moment they come in: what they are, what is refused in words, pictures made fit for messengers."""

import socket
import struct
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from random import Random
from typing import Any

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from builders import a_channel, a_user
from messengers import fetching, media
from messengers.content import AttachmentKind
from messengers.media_kinds import MediaRefusedError, sniff
from messengers.models import Media
from messengers.updates import RemoteFile
from workspaces.models import Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _inside(workspace: Workspace) -> Iterator[None]:
    with tenant(workspace):
        yield


def picture(size: tuple[int, int] = (40, 30), kind: str = "PNG", mode: str = "RGB", **how: Any) -> bytes:
    out = BytesIO()
    Image.new(mode, size, "red").save(out, kind, **how)
    return out.getvalue()


def noise(side: int, kind: str) -> bytes:
    out = BytesIO()
    Image.frombytes("RGB", (side, side), Random(1).randbytes(side * side * 3)).save(out, kind, compress_level=1)
    return out.getvalue()


def archive(*names: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return out.getvalue()


def stored(content: bytes, name: str = "file") -> Media:
    return media.store(ContentFile(content, name=name))


def opened(row: Media) -> Image.Image:
    return Image.open(BytesIO(media.read_file(row.workspace_id, row.pk)))


@pytest.mark.parametrize(
    ("content", "name", "content_type"),
    [
        (picture(), "cat.txt", "image/png"),
        (b"%PDF-1.7", "x", "application/pdf"),
        (b"\0\0\0 ftypisom", "a.jpg", "video/mp4"),
        (b"\0\0\0 ftypM4A ", "", "audio/mp4"),
        (b"\x1aE\xdf\xa3", "", "video/webm"),
        (b"#!AMR\n", "", "audio/amr"),
        (b"fLaC", "", "audio/flac"),
        (archive("a.txt"), "b.docx", "application/zip"),
        (
            archive("[Content_Types].xml", "xl/workbook.xml"),
            "price.zip",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (b"a;b", "price.csv", "text/csv"),
        (b"<html>", "page.html", "application/octet-stream"),
        (b"a\0b", "notes.txt", "application/octet-stream"),
    ],
)
def test_a_file_is_what_its_content_says(content: bytes, name: str, content_type: str) -> None:
    assert sniff(content, name) == content_type


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"MZ\x90", "holiday.jpg", "file_refused"),
        (b"\x7fELF", "notes.txt", "file_refused"),
        (b"\xcf\xfa\xed\xfe", "a.pdf", "file_refused"),
        (b"#!/bin/sh", "a", "file_refused"),
        (archive("AndroidManifest.xml", "classes.dex"), "game.zip", "file_refused"),
        (archive("META-INF/MANIFEST.MF"), "tool.zip", "file_refused"),
        (b"words", "run.bat", "file_refused"),
        (b"", "a.txt", "empty_file"),
        (picture()[:-30], "a.png", "broken_image"),
        (picture((7100, 7100), mode="1"), "a.png", "image_too_large"),
    ],
)
def test_what_is_not_taken_is_said_in_words(content: bytes, name: str, code: str) -> None:
    with pytest.raises(MediaRefusedError) as refused:
        stored(content, name)

    assert refused.value.code == code
    assert refused.value.text
    assert not Media.objects.exists()


def test_a_photograph_is_turned_and_tells_nothing_of_its_maker() -> None:
    notes = Image.Exif()
    notes[0x0112], notes[0x010F] = 6, "Camera"
    row = stored(picture((40, 30), "JPEG", exif=notes, comment=b"me", xmp=b"<x:xmpmeta/>"), "me.jpg")

    with opened(row) as image:
        assert image.size == (row.width, row.height) == (30, 40)
        assert not image.getexif()
        assert {"comment", "xmp"}.isdisjoint(image.info)


def test_a_picture_without_notes_stays_as_it_is() -> None:
    content = picture()
    row = stored(content)
    assert media.read_file(row.workspace_id, row.pk) == content


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("WEBP", "RGBA"), ("PNG", "P")])
def test_a_large_picture_becomes_what_messengers_take(kind: str, mode: str) -> None:
    row = stored(picture((4000, 2000), kind, mode))

    with opened(row) as image:
        assert image.size == (2560, 1280)
        assert image.format == kind


def test_a_heavy_picture_becomes_light_enough_and_its_name_follows() -> None:
    row = stored(noise(1400, "PNG"), "holiday.png")

    assert row.size <= 5 * 1024 * 1024
    assert (row.content_type, row.name) == ("image/jpeg", "holiday.jpg")


def test_a_moving_picture_goes_on_moving() -> None:
    frames = [Image.new("RGB", (3000, 20), colour) for colour in ("red", "blue")]
    out = BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    row = stored(out.getvalue(), "wave.gif")

    with opened(row) as image:
        assert image.n_frames == 2
    assert row.kind == "document"  # no messenger shows a photograph that is so long and thin
    assert row.thumbnail.name


def test_a_photograph_of_odd_proportions_travels_as_a_document() -> None:
    assert stored(picture((1000, 40)), "strip.png").kind == "document"
    assert stored(picture((800, 40)), "strip.png").kind == "image"


def test_a_thumbnail_is_small(workspace: Workspace) -> None:
    row = stored(picture((900, 600)))
    with Image.open(row.thumbnail) as image:
        assert (image.format, image.size) == ("WEBP", (320, 213))


def test_what_a_member_uploads_stands_in_the_library_and_what_a_visitor_sends_does_not() -> None:
    assert not stored(picture()).in_library
    assert media.store(ContentFile(picture(), name="a.png"), a_user()).in_library


@contextmanager
def a_scanner(verdict: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A clamd that says the same of everything; what it was handed is listed."""
    heard: list[bytes] = []
    door = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        line, _ = door.accept()
        with line, line.makefile("rb") as given:
            assert given.read(10) == b"zINSTREAM\0"
            content = b""
            while length := struct.unpack(">I", given.read(4))[0]:
                content += given.read(length)
            heard.append(content)
            line.sendall(verdict)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"tcp://127.0.0.1:{door.getsockname()[1]}", heard
    door.close()
    thread.join(5)


def test_a_scanned_file_is_stored(settings: Any) -> None:
    content = b"x" * 200_000
    with a_scanner(b"stream: OK\0") as (settings.CLAMD, heard):
        assert stored(content, "a.bin").pk
    assert heard == [content]


def test_an_infected_file_is_refused_in_words_and_logged(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    with (
        a_scanner(b"stream: Eicar-Signature FOUND\0") as (settings.CLAMD, _),
        pytest.raises(MediaRefusedError) as refused,
    ):
        stored(b"words", "letter.txt")

    assert refused.value.code == "infected"
    assert "Eicar-Signature" in refused.value.text
    assert "letter.txt" in caplog.text
    assert not Media.objects.exists()


@pytest.mark.parametrize("verdict", [b"INSTREAM size limit exceeded. ERROR\0", b""])
def test_a_scanner_that_gives_no_verdict_lets_nothing_in(settings: Any, verdict: bytes) -> None:
    with a_scanner(verdict) as (settings.CLAMD, _), pytest.raises(MediaRefusedError) as refused:
        stored(b"words", "letter.txt")
    assert refused.value.code == "scanner_away"


def test_without_the_scanner_nothing_is_taken(settings: Any) -> None:
    settings.CLAMD = "tcp://127.0.0.1:1"
    with pytest.raises(MediaRefusedError) as refused:
        stored(b"words", "letter.txt")
    assert refused.value.code == "scanner_away"


def test_what_a_messenger_holds_is_fetched_later_while_the_scanner_is_away(
    workspace: Workspace, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = media.expect(a_channel("telegram"), [RemoteFile(ref="r", kind=AttachmentKind.DOCUMENT, name="a.txt")])
    monkeypatch.setattr(fetching, "_fetched", lambda *_: b"words")

    settings.CLAMD = "tcp://127.0.0.1:1"
    fetching.fetch(row.pk, workspace_id=workspace.pk)
    row.refresh_from_db()
    assert (row.state, row.problem) == ("remote", "scanner_away")
    assert row.due_at is not None

    settings.CLAMD = ""
    fetching.fetch(row.pk, workspace_id=workspace.pk)
    row.refresh_from_db()
    assert row.state == "stored"
