"""A member looks through the conversations: folders, filters, search, pages, and the older pages of one thread."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from builders import a_channel, a_client, a_conversation, a_member, a_message, a_workspace
from chatpanel import listing, thread
from messengers.content import Content
from messengers.models import Conversation, Message
from workspaces.models import User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def workspace(db: None) -> Workspace:
    return a_workspace()


@pytest.fixture
def agent(workspace: Workspace) -> User:
    return a_member(workspace, Role.AGENT)


def talk(name: str, minutes_ago: int = 0, **fields: Any) -> Conversation:
    conversation = a_conversation(name=name, **fields)
    a_message(conversation, f"{name} speaks", created_at=NOON - timedelta(minutes=minutes_ago))
    conversation.refresh_from_db()
    return conversation


def names(agent: User, **filters: Any) -> list[str]:
    return [row.contact.name for row in listing.find(listing.Filters(**filters), agent.pk).conversations]


def ask(client: Client, workspace: Workspace, **query: Any) -> dict[str, Any]:
    return dict(client.get(f"/w/{workspace.slug}/chats/data/list/", query).json())


def test_folders_say_who_has_to_answer(workspace: Workspace, agent: User) -> None:
    with tenant(workspace):
        channel = a_channel()
        talk("answered by the bot", 1, channel=channel)
        talk("left by the bot", 2, channel=channel, waiting_since=NOON)
        talk("waits for a person", 3, channel=channel, owner="person")
        talk("mine", 4, channel=channel, owner="person", assignee=agent)
        talk("closed", 5, channel=channel, state="closed")
        a_conversation(channel, name="said nothing")

        assert names(agent, folder="unassigned") == ["left by the bot", "waits for a person"]
        assert names(agent, folder="mine") == ["mine"]
        assert names(agent, folder="bot") == ["answered by the bot", "left by the bot"]
        assert len(names(agent)) == 4
        assert names(agent, state="closed") == ["closed"]
        assert len(names(agent, state="")) == 5
        assert names(agent, sort="wait") == ["left by the bot"]
        assert names(agent, channel=channel.pk + 1000) == []


def test_search_finds_by_name_phone_and_email(workspace: Workspace, agent: User) -> None:
    with tenant(workspace):
        vera, boris = talk("Вера Орлова"), talk("Boris")
        boris.contact.phone, boris.contact.email = "+79123456789", "boris@example.com"
        boris.contact.save()

        assert names(agent, search="орлова") == [vera.contact.name]
        assert names(agent, search="912 345") == ["Boris"]
        assert names(agent, search="@EXAMPLE.com") == ["Boris"]
        assert names(agent, search="nobody") == []


def test_every_page_comes_once_whatever_happens_in_between(workspace: Workspace, agent: User) -> None:
    with tenant(workspace):
        channel = a_channel()
        for minute in range(listing.PAGE + 5):
            talk(f"n{minute}", minute, channel=channel)
    client = a_client(agent)

    first = ask(client, workspace)
    with tenant(workspace):
        talk("newcomer", -1, channel=channel)
    second = ask(client, workspace, after=first["after"])

    shown = [row["contact"]["name"] for page in (first, second) for row in page["conversations"]]
    assert shown == [f"n{minute}" for minute in range(listing.PAGE + 5)]
    assert second["after"] == ""


def test_the_list_costs_the_same_however_long_it_is(
    workspace: Workspace, agent: User, django_assert_num_queries: Any
) -> None:
    with tenant(workspace):
        channel = a_channel()
        for minute in range(30):
            talk(f"n{minute}", minute, channel=channel, assignee=agent)
        with django_assert_num_queries(1):
            listing.find(listing.Filters(), agent.pk)


def test_a_strange_filter_is_named(workspace: Workspace, agent: User) -> None:
    answer = a_client(agent).get(f"/w/{workspace.slug}/chats/data/list/", {"folder": "all", "sort": "loudest"})

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["sort"]


def test_a_thread_is_read_backwards_page_by_page(
    workspace: Workspace, agent: User, django_assert_num_queries: Any
) -> None:
    with tenant(workspace):
        conversation = talk("Vera")
        for number in range(thread.PAGE + 10):
            a_message(conversation, f"line {number}", direction="out" if number % 2 else "in")
        with django_assert_num_queries(2):
            newest = thread.history(conversation)
        older = thread.history(conversation, newest.before)

        said = [message.content["text"] for message in [*older.messages, *newest.messages]]
        assert said == ["Vera speaks", *(f"line {number}" for number in range(thread.PAGE + 10))]
        assert len(newest.messages) == thread.PAGE
        assert older.before is None


def test_unread_counts_tell_whose_turn_it_is(workspace: Workspace, agent: User) -> None:
    with tenant(workspace):
        channel = a_channel()
        talk("bot is at it", channel=channel, unread=3)
        talk("nobody's", channel=channel, owner="person", unread=2)
        talk("mine", channel=channel, owner="person", assignee=agent, unread=1)
        talk("mine, seen", channel=channel, owner="person", assignee=agent)

        assert listing.unread_counts() == {None: 1, agent.pk: 1}
    client = a_client(agent)
    assert ask(client, workspace)["unread"] == {"": 1, str(agent.pk): 1}


def test_messages_of_the_bot_name_their_flow_in_one_query(
    workspace: Workspace, agent: User, django_assert_max_num_queries: Any
) -> None:
    from bots.models import Flow, FlowVersion, Run
    from chatpanel import payloads

    with tenant(workspace):
        conversation = talk("Vera")
        flow = Flow.objects.create(name="Welcome", draft={})
        version = FlowVersion.objects.create(flow=flow, number=1, graph={})
        run = Run.objects.create(
            flow=flow, version=version, conversation=conversation, state="waiting", engine_state={}
        )
        for _ in range(3):
            a_message(conversation, direction="out", source=Message.Source.BOT, source_id=run.pk)
        rows = thread.history(conversation).messages
        with django_assert_max_num_queries(1):
            described = payloads.messages(rows)

    assert [row["flow"] for row in described] == [None, "Welcome", "Welcome", "Welcome"]


def test_the_last_line_shows_words_without_their_marks(workspace: Workspace, agent: User) -> None:
    with tenant(workspace):
        bold, literal = a_conversation(name="Vera"), a_conversation(name="Oleg")
        said = Content(text="One *step* to the [prize](https://shop.example)").model_dump(mode="json")
        a_message(bold, direction="out", content=said)
        a_message(literal, "2 * 2 * 2")

    rows = a_client(agent).get(f"/w/{workspace.slug}/chats/data/list/").json()["conversations"]

    assert {row["last"]["text"] for row in rows} == {"One step to the prize (https://shop.example)", "2 * 2 * 2"}
