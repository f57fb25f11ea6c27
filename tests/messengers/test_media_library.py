"""The library: files that members upload once, find, rename, choose and delete."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from bots import flows, starters
from bots.graph import load
from bots.models import Flow
from builders import a_channel, a_client, a_conversation, a_member, a_message, a_user
from messengers import media, media_library, media_work
from messengers.content import Content
from messengers.models import Media, Message, MessengerFile
from messengers.statuses import Status
from workspaces.models import AuditEntry, User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

pytestmark = pytest.mark.django_db


def picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def marketer(workspace: Workspace) -> User:
    return a_member(workspace, Role.MARKETER)


@pytest.fixture
def browser(marketer: User) -> Client:
    return a_client(marketer)


@pytest.fixture
def root(workspace: Workspace) -> str:
    return f"/w/{workspace.slug}/media/"


def shelved(workspace: Workspace, name: str = "cat.png", content: bytes = b"") -> Media:
    with tenant(workspace):
        return media.store(ContentFile(content or picture(), name=name), a_user())


def leave(row: Media) -> None:
    media_work.do(row.pk, workspace_id=row.workspace_id)


def test_a_file_is_uploaded_and_shown(browser: Client, root: str) -> None:
    told = browser.post(f"{root}upload/", {"file": SimpleUploadedFile("Кот.png", picture())}).json()

    assert (told["attachment"]["kind"], told["attachment"]["name"], told["stage"]) == ("image", "Кот.png", "ready")
    page = browser.get(root).content.decode()
    assert "Кот.png" in page
    assert told["thumbnail"] in page
    assert "Кот.png" in browser.get(f"{root}{told['id']}/?view=list").content.decode()


@pytest.mark.parametrize(
    ("file", "code"), [(None, "no_file"), (SimpleUploadedFile("a.png", b"MZ"), "file_refused")], ids=["none", "program"]
)
def test_a_refusal_is_said_in_words(browser: Client, root: str, file: Any, code: str) -> None:
    answer = browser.post(f"{root}upload/", {"file": file} if file else {})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["message"]


def test_files_are_found_by_name_and_kind_page_by_page(workspace: Workspace) -> None:
    for name in ("cat.png", "Dog.png", "cats.pdf"):
        shelved(workspace, name, b"%PDF-1" if name.endswith("pdf") else b"")
    with tenant(workspace):
        first = media_library.find(size=2)
        second = media_library.find(before=first.before, size=2)
        cats = media_library.find("CAT")
        documents = media_library.find(kind="document")

    assert [row.name for row in first.rows + second.rows] == ["cats.pdf", "Dog.png", "cat.png"]
    assert second.before is None
    assert {row.name for row in cats.rows} == {"cat.png", "cats.pdf"}
    assert [row.name for row in documents.rows] == ["cats.pdf"]


def test_what_people_sent_does_not_stand_in_the_library(workspace: Workspace, browser: Client, root: str) -> None:
    with tenant(workspace):
        visitors = media.store(ContentFile(picture(), name="secret.png"))
    assert b"secret.png" not in browser.get(root).content
    assert browser.get(f"{root}{visitors.pk}/").status_code == 404


def test_an_agent_chooses_files_but_changes_none(workspace: Workspace, root: str) -> None:
    row = shelved(workspace)
    agent = a_client(a_member(workspace, Role.AGENT))

    assert [file["id"] for file in agent.get(f"{root}choose/").json()["files"]] == [row.pk]
    assert agent.post(f"{root}{row.pk}/delete/").status_code == 403
    assert "rename-file" not in agent.get(root).content.decode()


@pytest.mark.parametrize(
    ("typed", "name"),
    [("Summer", "Summer.png"), ("Summer.PNG", "Summer.PNG"), (" a  b.exe ", "a b.exe.png"), ("", "cat.png")],
)
def test_a_file_gets_another_name_and_keeps_its_ending(
    workspace: Workspace, browser: Client, root: str, typed: str, name: str
) -> None:
    row = shelved(workspace)
    browser.post(f"{root}{row.pk}/rename/", {"name": typed})
    with tenant(workspace):
        row.refresh_from_db()
    assert row.name == name


def test_a_file_that_nothing_names_is_deleted_altogether(
    workspace: Workspace, browser: Client, root: str, django_capture_on_commit_callbacks: Any
) -> None:
    row = shelved(workspace)
    browser.post(f"{root}{row.pk}/delete/")
    assert b"cat.png" not in browser.get(f"{root}choose/").content

    with django_capture_on_commit_callbacks(execute=True):
        leave(row)
    with tenant(workspace):
        assert not Media.objects.exists()
        assert AuditEntry.objects.filter(action="media.deleted").exists()
    assert not row.file.storage.exists(str(row.file.name))
    assert not row.thumbnail.storage.exists(str(row.thumbnail.name))


def test_conversations_go_on_showing_a_file_that_has_left_the_library(
    workspace: Workspace, browser: Client, root: str
) -> None:
    row = shelved(workspace)
    with tenant(workspace):
        said = Content(attachments=[media.as_attachment(row)]).model_dump(mode="json")
        a_message(a_conversation(), direction=Message.Direction.OUT, content=said)
        address = media.signed_path(row)

    browser.post(f"{root}{row.pk}/delete/")
    leave(row)

    assert Client().get(address).status_code == 200
    assert browser.get(f"{root}choose/").json()["files"] == []


def test_a_file_of_a_waiting_message_stays(workspace: Workspace, browser: Client, root: str) -> None:
    row = shelved(workspace)
    with tenant(workspace):
        said = Content(attachments=[media.as_attachment(row)]).model_dump(mode="json")
        a_message(a_conversation(), direction=Message.Direction.OUT, content=said, status=Status.QUEUED)

    answer = browser.post(f"{root}{row.pk}/delete/", follow=True)

    assert [str(one) for one in answer.context["messages"]]
    assert browser.get(f"{root}choose/").json()["files"]


def test_a_file_of_a_flow_stays_until_the_flow_lets_it_go(workspace: Workspace, marketer: User) -> None:
    row = shelved(workspace)
    with tenant(workspace):
        flow = a_flow_with(row, marketer)
        with pytest.raises(media_library.NeededError) as needed:
            media_library.remove(row, marketer)
        assert flow.name in needed.value.holders[0]

        flows.delete(flow, marketer)
        media_library.remove(row, marketer)


def a_flow_with(row: Media, user: User) -> Flow:
    name, graph = starters.build("welcome", "en")
    drawn = graph.model_dump(mode="json")
    step = next(node for node in drawn["nodes"].values() if "attachments" in node)
    step["attachments"] = [media.as_attachment(row).model_dump(mode="json")]
    return flows.create(name, load(drawn), user)


def test_the_card_says_in_how_many_channels_a_file_is_and_a_deleted_channel_forgets(
    workspace: Workspace, browser: Client, root: str
) -> None:
    row = shelved(workspace)
    with tenant(workspace):
        first, second = a_channel(), a_channel()
        for channel in (first, second):
            MessengerFile.objects.create(channel=channel, media=row, file_id="known")
        assert media_library.channels_that_have([row.pk]) == {row.pk: 2}
        first.delete()
        assert media_library.channels_that_have([row.pk]) == {row.pk: 1}
    assert 'data-tip="' in browser.get(f"{root}{row.pk}/").content.decode()


def test_a_sound_becomes_a_voice_message_for_every_messenger_anew(
    workspace: Workspace, browser: Client, root: str
) -> None:
    row = shelved(workspace, "song.mp3", b"ID3 noise")
    with tenant(workspace):
        MessengerFile.objects.create(channel=a_channel(), media=row, file_id="known")

    browser.post(f"{root}{row.pk}/voice/")

    with tenant(workspace):
        row.refresh_from_db()
    assert (row.kind, row.stage) == ("voice", "processing")
    with tenant(workspace):
        assert media_library.channels_that_have([row.pk]) == {}
