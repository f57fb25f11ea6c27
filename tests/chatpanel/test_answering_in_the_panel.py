"""A member takes a conversation over, answers, notes, gives it back; the endpoints that the panel's page calls."""

from typing import Any

import pytest
from django.test import Client

from builders import a_channel, a_client, a_conversation, a_member, a_message, a_workspace
from chatpanel.models import ConversationEvent
from messengers import outbox
from messengers.content import Content
from messengers.models import Conversation, Identity, Message
from messengers.statuses import Status
from workspaces.models import Membership, User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

pytestmark = pytest.mark.django_db


class Desk:
    """A workspace with one conversation, and colleagues at their panels."""

    def __init__(self) -> None:
        self.workspace: Workspace = a_workspace(language="en")
        self.anna: User = a_member(self.workspace, Role.AGENT)
        self.boris: User = a_member(self.workspace, Role.AGENT)
        with tenant(self.workspace):
            self.conversation = a_conversation(name="Vera")
            self.question = a_message(self.conversation, "Is it open?")

    def client(self, user: User) -> Client:
        client = a_client(user)
        client.cookies["django_language"] = "en"
        return client

    def url(self, action: str = "", conversation: Conversation | None = None) -> str:
        tail = f"{action}/" if action else ""
        return f"/w/{self.workspace.slug}/chats/data/{(conversation or self.conversation).pk}/{tail}"

    def post(self, user: User, action: str, **body: Any) -> Any:
        return self.client(user).post(self.url(action), body, content_type="application/json")

    def reply(self, user: User, text: str = "Yes", **body: Any) -> Any:
        body = {"client_id": "reply-00001", "text": text, "seen_message": self.question.pk} | body
        return self.post(user, "reply", **body)

    def now(self) -> Conversation:
        with tenant(self.workspace):
            return Conversation.objects.select_related("assignee").get(pk=self.conversation.pk)

    def outgoing(self) -> list[Message]:
        with tenant(self.workspace):
            return list(Message.objects.filter(direction="out").order_by("id"))


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk()


def test_answering_takes_the_conversation_over_and_queues_one_message(desk: Desk) -> None:
    answer = desk.reply(desk.anna, "Yes, until *nine*")

    assert answer.status_code == 201
    (message,) = answer.json()["messages"]
    assert message["author"]["id"] == desk.anna.pk
    assert message["content"]["spans"][0]["text"] == "Yes, until *nine*"  # what a person types is no markup
    assert (desk.now().owner, desk.now().assignee) == ("person", desk.anna)
    with tenant(desk.workspace):
        assert ConversationEvent.objects.get().kind == "taken_over"


def test_the_bot_is_silent_after_a_takeover_and_speaks_again_when_given_back(desk: Desk) -> None:
    def bot_speaks() -> Message:
        with tenant(desk.workspace):
            return outbox.enqueue(desk.now(), Content(text="I am a bot"), source=Message.Source.BOT)

    assert desk.post(desk.anna, "take-over").status_code == 200
    with pytest.raises(outbox.NotOwnerError):
        bot_speaks()
    assert desk.post(desk.anna, "give-back").json()["conversations"][0]["owner"] == "bot"
    assert bot_speaks().status == Status.QUEUED


def test_a_double_click_and_a_retry_after_a_lost_answer_make_one_message(desk: Desk) -> None:
    first, second = desk.reply(desk.anna), desk.reply(desk.anna)

    assert first.json()["messages"][0]["id"] == second.json()["messages"][0]["id"]
    assert len(desk.outgoing()) == 1


def test_an_answer_waits_for_a_question_when_newer_messages_came(desk: Desk) -> None:
    with tenant(desk.workspace):
        newer = [a_message(desk.conversation, "Hello?"), a_message(desk.conversation, "Anybody?")]

    refused = desk.reply(desk.anna)

    assert refused.status_code == 409
    assert refused.json()["code"] == "newer_messages"
    assert "2 new messages" in refused.json()["message"]
    assert [message["id"] for message in refused.json()["messages"]] == [message.pk for message in newer]
    assert desk.now().owner == "bot", "a refused answer takes nothing over"
    assert desk.reply(desk.anna, seen_message=newer[-1].pk).status_code == 201


def test_of_two_who_take_over_at_once_one_owns_and_the_other_is_told(desk: Desk) -> None:
    assert desk.post(desk.anna, "take-over").status_code == 200
    refused = desk.post(desk.boris, "take-over")

    assert refused.status_code == 409
    assert refused.json()["assignee"] == {"id": desk.anna.pk, "name": str(desk.anna)}
    assert desk.now().assignee == desk.anna
    assert desk.post(desk.boris, "take-over", known_assignee=desk.anna.pk).status_code == 200
    assert desk.now().assignee == desk.boris
    with tenant(desk.workspace):
        assert ConversationEvent.objects.latest("id").subject == desk.anna


def test_an_answer_does_not_take_a_colleagues_conversation_unasked(desk: Desk) -> None:
    desk.post(desk.anna, "take-over")

    refused = desk.reply(desk.boris)

    assert (refused.status_code, refused.json()["code"]) == (409, "taken_by_other")
    assert desk.outgoing() == []
    assert desk.reply(desk.boris, known_assignee=desk.anna.pk).status_code == 201


def test_assigning_gives_the_conversation_to_a_colleague_only(desk: Desk) -> None:
    analyst = a_member(desk.workspace, Role.ANALYST)

    assert desk.post(desk.anna, "assign", assignee=analyst.pk).json()["code"] == "not_a_member"
    assert desk.post(desk.anna, "assign", assignee=desk.boris.pk).status_code == 200
    assert (desk.now().owner, desk.now().assignee) == ("person", desk.boris)
    assert desk.post(desk.anna, "assign", assignee=None).status_code == 200
    assert (desk.now().owner, desk.now().assignee) == ("person", None)


def test_closing_and_reopening_leave_lines_in_the_thread(desk: Desk) -> None:
    assert desk.post(desk.anna, "close").json()["conversations"][0]["state"] == "closed"
    assert desk.post(desk.boris, "reopen").json()["conversations"][0]["state"] == "open"

    thread = desk.client(desk.anna).get(desk.url()).json()

    assert [(event["kind"], event["actor"]["id"]) for event in thread["events"]] == [
        ("closed", desk.anna.pk),
        ("reopened", desk.boris.pk),
    ]
    assert {event["after"] for event in thread["events"]} == {desk.question.pk}


def test_a_note_is_kept_once_and_never_sent(desk: Desk) -> None:
    for _ in range(2):
        answer = desk.post(desk.anna, "note", client_id="note-00001", text="Regular customer")
        assert answer.status_code == 201

    assert [event["text"] for event in desk.client(desk.boris).get(desk.url()).json()["events"]] == ["Regular customer"]
    assert desk.outgoing() == []
    assert desk.now().owner == "bot"


def test_a_failed_message_says_why_and_a_retry_is_a_new_attempt(desk: Desk) -> None:
    desk.reply(desk.anna)
    (message,) = desk.outgoing()
    with tenant(desk.workspace):
        Message.objects.filter(pk=message.pk).update(status=Status.REJECTED, reason="message is too long")
    base = f"/w/{desk.workspace.slug}/chats/data/messages/{message.pk}"

    shown = desk.client(desk.boris).get(desk.url()).json()["messages"][-1]
    retried = desk.client(desk.boris).post(f"{base}/retry/").json()["messages"][0]
    again = desk.client(desk.boris).post(f"{base}/retry/")

    assert (shown["status"], shown["reason"], shown["retriable"]) == ("rejected", "message is too long", True)
    assert (retried["status"], retried["retriable"]) == ("queued", False)
    assert (again.status_code, again.json()["code"]) == (409, "not_retriable")
    assert desk.client(desk.anna).get(f"{base}/attempts/").json() == {"attempts": []}


def test_nobody_is_written_to_who_blocked_us(desk: Desk) -> None:
    with tenant(desk.workspace):
        Identity.objects.update(state=Identity.State.BLOCKED)

    refused = desk.reply(desk.anna)

    assert (refused.status_code, refused.json()["code"]) == (409, "unreachable")


def test_looking_at_a_conversation_clears_what_was_seen_and_no_more(desk: Desk) -> None:
    with tenant(desk.workspace):
        a_message(desk.conversation, "One more")
        Conversation.objects.update(unread=2)

    row = desk.post(desk.anna, "seen", message=desk.question.pk).json()["conversations"][0]

    assert row["unread"] == 1


def test_a_contact_is_corrected_in_normal_form_by_those_who_may(desk: Desk) -> None:
    marketer = a_member(desk.workspace, Role.MARKETER)

    assert desk.post(desk.anna, "contact", name="Vera P.").status_code == 403
    wrong = desk.post(marketer, "contact", phone="12", email="no", name="Vera P.")
    right = desk.post(marketer, "contact", phone="+7 912 345-67-89", email=" Vera@Example.com ")

    assert wrong.status_code == 400
    assert set(wrong.json()["fields"]) == {"phone", "email"}
    contact = right.json()["conversations"][0]["contact"]
    assert (contact["name"], contact["phone"], contact["email"]) == ("Vera", "+79123456789", "vera@example.com")


@pytest.mark.parametrize("body", ["{", '{"client_id": "x"}', '{"text": "hi", "more": 1}'])
def test_what_cannot_be_read_is_refused_in_one_shape(desk: Desk, body: str) -> None:
    refused = desk.client(desk.anna).post(desk.url("reply"), body, content_type="application/json")

    assert refused.status_code == 400
    assert set(refused.json()) == {"code", "message", "fields"}


def test_a_foreign_conversation_does_not_exist(desk: Desk) -> None:
    other = a_workspace()
    with tenant(other):
        foreign = a_conversation()
        theirs = a_message(foreign)
    client = desk.client(desk.anna)
    base = f"/w/{desk.workspace.slug}/chats"

    assert client.get(f"{base}/{foreign.pk}/").status_code == 404
    assert client.get(desk.url("", foreign)).json()["code"] == "not_found"
    for action in ("take-over", "give-back", "close", "reopen", "reply", "note", "assign", "seen"):
        body = {"client_id": "foreign-01", "text": "hi"} if action in {"reply", "note"} else {}
        body |= {"assignee": None} if action == "assign" else {"message": 1} if action == "seen" else {}
        answer = client.post(desk.url(action, foreign), body, content_type="application/json")
        assert answer.status_code == 404, action
    assert client.post(f"{base}/data/messages/{theirs.pk}/retry/").status_code == 404


def test_an_attached_file_travels_with_the_answer(desk: Desk) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = desk.client(desk.anna)
    stored = client.post(
        f"/w/{desk.workspace.slug}/chats/data/upload/", {"file": SimpleUploadedFile("price.pdf", b"%PDF-1.4 prices")}
    )
    answer = desk.reply(desk.anna, "", attachments=[stored.json()["id"]])

    (file,) = answer.json()["messages"][0]["content"]["attachments"]
    assert (file["kind"], file["name"]) == ("document", "price.pdf")
    assert client.get(file["url"]).content == b"%PDF-1.4 prices"
    assert desk.reply(desk.anna, "", client_id="reply-00002", attachments=[10**9]).json()["code"] == "invalid"


def test_an_answer_bears_the_subject_that_it_was_given(desk: Desk) -> None:
    answer = desk.reply(desk.anna, "Yes", subject=" Opening hours ")
    (message,) = answer.json()["messages"]
    assert message["content"]["subject"] == "Opening hours"
    assert Content.model_validate(desk.outgoing()[0].content).subject == "Opening hours"
    row = desk.client(desk.anna).get(desk.url()).json()["conversation"]
    assert row["channel"]["subjects"] is False


def test_the_page_knows_its_reader(desk: Desk) -> None:
    with tenant(desk.workspace):
        a_channel(name="Second")

    page = desk.client(desk.anna).get(f"/w/{desk.workspace.slug}/chats/{desk.conversation.pk}/")

    assert page.status_code == 200
    assert page.context["panel"]["open"] == desk.conversation.pk
    assert page.context["panel"]["mayEditContacts"] is False


@pytest.mark.parametrize("how", ["removed", "made an analyst"])
def test_who_may_no_longer_answer_leaves_his_conversations_to_the_others(desk: Desk, how: str) -> None:
    desk.reply(desk.anna)
    with tenant(desk.workspace):
        membership = Membership.objects.get(user=desk.anna)
        if how == "removed":
            membership.delete()
        else:
            membership.role = Role.ANALYST
            membership.save()

        line = ConversationEvent.objects.latest("pk")
    assert (desk.now().owner, desk.now().assignee) == ("person", None)
    assert (line.kind, line.actor, line.subject) == ("assigned", desk.anna, None)
    shown = desk.client(desk.boris).get(f"/w/{desk.workspace.slug}/chats/data/list/?folder=unassigned").json()
    assert [row["id"] for row in shown["conversations"]] == [desk.conversation.pk]


def test_another_role_that_answers_too_keeps_the_conversations(desk: Desk) -> None:
    desk.reply(desk.anna)
    with tenant(desk.workspace):
        membership = Membership.objects.get(user=desk.anna)
        membership.role = Role.MARKETER
        membership.save()
    assert desk.now().assignee == desk.anna
