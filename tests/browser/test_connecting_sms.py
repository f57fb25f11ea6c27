"""A marketer connects an operator's centre: what is missing or wrong is told in words, then the first SMS is seen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from builders import a_member, a_workspace
from lab.running import Lab
from page_words import words_of
from workspaces.roles import Role

OpenPage = Callable[..., Page]
LOOKS = [pytest.param("ru", 390, id="ru-phone"), pytest.param("en", 1280, id="en-wide")]


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_from_an_operators_letter_to_the_first_sms(
    open_page: OpenPage, house_lab: Lab, language: str, width: int
) -> None:
    words = words_of(language)
    workspace = a_workspace(name="Grain", language=language)
    owner = a_member(workspace, Role.OWNER)
    bot = house_lab.sms.new_bot("Grain", provider="smpp")
    given = bot.credentials()
    page = open_page(f"/w/{workspace.slug}/channels/new/", owner, language=language, width=width)
    page.get_by_role("main").get_by_role(
        "link",
        name=words(
            "Messages to any phone: you need an account at SMSC.ru or Twilio, or an operator's contract for SMPP."
        ),
    ).click()
    page.get_by_label(words("The lab on this machine, for practice")).check()
    server = page.get_by_label(words("Server (SMPP)"))
    expect(server).to_be_hidden()
    page.get_by_label(words("Provider")).select_option("smpp")
    expect(server).to_be_visible()
    expect(page.get_by_label(words("Login (SMSC.ru)"))).to_be_hidden()
    alert = page.get_by_role("alert")

    def check(password: str) -> None:
        page.get_by_label(words("Password; at Twilio the auth token")).fill(password)
        page.get_by_role("button", name=words("Check the keys")).click()

    check(given["password"])
    expect(alert).to_contain_text(words("The operator's letter says what belongs here."))
    server.fill(given["host"])
    page.get_by_label(words("Port (SMPP)")).fill(given["port"])
    page.get_by_label(words("System ID (SMPP)")).fill(given["system_id"])
    page.get_by_label(words("Sender: a registered name or a number")).fill(given["sender"])
    check("wrong")
    expect(alert).to_contain_text(words("The provider does not know these keys. Copy them once more."))
    check(given["password"])
    page.locator("#connect-account").click()
    expect(
        page.get_by_text(words("We are waiting for the first message. This page will notice it by itself."))
    ).to_be_visible()
    assert given["password"] not in page.content()

    bot.phone(house_lab.sms.person("Vera Belova", language=language)).writes("Hello!")
    expect(page.get_by_role("link", name=words("Open the conversation"))).to_be_visible(timeout=30_000)
    page.get_by_role("link", name=words("Open the conversation")).click()
    expect(page.get_by_role("log")).to_contain_text("Hello!")

    # What an answer takes is told while it is written; an operator's centre tells no price.
    field = page.locator(".chats-field textarea")
    field.fill("Вам одобрен заказ. " * 5)
    told = page.locator(".chats-cost")
    expect(told).to_contain_text("2 сообщения" if language == "ru" else "2 messages")
    expect(told).to_contain_text(words("the price is not known"))
    field.fill("")
    expect(told).to_be_hidden()
