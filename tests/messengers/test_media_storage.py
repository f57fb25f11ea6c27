"""Files in a folder and in a store that speaks S3: read in pieces, safely, and gone with their workspace."""

import asyncio
import tracemalloc
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.test import AsyncClient, Client
from moto.server import ThreadedMotoServer

from messengers import media
from messengers.media_storage import PIECE, files
from messengers.models import Media
from workspaces.models import Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """An S3 that others wrote, with an empty bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _host, port = server.get_host_and_port()
    address = f"http://127.0.0.1:{port}"
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=address, **keys).create_bucket(Bucket="kaskad")
    yield address
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, settings: Any, tmp_path: Any) -> str:
    """Where files lie in this test."""
    if request.param == "folder":
        settings.MEDIA_ROOT = tmp_path
        chosen: dict[str, Any] = {"BACKEND": "messengers.media_storage.FolderFiles"}
    else:
        options = {
            "bucket_name": "kaskad",
            "endpoint_url": request.getfixturevalue("s3"),
            "region_name": "us-east-1",
            "access_key": "key",
            "secret_key": "secret",
        }
        chosen = {"BACKEND": "messengers.media_storage.S3Files", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": chosen}
    assert type(storages["default"]).__name__ == chosen["BACKEND"].rsplit(".", 1)[1]
    return str(request.param)


@pytest.fixture
def stored(place: str, workspace: Workspace) -> Media:
    with tenant(workspace):
        return media.store(ContentFile(b"%PDF-" + b"0123456789" * 200_000, name="Прайс.pdf"))


def address(row: Media) -> str:
    with tenant(row.workspace_id):
        return media.signed_url(row)


def test_a_file_is_read_whole_and_in_parts(stored: Media) -> None:
    whole = Client().get(address(stored))
    assert whole.status_code == 200
    assert int(whole["Content-Length"]) == stored.size == len(whole.getvalue())

    part = Client().get(address(stored), headers={"Range": "bytes=5-14"})
    assert (part.status_code, part.content) == (206, b"0123456789")
    assert part["Content-Range"] == f"bytes 5-14/{stored.size}"
    assert Client().head(address(stored))["Content-Length"] == str(stored.size)
    assert media.read_file(stored.workspace_id, stored.pk)[:8] == b"%PDF-012"


def test_what_is_read_cannot_harm_a_browser(stored: Media) -> None:
    read = Client().get(address(stored))

    assert read["Content-Type"] == "application/octet-stream"
    assert read["Content-Disposition"].startswith("attachment")
    assert read["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in read["Content-Security-Policy"]
    read.close()


def test_a_lost_file_is_not_found(stored: Media) -> None:
    default_storage.delete(str(stored.file.name))

    assert Client().get(address(stored)).status_code == 404
    with pytest.raises(media.FileGoneError):
        media.read_file(stored.workspace_id, stored.pk)


def test_files_go_with_their_workspace_and_no_others(stored: Media, workspace: Workspace) -> None:
    neighbour = default_storage.save(f"{workspace.pk}0/other", ContentFile(b"stays"))

    media.erase_files(workspace.pk)

    assert not default_storage.exists(str(stored.file.name))
    assert default_storage.exists(neighbour)


def test_reading_takes_no_more_memory_than_a_few_pieces(stored: Media, place: str) -> None:
    if place == "s3":
        pytest.skip("this S3 lives in our own memory")
    pieces = files().pieces(str(stored.file.name), 0, stored.size)
    next(pieces)
    tracemalloc.start()
    for _piece in pieces:
        pass
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4 * PIECE


@pytest.mark.django_db(transaction=True)
def test_the_server_hands_a_file_on_piece_by_piece(stored: Media) -> None:
    whole = address(stored)

    async def read() -> list[int]:
        answer = await AsyncClient().get(whole)
        return [len(piece) async for piece in answer]

    lengths = asyncio.run(read())

    assert sum(lengths) == stored.size
    assert max(lengths) <= PIECE
