from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from builders import a_user, a_workspace
from workspaces.models import User, Workspace

OpenPage = Callable[..., Page]


@pytest.fixture
def olga() -> User:
    return a_user(name="Olga", language="en")


@pytest.fixture
def shop(olga: User) -> Workspace:
    return a_workspace(olga, name="Coffee shop")


@pytest.fixture
def page(open_page: OpenPage, olga: User, shop: Workspace) -> Page:
    return open_page(f"/w/{shop.slug}/", olga, language="en")


@pytest.mark.parametrize("typed", ["channels", "каналы", "срфттуды", "rfyfks"])
def test_the_palette_finds_a_page_in_both_languages_and_both_layouts(page: Page, typed: str) -> None:
    page.keyboard.press("Control+KeyK")
    page.keyboard.insert_text(typed)

    expect(page.locator(".palette-item").first).to_contain_text("Channels")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Channels")).to_be_visible()


def test_the_palette_switches_the_workspace(page: Page, olga: User) -> None:
    other = a_workspace(olga, name="Bakery")
    page.reload()

    page.keyboard.press("Control+KeyK")
    page.keyboard.type("bakery")
    page.keyboard.press("Enter")

    page.wait_for_url(f"**/w/{other.slug}/")


def test_a_shortcut_is_a_physical_key_and_is_silent_while_somebody_types(page: Page, shop: Workspace) -> None:
    palette = page.locator("#palette")
    page.keyboard.press("Control+KeyK")
    expect(palette).to_be_visible()
    page.keyboard.press("Alt+KeyB")
    assert page.url.endswith(f"/w/{shop.slug}/")
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()

    page.keyboard.press("Alt+KeyB")
    page.wait_for_url(f"**/w/{shop.slug}/bots/")


def test_the_sheet_shows_every_shortcut(page: Page) -> None:
    page.keyboard.press("Control+Slash")

    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet).to_contain_text("Show all shortcuts")
    expect(sheet).to_contain_text("Dashboard")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_the_first_tab_skips_to_the_content(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_menu_is_walked_with_arrows_and_gives_the_focus_back(page: Page) -> None:
    opener = page.get_by_role("button", name="You: Olga")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#person-menu .menu-item").first).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("button", name="Log out")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_the_folded_rail_is_remembered(page: Page) -> None:
    page.keyboard.press("Alt+Backslash")
    page.reload()

    expect(page.locator(".shell")).to_have_attribute("data-rail", "narrow")
    expect(page.locator(".rail").get_by_role("link", name="Bots")).to_be_visible()


def test_language_and_theme_change_from_the_menu_and_stay(page: Page) -> None:
    page.get_by_role("button", name="You: Olga").click()
    page.locator("#person-menu").get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "kaskad-dark")

    page.get_by_role("button", name="You: Olga").click()
    page.locator("#person-menu").get_by_role("button", name="Русский").click()
    expect(page.get_by_role("heading", level=1, name="Обзор")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "ru")


def test_hidden_first_steps_come_back_with_undo(page: Page) -> None:
    page.get_by_role("button", name="Hide").click()
    expect(page.get_by_role("heading", name="First steps")).to_have_count(0)

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="First steps")).to_be_visible()


def test_a_phone_has_a_bar_below_and_the_rest_in_a_sheet(open_page: OpenPage, olga: User, shop: Workspace) -> None:
    page = open_page(f"/w/{shop.slug}/", olga, language="en", width=390)

    page.locator(".bottom-bar").get_by_role("button", name="More").click()
    sheet = page.get_by_role("dialog", name="More")
    expect(sheet.get_by_role("button", name="Log out")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".bottom-bar").get_by_role("link", name="Bots").click()
    page.wait_for_url("**/bots/")
