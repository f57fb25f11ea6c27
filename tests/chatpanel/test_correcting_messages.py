"""Agents change and delete in the panel what has been sent; what cannot be done is said in words."""

from typing import Any

import pytest

from builders import a_channel, a_client, a_conversation, a_member, a_message, a_workspace
from messengers.models import Message
from messengers.statuses import Status
from workspaces.models import User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

pytestmark = pytest.mark.django_db


class Desk:
    """A workspace with a site chat, two agents, and an answer that Anna has sent."""

    def __init__(self) -> None:
        self.workspace: Workspace = a_workspace(language="en")
        self.anna: User = a_member(self.workspace, Role.AGENT)
        self.boris: User = a_member(self.workspace, Role.AGENT)
        with tenant(self.workspace):
            self.talk = a_conversation(a_channel())
            a_message(self.talk, "When do you open?")
            self.answer = a_message(self.talk, "At nine", direction=Message.Direction.OUT, author=self.anna)

    def opened(self) -> Any:
        return a_client(self.anna).get(self.url(f"{self.talk.pk}/")).json()

    def post(self, user: User, how: str, **body: Any) -> Any:
        path = self.url(f"messages/{self.answer.pk}/{how}/")
        return a_client(user).post(path, body, content_type="application/json", headers={"accept-language": "en"})

    def url(self, path: str) -> str:
        return f"/w/{self.workspace.slug}/chats/data/{path}"


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk()


def test_the_panel_knows_what_can_be_corrected(desk: Desk) -> None:
    opened = desk.opened()

    assert [message["correctable"] for message in opened["messages"]] == [False, True]
    assert (opened["conversation"]["channel"]["edits"], opened["conversation"]["channel"]["deletes"]) == (True, True)


def test_new_words_stand_in_the_thread_and_in_the_list(desk: Desk) -> None:
    answer = desk.post(desk.anna, "edit", text=" At ten ").json()

    (message,) = answer["messages"]
    assert message["content"]["spans"][0]["text"] == "At ten"
    assert message["edited_at"]
    assert answer["conversations"][0]["last"]["text"] == "At ten"


def test_a_colleagues_words_are_his_own_but_anybody_may_delete_them(desk: Desk) -> None:
    refused = desk.post(desk.boris, "edit", text="At ten")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_yours")
    assert refused.json()["message"] == "Only who wrote this message can change it."

    (message,) = desk.post(desk.boris, "delete").json()["messages"]

    assert message["deleted_at"]
    assert message["correctable"] is False


def test_a_message_does_not_become_empty(desk: Desk) -> None:
    refused = desk.post(desk.anna, "edit", text="  ")

    assert refused.status_code == 400
    assert refused.json()["fields"] == {"text": "A message cannot be empty. Delete it instead."}
    assert desk.opened()["messages"][-1]["content"]["spans"][0]["text"] == "At nine"


def test_what_has_not_left_is_not_changed(desk: Desk) -> None:
    with tenant(desk.workspace):
        Message.objects.filter(pk=desk.answer.pk).update(status=Status.REJECTED)

    refused = desk.post(desk.anna, "delete")

    assert (refused.status_code, refused.json()["code"]) == (409, "not_sent")
    assert refused.json()["message"] == "Only what has been sent can be changed."
