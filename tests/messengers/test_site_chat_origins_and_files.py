"""Who may show a chat, and what becomes of the files that visitors send."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from builders import a_channel, a_workspace
from messengers import inbox
from messengers.media_addresses import BadAddressError, read_address, signed_path
from messengers.models import Channel, InboundUpdate, Media, Message
from messengers.site_chat import sightings
from messengers.tasks import sweep_unsent_files
from workspaces.models import Workspace
from workspaces.scope import tenant

SITE = "https://shop.example"
pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace() -> Workspace:
    return a_workspace()


@pytest.fixture
def channel(workspace: Workspace) -> Channel:
    with tenant(workspace):
        return a_channel(settings={"origins": [SITE]})


def session(channel: Channel, **headers: str) -> Any:
    return Client().post(f"/chat/{channel.key}/session", "{}", "application/json", headers={"Origin": SITE, **headers})


def token_of(channel: Channel) -> str:
    return str(session(channel).json()["token"])


def upload(channel: Channel, token: str, name: str, content: bytes) -> Any:
    return Client().post(
        f"/chat/{channel.key}/files",
        {"file": SimpleUploadedFile(name, content)},
        headers={"Origin": SITE, "Authorization": f"Bearer {token}"},
    )


def a_png(**how: Any) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (4, 3), "brown").save(buffer, **{"format": "PNG", **how})
    return buffer.getvalue()


def test_a_listed_site_may_read_the_answers(channel: Channel) -> None:
    answer = session(channel)

    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == SITE
    assert "Access-Control-Allow-Credentials" not in answer
    assert not answer.cookies


@pytest.mark.parametrize("origin", ["https://other.example", "http://shop.example", "null", ""])
def test_another_site_is_refused_in_words(channel: Channel, origin: str) -> None:
    answer = session(channel, Origin=origin)

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "origin_refused"
    assert [one.origin for one in sightings.refused_on(channel.pk)] == ([origin] if "://" in origin else [])


def test_the_browser_s_question_before_is_answered(channel: Channel) -> None:
    def preflight(origin: str) -> Any:
        return Client().options(f"/chat/{channel.key}/messages", headers={"Origin": origin})

    allowed = preflight(SITE)
    assert allowed.status_code == 204
    assert allowed["Access-Control-Allow-Methods"] == "GET, POST"
    assert "Authorization" in allowed["Access-Control-Allow-Headers"]
    assert preflight("https://other.example").status_code == 403


@pytest.mark.parametrize("state", ["unknown", "off", "another messenger's"])
def test_a_chat_that_does_not_work_is_not_there(workspace: Workspace, channel: Channel, state: str) -> None:
    with tenant(workspace):
        if state == "off":
            Channel.objects.update(state=Channel.State.DISCONNECTED)
        if state == "another messenger's":
            Channel.objects.update(kind="telegram")
    key = "nobody" if state == "unknown" else channel.key

    answer = Client().get(f"/chat/{key}/config", headers={"Origin": SITE})

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "no_channel"


def test_a_visit_is_noted_for_the_check_of_the_installation(channel: Channel) -> None:
    Client().get(f"/chat/{channel.key}/config", headers={"Origin": SITE, "Referer": f"{SITE}/boots"})

    (seen,) = sightings.seen_on(channel.pk)
    assert (seen.origin, seen.page) == (SITE, f"{SITE}/boots")


def test_a_picture_is_sent_and_read_by_its_signed_address(workspace: Workspace, channel: Channel) -> None:
    token = token_of(channel)
    stored = upload(channel, token, "../my boots.png", a_png()).json()
    Client().post(
        f"/chat/{channel.key}/messages",
        {"client_id": "0123456789", "files": [stored["id"]]},
        "application/json",
        headers={"Origin": SITE, "Authorization": f"Bearer {token}"},
    )
    with tenant(workspace):
        waiting = list(InboundUpdate.objects.values_list("pk", flat=True))
    for pk in waiting:
        inbox.process(pk, workspace_id=workspace.pk)

    with tenant(workspace):
        (attachment,) = Message.objects.get().content["attachments"]
    assert (attachment["kind"], attachment["name"]) == ("image", "my_boots.png")
    read = Client().get(stored["url"])
    assert read.content == a_png()
    assert read["Content-Type"] == "image/png"
    assert read["Content-Disposition"].startswith("inline")
    assert read["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in read["Content-Security-Policy"]


def test_a_file_of_another_visitor_cannot_be_sent(channel: Channel) -> None:
    stored = upload(channel, token_of(channel), "boots.png", a_png()).json()

    answer = Client().post(
        f"/chat/{channel.key}/messages",
        {"client_id": "0123456789", "files": [stored["id"]]},
        "application/json",
        headers={"Origin": SITE, "Authorization": f"Bearer {token_of(channel)}"},
    )

    assert answer.status_code == 404


@pytest.mark.parametrize("name", ["page.html", "picture.svg", "boots.png"])
def test_what_a_file_is_says_its_content_and_pages_never_open(channel: Channel, name: str) -> None:
    page = b"<html><script>alert(1)</script></html>"
    stored = upload(channel, token_of(channel), name, page).json()

    read = Client().get(stored["url"])

    assert stored["kind"] == "document"
    assert read["Content-Type"] == "application/octet-stream"
    assert read["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("virus.exe", b"MZ", 415, "file_refused"),
        ("empty.txt", b"", 415, "empty_file"),
        ("big.bin", b"x" * (20 * 1024 * 1024 + 1), 413, "file_too_large"),
        ("cut.png", a_png()[:-20], 415, "broken_image"),
    ],
)
def test_what_is_not_taken_is_said(
    workspace: Workspace, channel: Channel, name: str, content: bytes, status: int, code: str
) -> None:
    answer = upload(channel, token_of(channel), name, content)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    with tenant(workspace):
        assert not Media.objects.exists()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photograph_does_not_tell_where_it_was_made(channel: Channel, kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    photograph = a_png(format=kind, exif=exif)

    stored = upload(channel, token_of(channel), "me", photograph).json()

    with Image.open(BytesIO(Client().get(stored["url"]).content)) as image:
        assert not image.getexif()
        assert image.size == (4, 3)


@pytest.mark.parametrize(
    ("asked", "status", "content"),
    [
        ("bytes=0-3", 206, b"OggS"),
        ("bytes=4-", 206, b"0123456789"),
        ("bytes=-2", 206, b"89"),
        ("bytes=99-", 416, b""),
        ("nonsense", 200, b"OggS0123456789"),
    ],
)
def test_players_ask_for_parts(channel: Channel, asked: str, status: int, content: bytes) -> None:
    stored = upload(channel, token_of(channel), "song.ogg", b"OggS0123456789").json()

    read = Client().get(stored["url"], headers={"Range": asked})

    assert (read.status_code, read.content) == (status, content)


def test_a_made_up_address_leads_nowhere(channel: Channel) -> None:
    stored = upload(channel, token_of(channel), "boots.png", a_png()).json()

    assert Client().get(stored["url"].replace("/media/", "/media/9")).status_code == 404


def test_a_file_s_address_lasts_a_day_and_no_longer(workspace: Workspace) -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    with tenant(workspace):
        morning, evening = (signed_path(7, now=noon.replace(hour=hour)) for hour in (1, 23))
    word = morning.rsplit("/", 1)[1]

    assert morning == evening
    found = read_address(word, noon + timedelta(days=1))
    assert (found.workspace_id, found.media_id) == (workspace.pk, 7)
    with pytest.raises(BadAddressError) as late:
        read_address(word, noon + timedelta(days=2))
    assert late.value.expired
    with pytest.raises(BadAddressError):
        read_address(word.replace("-7-", "-8-"), noon)


def test_an_upload_that_is_never_sent_is_deleted_and_one_that_is_sent_stays(channel: Channel) -> None:
    token = token_of(channel)
    sent, forgotten = (upload(channel, token, f"{name}.txt", b"words").json()["id"] for name in ("sent", "forgotten"))
    written = {"client_id": "00000000-one", "text": "Here", "files": [sent]}
    address = f"/chat/{channel.key}/messages"
    headers = {"Origin": SITE, "Authorization": f"Bearer {token}"}

    assert Client().post(address, written, "application/json", headers=headers).status_code == 202
    with time_machine.travel(datetime.now(UTC) + timedelta(days=3)):
        sweep_unsent_files()

    with tenant(channel.workspace_id):
        assert [row.name for row in Media.objects.all()] == ["sent.txt"]
    late = Client().post(
        address, written | {"client_id": "00000000-two", "files": [forgotten]}, "application/json", headers=headers
    )
    assert late.json()["error"]["code"] == "no_file"
