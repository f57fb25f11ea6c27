"""A marketer connects a number of WhatsApp: what goes wrong is told in words, then somebody writes."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from builders import a_member, a_workspace
from lab.platforms.whatsapp.numbers import Number
from lab.running import Lab
from page_words import words_of
from workspaces.roles import Role

OpenPage = Callable[..., Page]
WAITING = "We are waiting for the first message. This page will notice it by itself."
LABELS = {"app_id": "App ID", "app_secret": "App secret", "token": "System user's token"}


def test_from_keys_to_the_first_message(open_page: OpenPage, house_lab: Lab) -> None:
    words = words_of("en")
    workspace = a_workspace(name="Grain", language="en")
    owner = a_member(workspace, Role.OWNER)
    shop: Number = house_lab.whatsapp.new_bot("Coffee shop")
    page = open_page(f"/w/{workspace.slug}/channels/new/", owner, language="en", width=1280)
    page.get_by_role("main").get_by_role("link", name="WhatsApp", exact=False).click()
    page.get_by_label(words("The lab on this machine, for practice")).check()
    alert = page.get_by_role("alert")

    def check(**other: str) -> None:
        for field, value in (shop.credentials() | other).items():
            page.get_by_label(words(LABELS[field]), exact=True).fill(value)
        page.get_by_role("button", name=words("Check the keys")).click()

    check(token="hello")
    expect(alert).to_contain_text("This is not a token.")
    check(token="EAA" + "x" * 60)
    expect(alert).to_contain_text("Meta does not know this token")
    shop.rights.remove("whatsapp_business_management")
    check()
    expect(alert).to_contain_text("lacks the right whatsapp_business_management")
    shop.rights.append("whatsapp_business_management")
    shop.registered = False
    check()
    expect(alert).to_contain_text("not registered at Meta yet")
    shop.registered = True

    check()
    expect(page.locator("#found")).to_contain_text(shop.shown_number)
    page.locator("#connect-account").click()
    expect(page.get_by_text(words(WAITING))).to_be_visible()
    assert shop.token not in page.content()
    assert shop.hook
    assert "/hooks/whatsapp/" in shop.hook.callback_url

    shop.phone(house_lab.whatsapp.person("Vera Belova", language="en")).writes("Hello!")
    expect(page.locator("#first-message-check")).to_contain_text("Vera Belova", timeout=30_000)
