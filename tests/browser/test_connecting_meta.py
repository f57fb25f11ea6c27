"""A marketer connects a Page, and an Instagram account: what goes wrong is told in words, then somebody writes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from builders import a_member, a_workspace
from lab.platforms.meta.accounts import Bot
from lab.running import Lab
from page_words import words_of
from workspaces.roles import Role

OpenPage = Callable[..., Page]
WAITING = "We are waiting for the first message. This page will notice it by itself."


@pytest.mark.parametrize(
    ("kind", "name", "language", "width"),
    [
        pytest.param("messenger", "Facebook Messenger", "ru", 390, id="messenger-ru-phone"),
        pytest.param("instagram", "Instagram", "en", 1280, id="instagram-en-wide"),
    ],
)
def test_from_keys_to_the_first_message(
    open_page: OpenPage, house_lab: Lab, kind: str, name: str, language: str, width: int
) -> None:
    words = words_of(language)
    workspace = a_workspace(name="Grain", language=language)
    owner = a_member(workspace, Role.OWNER)
    shop: Bot = getattr(house_lab, kind).new_bot("Coffee shop")
    page = open_page(f"/w/{workspace.slug}/channels/new/", owner, language=language, width=width)
    page.get_by_role("main").get_by_role("link", name=name, exact=False).click()
    page.get_by_label(words("The lab on this machine, for practice")).check()
    labels = {"app_id": "App ID", "app_secret": "App secret", "token": "Page token"}
    alert = page.get_by_role("alert")

    def check(**other: str) -> None:
        for field, value in (shop.credentials() | other).items():
            page.get_by_label(words(labels[field]), exact=True).fill(value)
        page.get_by_role("button", name=words("Check the keys")).click()

    check(token="hello")
    expect(alert).to_contain_text(words("A Page token begins with EAA and has some two hundred letters."))
    check(token="EAA" + "x" * 60)
    expect(alert).to_contain_text(
        words("Meta does not know this token: a letter is missing, or it was revoked. Copy it once more.")
    )
    check(app_secret="0" * 32)
    expect(alert).to_contain_text(words("The app ID and the app secret do not belong together. Copy both once more."))
    shop.rights.remove("pages_manage_metadata")
    check()
    expect(alert).to_contain_text("pages_manage_metadata")
    shop.rights.append("pages_manage_metadata")

    shop.stolen_by("https://other.example/hook")
    check()
    expect(page.locator("#found")).to_contain_text(shop.key)
    expect(page.locator("#found")).to_contain_text("other.example")
    page.locator("input[name=take_over]").check()
    page.locator("#connect-account").click()
    expect(page.get_by_text(words(WAITING))).to_be_visible()
    assert shop.token not in page.content()
    assert shop.hook
    assert f"/hooks/{kind}/" in shop.hook.callback_url

    shop.phone(house_lab.messenger.person("Vera Belova", language=language)).writes("Hello!")
    expect(page.locator("#first-message-check")).to_contain_text("Vera Belova", timeout=30_000)
