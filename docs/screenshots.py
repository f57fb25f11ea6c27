"""Make the README's pictures from the running demo: `make run` in one window, `python docs/screenshots.py` in another.

The demo's owner looks at the dashboard, a conversation of hers and a flow; then a visitor writes in the shop.
Take them soon after the demo was made: its past ends with visitors who have waited for minutes.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "images"
sys.path.insert(0, str(ROOT / "tests"))
TALK = "Марина Ершова"  # whom the owner is answering, see `config.demo_talks`
WORD = "приз"  # the keyword to which the demo's bot answers


def main() -> None:
    """Take every picture."""
    from chromium import ARGUMENTS, find_chromium

    given = _arguments()
    demo = json.loads((given.var / "demo.json").read_text())
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        for theme in ("light", "dark"):
            _owner(browser, given.kaskad, demo, theme)
        _visitor(browser, f"{given.shop}/?key={demo['channel']}")
        browser.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kaskad", default="http://localhost:8000", help="the address of the running Kaskad")
    parser.add_argument("--shop", default="http://localhost:8010", help="the address of the demo shop")
    parser.add_argument("--var", default=ROOT / "var", type=Path, help="the folder of its data")
    return parser.parse_args()


def _visitor(browser: Browser, shop: str) -> None:
    page = browser.new_page(locale="ru-RU", viewport={"width": 1280, "height": 800})
    page.goto(shop)
    page.get_by_role("button", name="Открыть чат").click()
    box = page.get_by_role("textbox")
    box.fill(WORD)
    box.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Участвуете")
    page.screenshot(path=PICTURES / "site-chat.png")
    page.context.close()


def _owner(browser: Browser, kaskad: str, demo: dict[str, Any], theme: Any) -> None:
    page = browser.new_page(
        base_url=kaskad, locale="ru-RU", color_scheme=theme, viewport={"width": 1280, "height": 800}
    )
    _sign_in(page, demo)
    page.get_by_role("heading", level=1).wait_for()
    page.screenshot(path=PICTURES / f"dashboard-{theme}.png")

    page.keyboard.press("Alt+KeyC")
    page.locator("[data-conversation]").filter(has_text=TALK).click()
    expect(page.get_by_role("log")).to_contain_text("Эфиопия")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / f"chats-{theme}.png")

    page.goto(page.url.split("/chats/")[0] + "/bots/")
    page.locator("main a[href*='/bots/']").filter(has_not_text="+").last.click()
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Начать").click()
    page.get_by_role("button", name="Доставка").click()
    expect(page.get_by_text("Доставим за 1–3 дня").last).to_be_visible()
    page.screenshot(path=PICTURES / f"flow-{theme}.png")
    page.context.close()


def _sign_in(page: Page, demo: dict[str, Any]) -> None:
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(demo["email"])
    page.locator("input[name=password]").fill(demo["password"])
    page.locator("form[action*=login] button[type=submit], form button[type=submit]").first.click()
    page.wait_for_url(re.compile("/w/"))


if __name__ == "__main__":
    main()
