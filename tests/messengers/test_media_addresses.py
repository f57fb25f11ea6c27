"""Addresses of files that messengers fetch: some know a file's type by the address's ending alone."""

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from messengers import media
from messengers.content import Attachment
from messengers.media_addresses import plain_name
from workspaces.models import Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "content_type", "plain"),
    [
        ("cat.jpeg", "image/jpeg", "cat.jpg"),
        ("cat.exe.png", "image/gif", "catexe.gif"),  # never what the name pretends
        ("Прайс 2026.PDF", "application/pdf", "2026.pdf"),
        ("Прайс.docx", "application/zip", "file.docx"),
        ("report.mp4", "application/octet-stream", "report.bin"),
        ("notes", "text/plain", "notes.txt"),
        ("x.что", "application/octet-stream", "x.bin"),
        ("", "", "file.bin"),
        ("../../etc/passwd", "video/mp4", "passwd.mp4"),
    ],
)
def test_a_plain_name_ends_as_the_content_demands(name: str, content_type: str, plain: str) -> None:
    assert plain_name(name, content_type) == plain


def test_a_messenger_fetches_a_file_by_an_address_that_ends_in_its_name(workspace: Workspace) -> None:
    with tenant(workspace):
        stored = media.store(ContentFile(b"OggS and more", name="Голос song.ogg"))
        urls = {media.signed_url(stored), media.signed_url(media.as_attachment(stored))}

    assert len(urls) == 1
    (url,) = urls
    assert url.endswith("song.ogg")
    assert Client().get(url).content == b"OggS and more"


def test_every_part_of_a_message_names_its_file(workspace: Workspace) -> None:
    with tenant(workspace):
        nameless = Attachment(kind="document", media=5)
        assert media.signed_url(nameless).endswith("/file.bin")
