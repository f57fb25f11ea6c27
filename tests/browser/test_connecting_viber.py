"""A marketer connects a bot of Viber: what goes wrong is told in words, then the first message is seen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from builders import a_member, a_workspace
from lab.platforms.viber.bots import Bot
from lab.running import Lab
from page_words import words_of
from workspaces.roles import Role

OpenPage = Callable[..., Page]
LOOKS = [pytest.param("ru", 390, id="ru-phone"), pytest.param("en", 1280, id="en-wide")]
NO_TOKEN = "This is not a token of Viber. It is three groups of letters and digits with hyphens between them."
UNKNOWN = "Viber does not know this token: a letter is missing, or the bot has a new one. Copy it again."


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_from_a_token_to_the_first_message(open_page: OpenPage, house_lab: Lab, language: str, width: int) -> None:
    words = words_of(language)
    workspace = a_workspace(name="Grain", language=language)
    owner = a_member(workspace, Role.OWNER)
    bot: Bot = house_lab.viber.new_bot("Coffee bot")
    page = open_page(f"/w/{workspace.slug}/channels/new/", owner, language=language, width=width)
    page.get_by_role("main").get_by_role(
        "link", name=words("A bot: you need its token from Viber's admin panel.")
    ).click()
    page.get_by_label(words("The lab on this machine, for practice")).check()

    def check(token: str) -> None:
        page.get_by_label(words("Token"), exact=True).fill(token)
        page.get_by_role("button", name=words("Check the token")).click()

    alert = page.get_by_role("alert")
    check("hello")
    expect(alert).to_contain_text(words(NO_TOKEN))
    check(f"{bot.token[:-3]}abc")
    expect(alert).to_contain_text(words(UNKNOWN))
    bot.ground.do(lambda: setattr(bot, "blocked", True))
    check(bot.token)
    expect(alert).to_contain_text(words("Viber has blocked this bot. Ask Viber's support why."))
    bot.ground.do(lambda: setattr(bot, "blocked", False))
    check(bot.token)
    expect(page.locator("#found")).to_contain_text(bot.key)
    page.locator("#connect-account").click()
    expect(
        page.get_by_text(words("We are waiting for the first message. This page will notice it by itself."))
    ).to_be_visible()
    assert bot.token not in page.content()
    assert "/hooks/viber/" in bot.hook

    bot.phone(house_lab.viber.person("Vera Belova", language=language)).writes("Hello!")
    expect(page.get_by_role("link", name=words("Open the conversation"))).to_be_visible(timeout=30_000)
    page.get_by_role("link", name=words("Open the conversation")).click()
    expect(page.get_by_role("log")).to_contain_text("Hello!")
