"""A visitor of somebody's site writes in the chat, through the addresses that the widget calls."""

import json
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from builders import a_channel, a_message, a_user, a_workspace
from messengers import inbox
from messengers.models import Channel, Conversation, InboundUpdate, Message
from messengers.site_chat.visitor_tokens import issue_token
from messengers.statuses import Status
from workspaces.models import Workspace
from workspaces.scope import tenant

SITE = "https://shop.example"

pytestmark = pytest.mark.django_db


class Visitor:
    """A browser on a page of a site."""

    def __init__(self, channel: Channel, origin: str = SITE) -> None:
        self.channel = channel
        self.origin = origin
        self.client = Client()
        self.token = ""

    def ask(self, what: str, **query: Any) -> Any:
        return self.client.get(f"/chat/{self.channel.key}/{what}", query, headers=self._headers())

    def tell(self, what: str, body: Any) -> Any:
        return self.client.post(
            f"/chat/{self.channel.key}/{what}", json.dumps(body), "application/json", headers=self._headers()
        )

    def comes_in(self, **body: Any) -> dict[str, Any]:
        answer = self.tell("session", {"token": self.token, "page": f"{SITE}/boots", **body})
        assert answer.status_code == 200, answer.content
        told: dict[str, Any] = answer.json()
        self.token = told["token"]
        return told

    def writes(self, text: str, client_id: str = "0123456789abcdef") -> Any:
        return self.tell("messages", {"client_id": client_id, "text": text})

    def _headers(self) -> dict[str, str]:
        return {"Origin": self.origin, **({"Authorization": f"Bearer {self.token}"} if self.token else {})}


@pytest.fixture
def workspace() -> Workspace:
    return a_workspace()


@pytest.fixture
def channel(workspace: Workspace) -> Channel:
    with tenant(workspace):
        return a_channel(settings={"origins": [SITE], "title": "Boots and shoes"})


def worker_runs(workspace: Workspace) -> None:
    """What the worker does with everything that has come in."""
    with tenant(workspace):
        waiting = list(InboundUpdate.objects.filter(state="stored").order_by("pk").values_list("pk", flat=True))
    for pk in waiting:
        inbox.process(pk, workspace_id=workspace.pk)


def the_conversation(workspace: Workspace) -> Conversation:
    with tenant(workspace):
        return Conversation.objects.select_related("identity", "contact").get()


def test_looking_at_the_bubble_makes_no_rows(workspace: Workspace, channel: Channel) -> None:
    answer = Visitor(channel).ask("config")

    assert answer.json()["title"] == "Boots and shoes"
    with tenant(workspace):
        assert not InboundUpdate.objects.exists()


def test_the_first_opening_makes_the_visitor_known(workspace: Workspace, channel: Channel) -> None:
    visitor = Visitor(channel)

    visitor.comes_in(
        title="Boots", referrer="https://search.example/", language="ru", utm={"utm_source": "ad", "x": "y"}
    )
    worker_runs(workspace)

    context = the_conversation(workspace).context
    assert context == {
        "page": f"{SITE}/boots",
        "title": "Boots",
        "referrer": "https://search.example/",
        "language": "ru",
        "utm_source": "ad",
    }


def test_a_message_arrives_once_however_often_it_is_sent(workspace: Workspace, channel: Channel) -> None:
    visitor = Visitor(channel)
    visitor.comes_in()

    answers = [visitor.writes("Have you size 43?") for _ in range(3)]
    worker_runs(workspace)

    assert [answer.status_code for answer in answers] == [202, 202, 202]
    with tenant(workspace):
        assert Message.objects.get().content["text"] == "Have you size 43?"


def test_the_returning_visitor_finds_his_history(workspace: Workspace, channel: Channel) -> None:
    visitor = Visitor(channel)
    visitor.comes_in()
    visitor.writes("Have you size 43?")
    worker_runs(workspace)
    with tenant(workspace):
        a_message(the_conversation(workspace), "Yes", direction="out")

    told = visitor.comes_in(page=f"{SITE}/basket")

    assert [(one["from"], one["text"]) for one in told["messages"]] == [
        ("visitor", [{"text": "Have you size 43?"}]),
        ("agent", [{"text": "Yes"}]),
    ]
    assert told["messages"][0]["client_id"] == "0123456789abcdef"
    assert the_conversation(workspace).context["page"] == f"{SITE}/basket"


def test_he_asks_for_what_changed_and_misses_nothing(workspace: Workspace, channel: Channel) -> None:
    visitor = Visitor(channel)
    cursor = visitor.comes_in()["cursor"]
    worker_runs(workspace)
    with tenant(workspace):
        a_message(the_conversation(workspace), "Good morning", direction="out")

    told = visitor.ask("messages", since=cursor).json()

    assert [one["text"] for one in told["messages"]] == [[{"text": "Good morning"}]]
    assert told["cursor"]


def test_earlier_pages_are_asked_for_by_the_oldest_message(workspace: Workspace, channel: Channel) -> None:
    visitor = Visitor(channel)
    visitor.comes_in()
    worker_runs(workspace)
    with tenant(workspace):
        for number in range(60):
            a_message(the_conversation(workspace), f"No. {number}", direction="out")

    told = visitor.comes_in()
    before = visitor.ask("messages", before=told["messages"][0]["id"]).json()

    assert told["earlier"] is True
    assert [one["text"][0]["text"] for one in before["messages"]] == [f"No. {number}" for number in range(10)]
    assert before["earlier"] is False


@pytest.mark.parametrize("status", [Status.QUEUED, Status.SENDING, Status.CANCELED, Status.REJECTED])
def test_what_has_not_been_handed_over_is_not_shown(workspace: Workspace, channel: Channel, status: Status) -> None:
    visitor = Visitor(channel)
    visitor.comes_in()
    worker_runs(workspace)
    with tenant(workspace):
        a_message(the_conversation(workspace), "Not yet", direction="out", status=status)

    assert visitor.comes_in()["messages"] == []


def test_an_agents_name_is_shown_and_his_address_never(workspace: Workspace, channel: Channel) -> None:
    visitor = Visitor(channel)
    visitor.comes_in()
    worker_runs(workspace)
    with tenant(workspace):
        a_message(the_conversation(workspace), direction="out", author=a_user("anna@shop.example", name="Anna"))
        a_message(the_conversation(workspace), direction="out", author=a_user("boris@shop.example"))

    answer = visitor.tell("session", {"token": visitor.token})

    assert [one["author"] for one in answer.json()["messages"]] == ["Anna", ""]
    assert b"boris@" not in answer.content


def test_a_button_is_pressed_once(workspace: Workspace, channel: Channel) -> None:
    visitor = Visitor(channel)
    visitor.comes_in()
    worker_runs(workspace)
    buttons = [{"kind": "reply", "id": name, "text": text} for name, text in (("a", "Boots"), ("b", "Shoes"))]
    content = {"text": "Which?", "buttons": buttons}
    with tenant(workspace):
        question = a_message(the_conversation(workspace), direction="out", content=content)

    for button in ("b", "a"):
        visitor.tell("messages", {"client_id": "0123456789", "button": {"message_id": question.pk, "id": button}})
    worker_runs(workspace)

    said = visitor.comes_in()["messages"][-1]
    assert (said["from"], said["text"], said["pressed"]) == ("visitor", [{"text": "Shoes"}], question.pk)
    with tenant(workspace):
        assert Message.objects.filter(direction="in").count() == 1


def test_a_button_that_was_never_offered_is_refused(workspace: Workspace, channel: Channel) -> None:
    visitor = Visitor(channel)
    visitor.comes_in()
    worker_runs(workspace)

    answer = visitor.tell("messages", {"client_id": "0123456789", "button": {"message_id": 1, "id": "a"}})

    assert answer.status_code == 404


def test_a_phone_number_fills_the_contact(workspace: Workspace, channel: Channel) -> None:
    visitor = Visitor(channel)
    visitor.comes_in()

    assert visitor.tell("messages", {"client_id": "0123456789", "phone": "8 (912) 345-67-89"}).status_code == 202
    assert visitor.tell("messages", {"client_id": "0123456788", "phone": "12"}).status_code == 400
    worker_runs(workspace)

    assert the_conversation(workspace).contact.phone == "+79123456789"


def test_receipts_raise_the_status_of_his_own_messages_alone(workspace: Workspace, channel: Channel) -> None:
    visitor, stranger = Visitor(channel), Visitor(channel)
    visitor.comes_in()
    worker_runs(workspace)
    with tenant(workspace):
        message = a_message(Conversation.objects.get(), direction="out")
    stranger.comes_in()
    worker_runs(workspace)

    stranger.tell("receipts", {"read": [message.pk]})
    worker_runs(workspace)
    with tenant(workspace):
        assert Message.objects.get(pk=message.pk).status == Status.SENT

    assert visitor.ask("unread").json() == {"unread": 1}
    visitor.tell("receipts", {"delivered": [message.pk], "read": [message.pk]})
    worker_runs(workspace)
    with tenant(workspace):
        assert Message.objects.get(pk=message.pk).status == Status.READ
    assert visitor.ask("unread").json() == {"unread": 0}


def test_two_visitors_do_not_see_each_other(workspace: Workspace, channel: Channel) -> None:
    first, second = Visitor(channel), Visitor(channel)
    first.comes_in()
    first.writes("My number is 42")
    worker_runs(workspace)

    assert second.comes_in()["messages"] == []


@pytest.mark.parametrize("forge", ["another channel's", "made up", "none"])
def test_a_token_that_is_not_his_opens_nothing(workspace: Workspace, channel: Channel, forge: str) -> None:
    visitor = Visitor(channel)
    visitor.comes_in()
    visitor.writes("A secret")
    worker_runs(workspace)
    thief = Visitor(channel)
    name = the_conversation(workspace).identity.external_id
    forged = {"another channel's": issue_token("x" * 20, name), "made up": f"{channel.key}.{name}.AAAA", "none": ""}
    thief.token = forged[forge]

    assert thief.ask("messages", since="0").status_code == 401
    assert thief.writes("It is me").status_code == 401
    assert thief.comes_in()["messages"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"client_id": "0123456789"},
        {"client_id": "0123456789", "text": "   "},
        {"client_id": "short", "text": "Hello"},
        {"client_id": "press-001", "text": "Hello"},
        {"client_id": "0123456789", "text": "x" * 4001},
        {"client_id": "0123456789", "text": "Hello", "workspace": 1},
        ["Hello"],
    ],
)
def test_what_is_not_a_message_is_refused(channel: Channel, body: Any) -> None:
    visitor = Visitor(channel)
    visitor.comes_in()

    assert visitor.tell("messages", body).status_code == 400


def test_a_huge_body_is_refused(channel: Channel) -> None:
    visitor = Visitor(channel)
    visitor.comes_in()

    assert visitor.tell("messages", {"client_id": "0123456789", "text": "x" * 40_000}).status_code == 413


@time_machine.travel("2026-11-23 12:00:05+00:00", tick=False)
def test_who_writes_too_often_is_asked_to_wait(channel: Channel) -> None:
    visitor = Visitor(channel)
    visitor.comes_in()

    answers = [visitor.writes("Hello", f"0123456789-{number}") for number in range(32)]

    assert answers[29].status_code == 202
    assert answers[-1].status_code == 429
    assert answers[-1]["Retry-After"]
    assert answers[-1].json()["error"]["message"]


def test_what_he_writes_is_kept_while_valkey_is_down(channel: Channel, workspace: Workspace, settings: Any) -> None:
    redis_cache = settings.CACHES["default"]
    settings.CACHES = {"default": redis_cache | {"LOCATION": "unix:///nowhere/valkey.sock"}}
    visitor = Visitor(channel)
    visitor.comes_in()

    assert visitor.writes("Hello", "0123456789").status_code == 202

    with tenant(workspace):
        assert InboundUpdate.objects.filter(body__text="Hello").exists()


def test_the_questions_do_not_grow_with_the_history(workspace: Workspace, channel: Channel) -> None:
    visitor = Visitor(channel)
    visitor.comes_in()
    worker_runs(workspace)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            visitor.comes_in()
        return len(found)

    with tenant(workspace):
        a_message(the_conversation(workspace), direction="out")
    few = queries()
    with tenant(workspace):
        for _ in range(30):
            a_message(the_conversation(workspace), direction="out")
    assert queries() == few
