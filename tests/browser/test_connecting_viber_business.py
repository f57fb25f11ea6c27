"""A marketer connects Viber by phone number: what is missing or wrong is told in words, then the channel stands."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from builders import a_member, a_workspace
from lab.running import Lab
from page_words import words_of
from workspaces.roles import Role

OpenPage = Callable[..., Page]
LOOKS = [
    pytest.param("ru", 390, "smsaero", id="ru-phone-smsaero"),
    pytest.param("en", 1280, "smsc", id="en-wide-smsc"),
]


@pytest.mark.parametrize(("language", "width", "provider"), LOOKS)
def test_from_a_key_to_a_channel(open_page: OpenPage, house_lab: Lab, language: str, width: int, provider: str) -> None:
    words = words_of(language)
    workspace = a_workspace(name="Grain", language=language)
    owner = a_member(workspace, Role.OWNER)
    given = house_lab.viber_business.new_bot(provider=provider).credentials()
    page = open_page(f"/w/{workspace.slug}/channels/new/", owner, language=language, width=width)
    page.get_by_role("main").get_by_role(
        "link",
        name=words("Messages to people's Viber by their phone numbers: you need an account at SMSC.ru or SMS Aero."),
    ).click()
    page.get_by_label(words("The lab on this machine, for practice")).check()
    page.get_by_label(words("Provider")).select_option(provider)
    page.get_by_label(words("Sender's name in Viber")).fill(given["sender"])
    alert = page.get_by_role("alert")

    def check(key: str) -> None:
        page.get_by_label(words("API key")).fill(key)
        page.get_by_role("button", name=words("Check the keys")).click()

    if provider == "smsaero":
        check(given["apikey"])
        expect(alert).to_contain_text(words("SMS Aero wants the e-mail with which you sign in."))
        page.get_by_label(words("Login, or e-mail at SMS Aero")).fill(given["login"])
    check("wrong")
    expect(alert).to_contain_text(words("The provider does not know these keys. Copy them once more."))
    check(given["apikey"])
    page.locator("#connect-account").click()
    expect(
        page.get_by_text(words("We are waiting for the first message. This page will notice it by itself."))
    ).to_be_visible()
    assert given["apikey"] not in page.content()
    page.goto(page.url.removesuffix("first/"))
    expect(page.get_by_label(words("Price of a message"))).to_have_value(re.compile(r"0(\.0)?"))
    assert given["apikey"] not in page.content()
