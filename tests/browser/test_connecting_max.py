"""A marketer connects a bot of MAX: what goes wrong is told in words, then the first message is seen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from builders import a_member, a_workspace
from lab.platforms.max.bots import Bot
from lab.running import Lab
from messengers.wizards import wizard_of
from page_words import words_of
from workspaces.roles import Role

OpenPage = Callable[..., Page]
LOOKS = [pytest.param("ru", 390, id="ru-phone"), pytest.param("en", 1280, id="en-wide")]
NO_TOKEN = "This is not a bot's token. A token is one long word of letters, digits, dashes and underscores."
UNKNOWN = "MAX does not know this token: a letter is missing, or it was replaced. Copy it once more."
REFUSED = (
    "MAX does not accept the address of this installation. It must be public, https and on port 443, with a "
    "certificate of a known authority. Or let Kaskad fetch the messages."
)


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_from_a_token_to_the_first_message(open_page: OpenPage, house_lab: Lab, language: str, width: int) -> None:
    words = words_of(language)
    workspace = a_workspace(name="Grain", language=language)
    owner = a_member(workspace, Role.OWNER)
    bot: Bot = house_lab.max.new_bot("Coffee bot", rate=None)
    page = open_page(f"/w/{workspace.slug}/channels/new/", owner, language=language, width=width)
    page.get_by_role("main").get_by_role("link", name="MAX", exact=False).click()
    page.get_by_label(words("The lab on this machine, for practice")).check()

    def check(token: str) -> None:
        page.get_by_label(words("Token"), exact=True).fill(token)
        page.get_by_role("button", name=words("Check the token")).click()

    alert = page.get_by_role("alert")
    check("my token")
    expect(alert).to_contain_text(words(NO_TOKEN))
    check(f"{bot.token[:-3]}abc")
    expect(alert).to_contain_text(words(UNKNOWN))
    bot.refuses_addresses = True
    check(bot.token)
    expect(page.locator("#found")).to_contain_text(f"@{bot.key}")
    page.locator("#connect-account").click()
    expect(alert).to_contain_text(words(REFUSED))
    bot.refuses_addresses = False
    check(bot.token)
    page.locator("#connect-account").click()
    expect(
        page.get_by_text(words("We are waiting for the first message. This page will notice it by itself."))
    ).to_be_visible()
    assert bot.token not in page.content()
    assert bot.hook_url

    bot.phone(house_lab.max.person("Vera Belova", language=language)).writes("Hello!")
    expect(page.get_by_role("link", name=words("Open the conversation"))).to_be_visible(timeout=30_000)
    page.get_by_role("link", name=words("Open the conversation")).click()
    expect(page.get_by_role("log")).to_contain_text("Hello!")


def test_every_reason_has_words() -> None:
    from messengers.adapters.max import REASONS
    from messengers.channel_words import reason

    assert wizard_of("max") is not None
    assert [code for code in REASONS if reason(code, "max") == code] == []
