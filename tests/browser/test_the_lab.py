"""The lab's pages: somebody makes a bot, takes a phone, writes and presses; in both languages and themes."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from fake_messenger import eventually
from lab.platforms.telegram.bots import Bot
from lab.platforms.telegram.phones import Phone
from lab.running import Lab, a_lab
from lab.samples import sample

OpenPage = Callable[..., Page]
Looks = tuple[Literal["ru", "en"], Literal["light", "dark"], int]
LOOKS: list[Looks] = [("ru", "light", 1280), ("en", "dark", 390)]
WORDS = {
    "ru": {"make": "Создать бота", "start": "Начать", "on": "Включить", "off": "Выключить"},
    "en": {"make": "Make a bot", "start": "Start", "on": "Turn on", "off": "Turn off"},
}


@pytest.fixture
def lab() -> Iterator[Lab]:
    with a_lab() as made:
        yield made


def call(bot: Bot, method: str, files: Any = None, **given: Any) -> Any:
    """Do as the bot's program would."""
    url = f"{bot.ground.url}/telegram/bot{bot.token}/{method}"
    answer = httpx.post(url, data=given, files=files) if files else httpx.post(url, json=given)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def faults(page: Page) -> list[str]:
    found = Axe().run(page, options={"preload": False, "resultTypes": ["violations"]}).response["violations"]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    named = [f"{one['id']} at {one['nodes'][0]['target']}" for one in found if one["impact"] in ("serious", "critical")]
    return named + (["too wide"] if wide > 0 else [])


@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_a_bot_is_made_a_phone_opened_and_a_fault_turned_on(
    open_page: OpenPage, lab: Lab, language: Literal["ru", "en"], theme: Literal["light", "dark"], width: int
) -> None:
    words = WORDS[language]
    page = open_page(f"{lab.url}/", language=language, theme=theme, width=width)
    page.locator("#new-bot input").fill("Кофейня")
    page.get_by_role("button", name=words["make"]).click()
    expect(page.locator("#bot-list strong")).to_have_text("Кофейня")
    bot = next(iter(lab.telegram.bots.values()))
    expect(page.locator(".token")).to_have_text(bot.token)
    page.locator("#new-person input").fill("Анна Белова")
    page.locator("#new-person button").click()
    phone = page.locator("#people-list").get_by_role("link", name="Кофейня")
    with page.context.expect_page() as opened:
        phone.click()
    opened.value.get_by_role("button", name=words["start"], exact=True).click()
    expect(opened.value.locator(".message")).to_have_count(1)
    page.get_by_role("button", name=words["on"]).click()
    expect(page.get_by_role("button", name=words["off"])).to_be_visible()
    anna = next(iter(lab.people.by_id.values()))
    url = f"{lab.url}/telegram/bot{bot.token}/sendMessage"
    assert httpx.post(url, json={"chat_id": anna.id, "text": "?"}).status_code == 429
    expect(page.locator("#refused")).to_have_text("1")
    page.get_by_role("button", name=words["off"]).click()
    expect(page.get_by_role("button", name=words["off"])).to_have_count(0)
    assert faults(page) == []


@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_a_phone_shows_what_came_and_does_what_its_owner_does(
    open_page: OpenPage, lab: Lab, language: Literal["ru", "en"], theme: Literal["light", "dark"], width: int
) -> None:
    bot = lab.telegram.new_bot("Кофейня", rate=None)
    phone: Phone = bot.phone(lab.telegram.person("Анна"))
    phone.start()
    chat = phone.person.id
    keys = {"inline_keyboard": [[{"text": "Хочу", "callback_data": "1"}]]}
    call(bot, "sendMessage", chat_id=chat, text="<b>Приз</b>?", parse_mode="HTML", reply_markup=keys)
    call(bot, "sendPhoto", {"photo": ("a.jpg", sample("photo").data, "image/jpeg")}, chat_id=chat, caption="Латте")
    call(bot, "sendMessage", chat_id=chat, text="Номер?", reply_markup={"keyboard": [[{"text": "Меню"}]]})

    page = open_page(phone.url, language=language, theme=theme, width=width)
    expect(page.locator(".words b")).to_have_text("Приз")
    expect(page.get_by_role("img", name="a.jpg")).to_be_visible()
    page.get_by_role("button", name="Хочу").click()
    press = eventually(lambda: call(bot, "getUpdates", offset=-1)[0].get("callback_query"))
    call(bot, "answerCallbackQuery", callback_query_id=press["id"], text="Ваш!")
    expect(page.locator("#toast")).to_have_text("Ваш!")
    page.get_by_role("button", name="Меню").click()
    page.locator("textarea").fill("Спасибо & <до> встречи")
    page.keyboard.press("Enter")
    expect(page.locator(".mine .words").last).to_have_text("Спасибо & <до> встречи")
    assert [one.text for one in phone.messages() if one.mine][1:] == ["Меню", "Спасибо & <до> встречи"]
    page.locator("#file").set_input_files({"name": "n.png", "mimeType": "image/png", "buffer": sample("photo").data})
    eventually(lambda: phone.messages()[-1].kind == "photo")
    call(bot, "editMessageText", chat_id=chat, message_id=press["message"]["message_id"], text="Приз ваш")
    expect(page.locator(".words").nth(1)).to_have_text("Приз ваш")
    assert faults(page) == []
    page.locator("#menu-button").click()
    page.locator("#menu button").first.click()
    expect(page.locator("#blocked")).to_be_visible()
    assert phone.chat.blocked
    page.locator("#unblock").click()
    expect(page.locator("textarea")).to_be_visible()
