"""A member changes what he sent, or takes it back: first on the person's phone, and only then here."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from builders import a_conversation, a_message, a_user, an_identity
from fake_messenger import Sink, a_fake_channel, a_sender, eventually
from lab.running import Lab
from lab.samples import picture
from messengers import channels, corrections, media, outbox
from messengers.content import Content
from messengers.corrections import CorrectionRefusedError
from messengers.models import Channel, Conversation, Message
from messengers.statuses import Status
from workspaces.models import AuditEntry, User, Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("committed_db")


class Desk:
    """A bot of the lab, a person who has started it, and an agent who writes to her."""

    def __init__(self, lab: Lab, workspace: Workspace) -> None:
        self.workspace = workspace
        self.bot = lab.telegram.new_bot("Shop")
        self.phone = self.bot.phone(lab.telegram.person("Анна"))
        self.agent: User = a_user()
        with tenant(workspace):
            keys = {"token": self.bot.token}
            self.channel: Channel = channels.connect("telegram", "", {}, keys, self.agent, practice=True, polls=True)
            identity = an_identity(self.channel, external_id=self.phone.person.key)
            self.talk: Conversation = a_conversation(identity=identity)
        self.phone.start()

    def says(self, text: str, *files: Any) -> Message:
        with tenant(self.workspace):
            parts = [media.as_attachment(media.store(file)) for file in files]
            content = Content.plain(text, attachments=parts)
            message = outbox.enqueue(self.talk, content, source=Message.Source.MEMBER, author=self.agent)
        with a_sender():
            eventually(lambda: self.now(message).status == Status.SENT)
        return message

    def now(self, message: Message) -> Message:
        with tenant(self.workspace):
            return Message.objects.get(pk=message.pk)

    def edits(self, message: Message, text: str, user: User | None = None) -> Message:
        with tenant(self.workspace):
            content = Content.model_validate({**self.now(message).content, "text": text})
            return corrections.edit(message, content, user or self.agent)

    def deletes(self, message: Message, user: User | None = None) -> Message:
        with tenant(self.workspace):
            return corrections.delete(message, user or self.agent)

    def log(self) -> list[tuple[str, Any]]:
        with tenant(self.workspace):
            entries = AuditEntry.objects.filter(action__in=["message.edited", "message.deleted"]).order_by("pk")
            return [(entry.action, entry.changes["text"]) for entry in entries]


@pytest.fixture
def desk(lab: Lab, workspace: Workspace) -> Desk:
    return Desk(lab, workspace)


def refusal(correct: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(CorrectionRefusedError) as raised:
        correct()
    return raised.value.reason, raised.value.told


def test_new_words_stand_on_the_phone(desk: Desk) -> None:
    message = desk.says("We open at *nine*")

    desk.edits(message, "We open at *ten*")

    (shown,) = [one for one in desk.phone.messages() if not one.mine]
    assert (shown.text, shown.edited) == ("We open at *ten*", True)  # what a member types is no markup
    now = desk.now(message)
    assert now.content["text"] == "We open at *ten*"
    assert now.edited_at is not None
    assert desk.log() == [("message.edited", ["We open at *nine*", "We open at *ten*"])]


def test_the_words_under_a_picture_change_and_the_picture_stays(desk: Desk) -> None:
    message = desk.says("Red", ContentFile(picture(), name="shoe.jpg"))

    desk.edits(message, "Blue")

    (shown,) = [one for one in desk.phone.messages() if not one.mine]
    assert (shown.kind, shown.text) == ("photo", "Blue")


def test_the_words_under_an_album_change_and_all_of_it_goes(desk: Desk) -> None:
    shoes = [ContentFile(picture(), name=f"shoe{number}.jpg") for number in range(2)]
    message = desk.says("Red", *shoes)

    desk.edits(message, "Blue")
    assert [(one.kind, one.text) for one in desk.phone.messages() if not one.mine] == [("photo", "Blue"), ("photo", "")]

    desk.deletes(message)
    assert not [one for one in desk.phone.messages() if not one.mine]


def test_what_is_taken_back_is_gone_from_the_phone_and_stays_readable_here(desk: Desk) -> None:
    kept, wrong = desk.says("Hello"), desk.says("That was for somebody else")

    desk.deletes(wrong, a_user())  # whoever sees the mistake

    assert desk.phone.texts() == ["Hello"]
    assert desk.now(wrong).deleted_at is not None
    assert desk.now(wrong).content["text"] == "That was for somebody else"
    assert desk.now(kept).deleted_at is None
    assert desk.log() == [("message.deleted", ["That was for somebody else", ""])]
    assert refusal(lambda: desk.deletes(wrong)) == ("deleted", "")
    assert refusal(lambda: desk.edits(wrong, "New")) == ("deleted", "")


def test_the_same_words_again_are_not_sent(desk: Desk, lab: Lab) -> None:
    message = desk.says("Hello")

    assert desk.edits(message, "Hello").edited_at is None

    assert lab.account.count(desk.bot, method="editMessageText") == 0


def test_only_the_writer_changes_words(desk: Desk) -> None:
    assert refusal(lambda: desk.edits(desk.says("Hello"), "Bye", a_user())) == ("not_yours", "")


def test_only_words_change(desk: Desk) -> None:
    message = desk.says("Hello")
    with tenant(desk.workspace):
        file = media.as_attachment(media.store(ContentFile(picture(), name="a.jpg")))
        other = Content.plain("Hello", attachments=[file])
        assert refusal(lambda: corrections.edit(message, other, desk.agent)) == ("only_words", "")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": Status.QUEUED}, "not_sent"),
        ({"status": Status.UNCERTAIN}, "not_sent"),
        ({"direction": Message.Direction.IN, "status": Status.RECEIVED}, "not_sent"),
        ({"parts_sent": 2}, "many_parts"),
        ({"sent_at": timezone.now() - timedelta(hours=49)}, "too_late"),
    ],
)
def test_what_cannot_be_taken_back_is_not_asked_for(desk: Desk, lab: Lab, change: dict[str, Any], reason: str) -> None:
    message = desk.says("Hello")
    with tenant(desk.workspace):
        Message.objects.filter(pk=message.pk).update(**change)

    assert refusal(lambda: desk.deletes(message)) == (reason, "")

    assert lab.account.count(desk.bot, method="deleteMessages") == 0
    assert desk.phone.texts() == ["Hello"]


def test_a_channel_that_is_off_is_left_alone(desk: Desk) -> None:
    message = desk.says("Hello")
    with tenant(desk.workspace):
        channels.disconnect(desk.channel, desk.agent)

    assert refusal(lambda: desk.edits(message, "Bye")) == ("channel_off", "")


def test_words_that_need_two_messages_do_not_fit_into_one(desk: Desk) -> None:
    assert refusal(lambda: desk.edits(desk.says("Hello"), "long " * 1000)) == ("too_long", "")


def test_a_messenger_without_corrections_is_not_asked(workspace: Workspace, sink: Sink) -> None:
    agent = a_user()
    with tenant(workspace):
        talk = a_conversation(a_fake_channel(sink))
        message = a_message(talk, "Hello", direction=Message.Direction.OUT, author=agent)
        assert refusal(lambda: corrections.edit(message, Content.plain("Bye"), agent)) == ("cannot", "")
        assert refusal(lambda: corrections.delete(message, agent)) == ("cannot", "")


def test_while_nothing_is_known_nothing_is_written_and_once_more_is_harmless(desk: Desk, lab: Lab) -> None:
    message = desk.says("Nine")
    lab.misbehaves("drop_after", bot=desk.bot, method="editMessageText", times=1, seconds=0)

    assert refusal(lambda: desk.edits(message, "Ten")) == ("unanswered", "")
    assert desk.now(message).content["text"] == "Nine"

    desk.edits(message, "Ten")
    assert desk.now(message).content["text"] == "Ten"
    assert desk.phone.texts() == ["Ten"]


@pytest.mark.parametrize(
    ("kind", "how", "reason"), [("too_many", {"seconds": 30}, "not_now"), ("server_error", {"status": 502}, "not_now")]
)
def test_a_busy_messenger_changes_nothing(desk: Desk, lab: Lab, kind: str, how: dict[str, Any], reason: str) -> None:
    message = desk.says("Nine")
    lab.misbehaves(kind, bot=desk.bot, method="deleteMessages", times=1, **how)

    assert refusal(lambda: desk.deletes(message)) == (reason, "")
    assert desk.now(message).deleted_at is None


def test_the_messengers_own_words_are_told(desk: Desk) -> None:
    message = desk.says("Hello")
    desk.bot.chats[desk.phone.person.id].messages.clear()

    assert refusal(lambda: desk.edits(message, "Bye")) == ("refused", "message to edit not found")


def test_a_message_whose_number_was_never_told_is_left_alone(desk: Desk) -> None:
    message = desk.says("Hello")
    with tenant(desk.workspace):
        Message.objects.filter(pk=message.pk).update(external_id="")  # somebody has said that it came

    assert refusal(lambda: desk.deletes(message)) == ("refused", "unknown_message")


def test_of_two_who_correct_at_once_one_has_his_way_and_receipts_are_not_held_up(desk: Desk, lab: Lab) -> None:
    message = desk.says("Nine")
    lab.misbehaves("slow", bot=desk.bot, method="editMessageText", times=1, seconds=3)

    def first() -> None:
        desk.edits(message, "Ten")
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    eventually(lambda: [call for call in lab.account.open_calls() if call.method == "editMessageText"])

    assert refusal(lambda: desk.edits(message, "Eleven")) == ("being_changed", "")
    with tenant(desk.workspace):
        receipt = Message.objects.select_for_update(nowait=True).get(pk=message.pk)
        receipt.status = Status.READ
        receipt.save(update_fields=["status"])

    thread.join(20)
    now = desk.now(message)
    assert (now.content["text"], now.status) == ("Ten", Status.READ)
    assert desk.phone.texts() == ["Ten"]
