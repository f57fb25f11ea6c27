"""A marketer connects a Telegram bot by its token; it answers with a picture and buttons, until a person does."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from playwright.sync_api import Locator, Page, expect

from bots import flows
from bots.graph import FORMAT, load
from builders import a_conversation, a_member, a_message, a_workspace
from fake_messenger import eventually
from lab.platforms.telegram.bots import Bot
from lab.running import Lab
from lab.samples import sample
from messengers import media
from messengers.models import Channel, Message
from messengers.statuses import Status
from page_words import words_of
from workspaces.models import User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

OpenPage = Callable[..., Page]
LOOKS = [pytest.param("ru", 1280, id="ru-wide"), pytest.param("en", 390, id="en-phone")]


class Shop:
    """A workspace, its owner, and a bot of the lab that nobody has connected yet."""

    def __init__(self, lab: Lab, language: str) -> None:
        self.lab, self.language = lab, language
        self.workspace: Workspace = a_workspace(name="Grain", language=language)
        self.owner: User = a_member(self.workspace, Role.OWNER)
        self.bot: Bot = lab.telegram.new_bot("Coffee bot", rate=None)
        self.words = words_of(language)

    def path(self, rest: str) -> str:
        return f"/w/{self.workspace.slug}/{rest}"

    def channel(self) -> Channel:
        with tenant(self.workspace):
            return Channel.objects.get()

    def pastes(self, page: Page, token: str) -> None:
        page.get_by_label(self.words("The lab on this machine, for practice")).check()
        page.get_by_label(self.words("Token"), exact=True).fill(token)
        page.get_by_role("button", name=self.words("Check the token")).click()

    def connects(self, page: Page) -> None:
        self.pastes(page, self.bot.token)
        expect(page.locator("#found")).to_contain_text(f"@{self.bot.username}")
        page.locator("#connect-account").click()
        expect(
            page.get_by_text(self.words("We are waiting for the first message. This page will notice it by itself."))
        ).to_be_visible()

    def answers_by_itself(self) -> None:
        """Publish a flow: a picture, then a question with two buttons."""
        with tenant(self.workspace):
            picture = sample("photo")
            stored = media.store(ContentFile(picture.data, name="beans.png"))
            graph = load(_flow(media.as_attachment(stored).model_dump(mode="json")))
            flow = flows.create("Menu", graph, self.owner)
            flows.publish(flow, flow.draft_revision, self.owner)


def _flow(picture: dict[str, Any]) -> dict[str, Any]:
    buttons = [
        {"kind": "reply", "id": "b1", "text": "Prices", "target": "s3"},
        {"kind": "reply", "id": "b2", "text": "Delivery", "target": "s3"},
    ]
    nodes = {
        "s1": {"type": "message", "text": "Fresh today", "attachments": [picture], "buttons": [], "next": "s2"},
        "s2": {"type": "buttons", "text": "What would you like?", "attachments": [], "buttons": buttons},
        "s3": {"type": "message", "text": "From *990*", "attachments": [], "buttons": [], "next": None},
    }
    triggers = [{"id": "t1", "kind": "welcome"}]
    return {"format": FORMAT, "start": "s1", "triggers": triggers, "nodes": nodes, "order": list(nodes)}


def thread(page: Page) -> Locator:
    return page.get_by_role("log")


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_from_a_token_to_a_persons_answer(open_page: OpenPage, house_lab: Lab, language: str, width: int) -> None:
    shop = Shop(house_lab, language)
    words = shop.words
    page = open_page(shop.path("channels/new/"), shop.owner, language=language, width=width)
    page.get_by_role("main").get_by_role("link", name="Telegram").click()

    # A wrong token is explained, and the right one is not shown again.
    shop.pastes(page, f"{shop.bot.token[:-3]}abc")
    expect(page.get_by_role("alert")).to_contain_text(
        words("Telegram does not know this token: a letter is missing, or it was revoked. Copy it once more.")
    )
    shop.connects(page)
    assert shop.bot.token not in page.content()
    shop.answers_by_itself()

    # Somebody presses Start on his phone: the page notices, and the bot answers with a picture and buttons.
    phone = shop.bot.phone(house_lab.telegram.person("Vera Belova", language=language))
    phone.start()
    expect(page.locator("#first-message-check")).to_contain_text("Vera Belova")
    eventually(lambda: page.wait_for_timeout(50) or "What would you like?" in phone.texts(), 30)
    assert any(one.kind == "photo" for one in phone.messages() if not one.mine)
    assert phone.buttons() == ["Prices", "Delivery"]
    phone.presses("Prices")
    eventually(lambda: page.wait_for_timeout(50) or "From 990" in phone.texts(), 30)

    # A person takes over and answers.
    page.get_by_role("link", name=words("Open the conversation")).click()
    expect(thread(page)).to_contain_text("What would you like?")
    page.get_by_role("button", name=words("Take over")).click()
    expect(page.get_by_text(words("You answer")).first).to_be_visible()
    phone.sends_photo(caption="Like this one?")
    expect(thread(page).locator("[data-side=in] .chats-picture img")).to_be_visible(timeout=30_000)
    box = page.locator(".chats-composer textarea")
    box.fill("Yes, we have it")
    box.press("Enter")
    eventually(lambda: page.wait_for_timeout(50) or "Yes, we have it" in phone.texts(), 30)
    assert phone.texts().count("Yes, we have it") == 1

    # He changes his words, and takes them back: on her phone, too.
    last = thread(page).locator("[data-side=out]").last
    menu = last.get_by_role("button", name=words("Change or delete"))
    menu.click()
    last.get_by_role("button", name=words("Edit the message")).click()
    page.get_by_role("dialog").get_by_role("textbox").fill("Yes, and a bigger one")
    page.get_by_role("dialog").get_by_role("button", name=words("Save")).click()
    expect(last).to_contain_text("Yes, and a bigger one")
    expect(last).to_contain_text("edited" if language == "en" else "изменено")
    assert "Yes, and a bigger one" in phone.texts()
    assert "Yes, we have it" not in phone.texts()
    menu.click()
    last.get_by_role("button", name=words("Delete the message")).click()
    page.get_by_role("dialog").get_by_role("button", name=words("Delete")).click()
    expect(thread(page).locator("[data-deleted]")).to_contain_text("Yes, and a bigger one")
    expect(menu).to_have_count(0)
    assert "Yes, and a bigger one" not in phone.texts()


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_a_stolen_webhook_is_explained_and_taken_back(
    open_page: OpenPage, house_lab: Lab, language: str, width: int
) -> None:
    shop = Shop(house_lab, language)
    words = shop.words
    page = open_page(shop.path("channels/new/telegram/"), shop.owner, language=language, width=width)
    shop.connects(page)
    ours = shop.bot.hook_url
    shop.bot.stolen_by("https://thief.example/hook")

    page.goto(shop.path(f"channels/{shop.channel().pk}/"))
    expect(page.locator("#webhook")).to_contain_text("thief.example")
    page.get_by_role("button", name=words("Take the messages back")).click()

    expect(page.locator("#webhook")).to_contain_text(words("The messages are delivered to Kaskad (webhook)."))
    assert shop.bot.hook_url == ours


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_what_may_not_have_arrived_is_decided_by_a_person(
    open_page: OpenPage, house_lab: Lab, language: str, width: int
) -> None:
    shop = Shop(house_lab, language)
    words = shop.words
    page = open_page(shop.path("channels/new/telegram/"), shop.owner, language=language, width=width)
    shop.connects(page)
    channel = shop.channel()
    with tenant(shop.workspace):
        talk = a_conversation(channel, name="Vera")
        for text in ("Is it ready?", "It is ready"):
            a_message(talk, text, direction="out", status=Status.UNCERTAIN, reason="sender_died")

    page.goto(shop.path(f"channels/{channel.pk}/"))
    page.get_by_role("link", name="2", exact=True).click()
    page.get_by_role("row", name="It is ready").get_by_role("checkbox").check()
    page.get_by_role("button", name=words("They arrived")).click()
    expect(page.get_by_role("row", name="It is ready")).to_have_count(0)

    page.goto(shop.path(f"chats/{talk.pk}/"))
    page.get_by_role("button", name=words("It arrived")).click()
    expect(page.get_by_role("button", name=words("It arrived"))).to_have_count(0)
    with tenant(shop.workspace):
        assert set(Message.objects.values_list("status", flat=True)) == {"sent"}
