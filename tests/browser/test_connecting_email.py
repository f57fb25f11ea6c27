"""A marketer connects a mailbox: what goes wrong is told in words, then the first message is seen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from builders import a_member, a_workspace
from lab.platforms.email.mailboxes import Bot
from lab.running import Lab
from messengers.wizards import wizard_of
from page_words import words_of
from workspaces.roles import Role

OpenPage = Callable[..., Page]
LOOKS = [pytest.param("ru", 390, id="ru-phone"), pytest.param("en", 1280, id="en-wide")]


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_from_a_password_to_the_first_message(open_page: OpenPage, house_lab: Lab, language: str, width: int) -> None:
    words = words_of(language)
    workspace = a_workspace(name="Grain", language=language)
    owner = a_member(workspace, Role.OWNER)
    bot: Bot = house_lab.email.new_bot("Coffee house")
    page = open_page(f"/w/{workspace.slug}/channels/new/", owner, language=language, width=width)
    page.get_by_role("main").get_by_role(
        "link", name=words("A mailbox of your own: you need its address and a password for programs.")
    ).click()
    page.get_by_label(words("The lab on this machine, for practice")).check()
    server = page.get_by_label(words("Server for outgoing mail (SMTP)"))
    expect(server).to_be_hidden()
    page.get_by_label(words("Where the mailbox is")).select_option("other")
    expect(server).to_be_visible()
    told = bot.credentials()
    page.get_by_label(words("E-mail address")).fill(bot.address)
    check = page.get_by_role("button", name=words("Check the mailbox"))
    alert = page.get_by_role("alert")

    page.get_by_label(words("Password for programs")).fill("no")
    check.click()
    expect(alert).to_contain_text(words("Your provider's help says what belongs here."))
    for kind in ("smtp", "imap"):
        page.locator(f"[name={kind}_host]").fill("127.0.0.1")
        page.locator(f"[name={kind}_port]").fill(told[f"{kind}_port"])
        page.locator(f"[name={kind}_security]").select_option("none")
    check.click()
    expect(alert).to_contain_text(words("The server for outgoing mail does not take this address and password."))
    page.get_by_label(words("Password for programs")).fill(bot.password)
    check.click()
    expect(page.locator("#found")).to_contain_text(bot.address)
    page.locator("#connect-account").click()
    expect(
        page.get_by_text(words("We are waiting for the first message. This page will notice it by itself."))
    ).to_be_visible()
    assert bot.password not in page.content()

    bot.phone(house_lab.email.person("Vera Belova", language=language)).writes("Hello!")
    expect(page.get_by_role("link", name=words("Open the conversation"))).to_be_visible(timeout=30_000)
    page.get_by_role("link", name=words("Open the conversation")).click()
    expect(page.get_by_role("log")).to_contain_text("Hello!")
    page.get_by_label(words("Subject"), exact=True).fill("Coffee")
    page.locator(".chats-field textarea").fill("Yes, we are open.")
    page.locator(".chats-field textarea").press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Coffee")


def test_every_reason_has_words() -> None:
    from messengers.adapters.email import REASONS
    from messengers.channel_words import reason

    assert wizard_of("email") is not None
    assert [code for code in REASONS if reason(code, "email") == code] == []
