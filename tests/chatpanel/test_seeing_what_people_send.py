"""What the panel is told of people's files, faces and corrections, and of messages of which nobody knows."""

from typing import Any

import pytest
from django.core.files.base import ContentFile

from builders import a_channel, a_client, a_conversation, a_member, a_message, a_workspace
from messengers import media
from messengers.content import Attachment, AttachmentKind, Content
from messengers.models import Conversation, Identity, Media, Message
from messengers.statuses import Status
from messengers.updates import RemoteFile
from workspaces.models import AuditEntry, User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

pytestmark = pytest.mark.django_db


class Desk:
    """A workspace with a bot of Telegram, one conversation there, and an agent."""

    def __init__(self) -> None:
        self.workspace: Workspace = a_workspace(language="en")
        self.anna: User = a_member(self.workspace, Role.AGENT)
        with tenant(self.workspace):
            self.channel = a_channel("telegram")
            self.talk: Conversation = a_conversation(self.channel, name="Vera")
            self.question = a_message(self.talk, "Look at this")

    def opened(self) -> Any:
        return a_client(self.anna).get(self.url(f"{self.talk.pk}/")).json()

    def post(self, path: str, **body: Any) -> Any:
        return a_client(self.anna).post(self.url(path), body, content_type="application/json")

    def url(self, path: str) -> str:
        return f"/w/{self.workspace.slug}/chats/data/{path}"

    def sends(self, *files: Attachment) -> Message:
        content = Content.plain("", attachments=files).model_dump(mode="json")
        return a_message(self.talk, content=content)


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk()


def a_picture(channel: Any) -> Media:
    (file,) = media.expect(channel, [RemoteFile(AttachmentKind.IMAGE, "ref")])
    file.state, file.due_at = Media.State.STORED, None
    file.file.save("face", ContentFile(b"GIF89a"))
    return file


def test_a_file_that_is_still_with_the_messenger_has_no_address_yet(desk: Desk) -> None:
    with tenant(desk.workspace):
        (coming,) = media.expect(desk.channel, [RemoteFile(AttachmentKind.DOCUMENT, "ref", "plan.pdf")])
        desk.sends(media.as_attachment(coming), media.as_attachment(a_picture(desk.channel)))

    first, second = desk.opened()["messages"][-1]["content"]["attachments"]

    assert (first["state"], first["url"], first["name"]) == ("remote", "", "plan.pdf")
    assert second["state"] == "stored"
    assert second["url"].startswith("/media/")


def test_what_was_changed_and_taken_back_is_said_with_its_moment(desk: Desk) -> None:
    with tenant(desk.workspace):
        desk.question.edited_at = desk.question.created_at
        desk.question.deleted_at = desk.question.created_at
        desk.question.save()

    opened = desk.opened()

    (message,) = opened["messages"]
    assert message["edited_at"] == message["deleted_at"] == message["at"]
    assert opened["conversation"]["last"]["deleted"] is True


def test_the_face_of_a_person_is_his_picture_once_it_has_come(desk: Desk) -> None:
    with tenant(desk.workspace):
        identity = Identity.objects.get(pk=desk.talk.identity_id)
        (identity.picture,) = media.expect(desk.channel, [RemoteFile(AttachmentKind.IMAGE, "face")])
        identity.save()
    assert desk.opened()["conversation"]["contact"]["picture"] == ""

    with tenant(desk.workspace):
        identity.picture = a_picture(desk.channel)
        identity.save()
    listed = a_client(desk.anna).get(desk.url("list/")).json()["conversations"][0]
    assert listed["contact"]["picture"].startswith("/media/")


def test_who_heard_that_an_uncertain_message_came_says_so_in_the_conversation(desk: Desk) -> None:
    with tenant(desk.workspace):
        lost = a_message(desk.talk, direction="out", status=Status.UNCERTAIN, reason="sender_died")

    answer = desk.post(f"messages/{lost.pk}/arrived/")

    assert answer.json()["messages"][0]["status"] == "sent"
    with tenant(desk.workspace):
        assert Message.objects.get(pk=lost.pk).reason == ""
        assert AuditEntry.objects.get(action="message.decided_arrived").actor == desk.anna


def test_a_message_that_was_refused_cannot_be_said_to_have_come(desk: Desk) -> None:
    with tenant(desk.workspace):
        refused = a_message(desk.talk, direction="out", status=Status.REJECTED, reason="bad")

    assert desk.post(f"messages/{refused.pk}/arrived/").json()["messages"][0]["status"] == "rejected"
