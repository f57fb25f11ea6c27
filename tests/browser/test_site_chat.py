"""A visitor of another site talks in the chat: in a real browser, on a page whose styles are hostile to it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

from builders import a_channel, a_user, a_workspace
from fake_messenger import eventually
from lab.visitor_site import Site
from messengers import outbox
from messengers.content import Content
from messengers.models import Channel, Conversation, Message
from workspaces.models import Workspace
from workspaces.scope import tenant

OpenPage = Callable[..., Page]


@pytest.fixture
def workspace() -> Workspace:
    return a_workspace()


@pytest.fixture
def channel(workspace: Workspace, visitor_site: Site) -> Channel:
    with tenant(workspace):
        return a_channel(
            settings={
                "origins": [visitor_site.address],
                "title": "Зерно",
                "greeting": "Отвечаем за пять минут",
                "color": "#ffd400",
            }
        )


@pytest.fixture
def a_picture(tmp_path: Path) -> Path:
    file = tmp_path / "beans.png"
    Image.new("RGB", (40, 30), "brown").save(file)
    return file


def open_chat(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Открыть чат|Open chat")).click()
    expect(page.get_by_role("dialog")).to_be_visible()


def writes(page: Page, text: str) -> None:
    box = page.get_by_role("textbox")
    box.fill(text)
    box.press("Enter")


def heard(workspace: Workspace, text: str) -> Message:
    def look() -> Message | None:
        with tenant(workspace):
            return next((one for one in Message.objects.filter(direction="in") if one.content["text"] == text), None)

    found: Message = eventually(look)
    return found


def answer(workspace: Workspace, text: str, **parts: Any) -> Message:
    with tenant(workspace):
        return outbox.enqueue(
            Conversation.objects.get(),
            Content(text=text, **parts),
            source=Message.Source.MEMBER,
            author=a_user(name="Анна"),
        )


def test_a_talk_with_markup_buttons_and_history(
    open_page: OpenPage, visitor_site: Site, workspace: Workspace, channel: Channel
) -> None:
    page = open_page(visitor_site.page(channel.key))
    open_chat(page)
    log = page.get_by_role("log")

    writes(page, "Есть кофе в зёрнах?")
    heard(workspace, "Есть кофе в зёрнах?")
    buttons = [{"kind": "reply", "id": "yes", "text": "Беру"}, {"kind": "reply", "id": "no", "text": "Подумаю"}]
    answer(workspace, "*Да*, смотрите: https://zerno.example/beans", buttons=buttons)
    expect(log.locator("strong", has_text="Да")).to_be_visible()
    expect(log.get_by_role("link", name="https://zerno.example/beans")).to_have_attribute("rel", re.compile("noopener"))
    expect(log.get_by_text("Анна")).to_be_visible()

    log.get_by_role("button", name="Беру").click()
    heard(workspace, "Беру")
    expect(log.get_by_role("button", name="Подумаю")).to_have_count(0)

    page.reload()
    open_chat(page)
    expect(page.get_by_role("log").get_by_text("Есть кофе в зёрнах?")).to_have_count(1)
    expect(page.get_by_role("log").locator(".words", has_text="Беру")).to_have_count(1)
    expect(page.get_by_role("log").get_by_role("button", name="Подумаю")).to_have_count(0)


def test_until_somebody_comes_near_only_the_loader_is_fetched(
    open_page: OpenPage, visitor_site: Site, channel: Channel
) -> None:
    page = open_page("/healthz")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.split("/", 3)[3]))
    page.goto(visitor_site.page(channel.key))
    expect(page.get_by_role("button", name="Открыть чат")).to_be_visible()

    assert [path for path in asked if path.startswith("chat")] == ["chat.js", f"chat/{channel.key}/config"]


def test_the_keyboard_is_enough(open_page: OpenPage, visitor_site: Site, channel: Channel) -> None:
    page = open_page(visitor_site.page(channel.key))
    bubble = page.get_by_role("button", name="Открыть чат")
    expect(bubble).to_be_visible()

    page.keyboard.press("Tab")
    expect(bubble).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(bubble).to_be_focused()


def test_without_a_connection_words_wait_and_go_by_themselves(
    open_page: OpenPage, visitor_site: Site, workspace: Workspace, channel: Channel
) -> None:
    page = open_page(visitor_site.page(channel.key))
    open_chat(page)
    expect(page.get_by_text("Напишите нам")).to_be_visible()
    page.route("**/chat/*/messages", lambda route: route.abort())

    writes(page, "Вы меня слышите?")
    expect(page.get_by_text("Нет соединения")).to_be_visible()
    expect(page.get_by_text("Ждёт соединения")).to_be_attached()
    page.reload()
    open_chat(page)
    expect(page.get_by_role("log").get_by_text("Вы меня слышите?")).to_be_visible()

    page.unroute("**/chat/*/messages")
    heard(workspace, "Вы меня слышите?")
    expect(page.get_by_text("Ждёт соединения")).to_have_count(0)
    expect(page.get_by_role("log").get_by_text("Вы меня слышите?")).to_have_count(1)


def test_where_sockets_are_not_let_through_answers_come_all_the_same(
    open_page: OpenPage, visitor_site: Site, workspace: Workspace, channel: Channel
) -> None:
    page = open_page("/healthz")
    page.route_web_socket(re.compile("/ws/chat/"), lambda socket: socket.close())
    page.goto(visitor_site.page(channel.key))
    open_chat(page)
    writes(page, "Добрый день")
    heard(workspace, "Добрый день")

    answer(workspace, "Здравствуйте")

    expect(page.get_by_role("log").get_by_text("Здравствуйте")).to_be_visible()


def test_an_answer_to_a_closed_chat_is_counted(
    open_page: OpenPage, visitor_site: Site, workspace: Workspace, channel: Channel
) -> None:
    page = open_page(visitor_site.page(channel.key))
    open_chat(page)
    writes(page, "Добрый день")
    heard(workspace, "Добрый день")
    page.keyboard.press("Escape")

    message = answer(workspace, "Здравствуйте")

    expect(page.get_by_role("button", name="Открыть чат (непрочитанных сообщений: 1)")).to_be_visible()
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    open_chat(page)
    expect(page).to_have_title(re.compile(r"^Кофейня"))

    def is_read() -> bool:
        with tenant(workspace):
            return Message.objects.get(pk=message.pk).status == "read"

    eventually(is_read)


def test_files_are_sent_and_pictures_shown(
    open_page: OpenPage, visitor_site: Site, workspace: Workspace, channel: Channel, a_picture: Path
) -> None:
    page = open_page(visitor_site.page(channel.key))
    open_chat(page)
    expect(page.get_by_text("Напишите нам")).to_be_visible()
    chooser = page.locator("input[type=file]")

    chooser.set_input_files(str(a_picture))
    picture = page.get_by_role("log").get_by_role("img", name=a_picture.name)
    expect(picture).to_be_visible()
    assert picture.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 40

    chooser.set_input_files({"name": "list.txt", "mimeType": "text/plain", "buffer": b"beans"})
    expect(page.get_by_role("log").get_by_role("link", name=re.compile("list.txt"))).to_be_visible()
    chooser.set_input_files({"name": "virus.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"})
    expect(page.get_by_role("alert").filter(has_text="Программы отправлять нельзя")).to_be_visible()


def test_a_site_that_is_not_listed_gets_no_chat(open_page: OpenPage, visitor_site: Site, workspace: Workspace) -> None:
    with tenant(workspace):
        foreign = a_channel(settings={"origins": ["https://elsewhere.example"]})
    page = open_page("/healthz")
    with page.expect_console_message(lambda message: "may not be shown" in message.text or "нельзя" in message.text):
        page.goto(visitor_site.page(foreign.key))

    expect(page.locator("kaskad-chat")).to_have_count(0)


@pytest.mark.parametrize(("theme", "language", "width"), [("light", "ru", 1280), ("dark", "en", 390)])
def test_it_looks_right_and_is_accessible(
    open_page: OpenPage,
    visitor_site: Site,
    workspace: Workspace,
    channel: Channel,
    theme: str,
    language: str,
    width: int,
) -> None:
    page = open_page(visitor_site.page(channel.key, language), theme=theme, width=width, language=language)
    open_chat(page)
    writes(page, "Есть кофе?")
    heard(workspace, "Есть кофе?")
    answer(workspace, "Да", buttons=[{"kind": "share_phone", "text": "Куда позвонить?"}])
    expect(page.get_by_role("log").get_by_text("Да", exact=True)).to_be_visible()

    words = page.get_by_role("dialog").locator(".words").first
    assert words.evaluate("words => getComputedStyle(words).fontFamily").startswith("system-ui")
    assert words.evaluate("words => getComputedStyle(words).letterSpacing") == "normal"
    assert not [one["id"] for one in Axe().run(page, context="kaskad-chat").response["violations"]]


def test_a_chat_is_made_put_on_a_site_and_seen_there(open_page: OpenPage, visitor_site: Site) -> None:
    owner = a_user(language="ru")
    workspace = a_workspace(owner, name="Зерно")
    page = open_page(f"/w/{workspace.slug}/channels/", owner)
    page.locator("main").get_by_role("link", name="Подключить канал").first.click()
    page.get_by_role("link", name="Чат на сайте").click()

    page.get_by_label("Сайты, на которых может стоять чат").fill(visitor_site.address)
    page.get_by_label("Строка под заголовком").fill("Отвечаем сразу")
    preview = page.frame_locator("iframe")
    expect(preview.get_by_role("dialog").get_by_text("Отвечаем сразу")).to_be_visible()
    assert not found_by_axe(page)
    page.get_by_role("button", name="Создать чат").click()

    expect(page.get_by_text("ждём первого захода")).to_be_visible()
    assert not found_by_axe(page)
    with tenant(workspace):
        channel = Channel.objects.get()
    open_page(visitor_site.page(channel.key))
    expect(page.get_by_text("Чат стоит на вашем сайте.")).to_be_visible(timeout=10_000)


def found_by_axe(page: Page) -> list[str]:
    return [one["id"] for one in Axe().run(page).response["violations"]]
