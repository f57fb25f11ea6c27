"""The whole of what Kaskad is for: a bot made in the browser answers a visitor of another site, until a person does.

Told in both languages. In the middle the agent reloads and loses the line, and so does the visitor: nothing is lost
and nothing comes twice.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from builders import a_member, a_workspace
from fake_messenger import eventually
from lab.visitor_site import Site
from messengers.models import Channel, Conversation, Message
from page_words import Words, words_of
from workspaces.models import User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

OpenPage = Callable[..., Page]
SOCKETS = re.compile("/ws/")


class Line:
    """A page's socket, which can be cut and let through again."""

    def __init__(self, page: Page) -> None:
        self.page, self.is_cut, self.sockets = page, False, list[WebSocketRoute]()
        page.route_web_socket(SOCKETS, self._open)
        page.reload()
        eventually(lambda: page.wait_for_timeout(20) or self.sockets)

    def _open(self, socket: WebSocketRoute) -> None:
        if self.is_cut:
            socket.close(code=1012)
            return
        socket.connect_to_server()
        self.sockets.append(socket)

    def cut(self) -> None:
        self.is_cut = True
        self.page.context.set_offline(True)
        self.sockets[-1].close(code=1012)

    def mend(self) -> None:
        self.is_cut = False
        self.page.context.set_offline(False)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_from_an_empty_workspace_to_a_persons_answer(open_page: OpenPage, visitor_site: Site, language: str) -> None:
    words = words_of(language)
    owner, workspace = a_new_business(language)
    channel = connect_a_site_chat(open_page, owner, workspace, visitor_site, words, language)
    make_a_bot(open_page, owner, workspace, words, language)

    agent = open_page(f"/w/{workspace.slug}/chats/", owner, language=language)
    visitor = open_page(visitor_site.page(channel.key, language), language=language)
    open_chat(visitor)

    # The bot answers.
    writes(visitor, "prize")
    expect(seen_by(visitor)).to_contain_text("Will you take part?")
    row = agent.locator("[data-conversation]")
    expect(row).to_contain_text("Will you take part?")
    row.click()
    expect(seen_by(agent)).to_contain_text("prize")

    # The agent takes over and answers; his page has been loaded anew in between.
    agent.get_by_role("button", name=words("Take over")).click()
    expect(agent.get_by_text(words("You answer")).first).to_be_visible()
    agents_line = Line(agent)
    expect(agent.get_by_text(words("You answer")).first).to_be_visible()
    answers(agent, "Anna here, good afternoon")
    expect(seen_by(visitor)).to_contain_text("Anna here, good afternoon")

    # The bot is silent now.
    writes(visitor, "prize")
    expect(in_thread(agent, "prize")).to_have_count(2)

    # The agent's line goes down while the visitor writes, and comes back.
    agents_line.cut()
    expect(agent.get_by_text(words("The connection was lost, restoring it…"))).to_be_visible()
    writes(visitor, "Are you still there?")
    heard(workspace, "Are you still there?")
    agents_line.mend()
    expect(in_thread(agent, "Are you still there?")).to_have_count(1)

    # The visitor's page is loaded anew while the agent answers.
    answers(agent, "Yes, I am")
    visitor.reload()
    open_chat(visitor)
    expect(seen_by(visitor)).to_contain_text("Yes, I am")
    for text in ("Anna here, good afternoon", "Are you still there?", "Yes, I am"):
        expect(seen_by(visitor).get_by_text(text, exact=True)).to_have_count(1)
        expect(in_thread(agent, text)).to_have_count(1)

    # Given back, the bot answers again.
    agent.get_by_role("button", name=words("Give back to the bot")).click()
    expect(agent.get_by_text(words("The bot answers")).first).to_be_visible()
    writes(visitor, "prize")
    expect(seen_by(visitor).get_by_text("Will you take part?")).to_have_count(2)

    assert said(workspace) == [
        ("contact", "prize"),
        ("bot", "Will you take part?"),
        ("member", "Anna here, good afternoon"),
        ("contact", "prize"),
        ("contact", "Are you still there?"),
        ("member", "Yes, I am"),
        ("contact", "prize"),
        ("bot", "Will you take part?"),
    ]


def a_new_business(language: str) -> tuple[User, Workspace]:
    workspace = a_workspace(name="Grain", language=language)
    return a_member(workspace, Role.OWNER), workspace


def connect_a_site_chat(
    open_page: OpenPage, owner: User, workspace: Workspace, site: Site, words: Words, language: str
) -> Channel:
    page = open_page(f"/w/{workspace.slug}/channels/new/", owner, language=language)
    page.get_by_role("main").get_by_role("link", name=words("Site chat")).click()
    page.get_by_label(words("Channel's name")).fill("Shop")
    page.get_by_label(words("Sites where the chat may stand")).fill(site.address)
    page.get_by_role("button", name=words("Make the chat")).click()
    with tenant(workspace):
        channel: Channel = eventually(lambda: page.wait_for_timeout(50) or Channel.objects.first())
    expect(page.get_by_role("main")).to_contain_text(channel.key)
    return channel


def make_a_bot(open_page: OpenPage, owner: User, workspace: Workspace, words: Words, language: str) -> None:
    page = open_page(f"/w/{workspace.slug}/bots/new/", owner, language=language)
    page.get_by_role("main").get_by_role("button", name=words("Blank flow")).click()
    page.get_by_role("button", name=words("Add keywords")).click()
    page.get_by_label(words("Word or phrase")).fill("prize")
    page.keyboard.press("Enter")
    page.get_by_label(words("Text of the message")).fill("Will you take part?")
    expect(page.get_by_role("status")).to_contain_text(words("Saved"))
    page.get_by_role("button", name=words("Publish")).click()
    page.get_by_role("dialog").get_by_role("button", name=words("Publish")).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def open_chat(visitor: Page) -> None:
    visitor.get_by_role("button", name=re.compile("Открыть чат|Open chat")).click()
    expect(visitor.get_by_role("dialog")).to_be_visible()


def writes(visitor: Page, text: str) -> None:
    visitor.get_by_role("textbox").fill(text)
    visitor.get_by_role("textbox").press("Enter")
    expect(seen_by(visitor)).to_contain_text(text)


def answers(agent: Page, text: str) -> None:
    box = agent.locator(".chats-composer textarea")
    box.fill(text)
    box.press("Enter")
    expect(in_thread(agent, text)).to_have_count(1)
    expect(agent.locator("[data-outgoing]")).to_have_count(0)


def seen_by(page: Page) -> Locator:
    return page.get_by_role("log")


def in_thread(agent: Page, text: str) -> Locator:
    return seen_by(agent).get_by_text(text, exact=True)


def heard(workspace: Workspace, text: str) -> None:
    def was_stored() -> bool:
        with tenant(workspace):
            return any(row.content["text"] == text for row in Message.objects.filter(direction="in"))

    eventually(was_stored)


def said(workspace: Workspace) -> list[tuple[str, str]]:
    with tenant(workspace):
        conversation = Conversation.objects.get()
        return [(row.source, row.content["text"]) for row in conversation.messages.order_by("id")]
