"""Two agents at the chat panel, each in a browser of his own: what one does the other sees, and nothing is lost."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Route, WebSocketRoute, expect

from audience.models import Contact
from builders import a_channel, a_conversation, a_member, a_message, a_workspace
from config.house import House
from fake_messenger import eventually
from lab.visitor import Visitor
from lab.visitor_site import Site
from messengers.models import Conversation, Message
from messengers.statuses import Status
from workspaces.models import User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

OpenPage = Callable[..., Page]
ARRIVES = 30  # seconds: the house may just be starting a sender


class Desk:
    """A workspace with a site chat, two agents, and a visitor who has written."""

    def __init__(self, house: House, site: Site) -> None:
        self.workspace: Workspace = a_workspace(name="Зерно", language="ru")
        self.anna = self.agent("Анна Лебедева", Role.MARKETER)
        self.boris = self.agent("Борис", Role.AGENT)
        with tenant(self.workspace):
            self.channel = a_channel(name="Сайт", settings={"origins": [site.address]})
        self.visitor = Visitor(house.address, self.channel, site.address)
        self.visitor.writes("Здравствуйте! Вы открыты?")
        self.talk: Conversation = eventually(self.first_talk)

    def agent(self, name: str, role: Role) -> User:
        user = a_member(self.workspace, role)
        user.name = name
        user.save()
        return user

    def first_talk(self) -> Conversation | None:
        with tenant(self.workspace):
            return Conversation.objects.filter(last_message__isnull=False).first()

    def path(self, conversation: Conversation | None = None) -> str:
        return f"/w/{self.workspace.slug}/chats/" + (f"{conversation.pk}/" if conversation else "")

    def sent(self) -> list[str]:
        with tenant(self.workspace):
            rows = Message.objects.filter(conversation=self.talk, direction="out").order_by("id")
            return [row.content["text"] for row in rows]


@pytest.fixture
def desk(house: House, visitor_site: Site) -> Desk:
    return Desk(house, visitor_site)


def composer(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Ответ", exact=True)


def talk(page: Page) -> Locator:
    return page.get_by_role("log")


def answers(page: Page, text: str) -> None:
    composer(page).fill(text)
    composer(page).press("Enter")


def cut_off(page: Page) -> None:
    """Let the page hear nothing: neither over the socket nor by asking."""
    page.route("**/chats/data/since/**", lambda route: route.abort())
    page.route_web_socket(re.compile("/ws/"), lambda socket: socket.close(code=1012))
    page.reload()
    expect(page.get_by_text("Связь прервалась")).to_be_visible()


def test_two_agents_share_one_conversation(desk: Desk, open_page: OpenPage) -> None:
    anna, boris = open_page(desk.path(desk.talk), desk.anna), open_page(desk.path(desk.talk), desk.boris)
    expect(anna.get_by_text("Сейчас смотрят: Борис")).to_be_visible()

    composer(boris).fill("Да, открыты")
    expect(anna.get_by_text("Борис пишет ответ…")).to_be_visible()
    anna.get_by_role("button", name="Взять диалог").click()
    expect(boris.get_by_text("Отвечает Анна Лебедева").first).to_be_visible()
    expect(talk(boris)).to_contain_text("Теперь отвечает Анна Лебедева")

    composer(boris).press("Enter")
    expect(boris.get_by_text("Здесь отвечает Анна Лебедева. Забрать диалог?")).to_be_visible()
    assert desk.sent() == [], "nothing goes out before the question is answered"
    boris.get_by_role("button", name="Забрать и отправить").click()
    expect(talk(anna)).to_contain_text("Да, открыты")
    expect(talk(anna)).to_contain_text("Теперь отвечает Борис, до этого — Анна Лебедева")
    eventually(lambda: "Да, открыты" in desk.visitor.reads(), ARRIVES)
    assert desk.sent() == ["Да, открыты"]

    anna.get_by_role("button", name="Взять диалог").click()
    expect(anna.get_by_role("dialog")).to_contain_text("Здесь отвечает Борис")
    anna.get_by_role("dialog").get_by_role("button", name="Отменить").click()
    boris.get_by_role("button", name="Вернуть боту").click()
    expect(anna.get_by_text("Бот отвечает")).to_be_visible()


def test_a_visitors_words_arrive_live_and_are_counted_until_seen(desk: Desk, open_page: OpenPage) -> None:
    anna = open_page(desk.path(), desk.anna)
    row = anna.locator(f"[data-conversation='{desk.talk.pk}']")
    expect(row).to_contain_text("Вы открыты?")
    expect(anna).to_have_title(re.compile(r"^\(1\) "))

    desk.visitor.writes("Ау?")
    expect(row).to_contain_text("Ау?")
    row.click()

    expect(talk(anna)).to_contain_text("Новое с прошлого раза")
    expect(anna).to_have_url(re.compile(rf"/chats/{desk.talk.pk}/$"))
    expect(anna).to_have_title(re.compile(r"^[^(]"))
    with tenant(desk.workspace):
        eventually(lambda: Conversation.objects.get(pk=desk.talk.pk).unread == 0, ARRIVES)


def test_an_answer_asks_when_newer_words_came_meanwhile(desk: Desk, open_page: OpenPage) -> None:
    anna = open_page(desk.path(desk.talk), desk.anna)
    cut_off(anna)
    composer(anna).fill("Открыты до девяти")
    desk.visitor.writes("Уже не надо")
    eventually(lambda: "Уже не надо" in str(desk.visitor.reads()), ARRIVES)
    with tenant(desk.workspace):
        eventually(lambda: Message.objects.filter(direction="in").count() == 2, ARRIVES)

    composer(anna).press("Enter")

    expect(anna.get_by_text("Пришло 1 новое сообщение. Всё равно отправить?")).to_be_visible()
    expect(talk(anna)).to_contain_text("Уже не надо")
    assert desk.sent() == []
    anna.get_by_role("button", name="Вернуть к правке").click()
    expect(composer(anna)).to_have_value("Открыты до девяти")
    composer(anna).press("Enter")
    eventually(lambda: desk.sent() == ["Открыты до девяти"], ARRIVES)


def test_a_lost_answer_and_a_double_click_make_one_message(desk: Desk, open_page: OpenPage) -> None:
    anna = open_page(desk.path(desk.talk), desk.anna)
    lost: list[int] = []

    def lose_the_first(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    anna.route("**/reply/", lose_the_first)
    composer(anna).fill("Да")
    anna.get_by_role("button", name="Отправить").dblclick()

    expect(talk(anna).get_by_text("Да", exact=True)).to_have_count(1)
    expect(anna.locator("[data-outgoing]")).to_have_count(0)
    assert (lost, desk.sent()) == ([201], ["Да"])


def test_a_dropped_line_loses_nothing(desk: Desk, open_page: OpenPage) -> None:
    anna = open_page(desk.path(desk.talk), desk.anna)
    lines: list[WebSocketRoute] = []
    is_down: list[bool] = []

    def line(socket: WebSocketRoute) -> None:
        if is_down:
            socket.close(code=1012)
            return
        socket.connect_to_server()
        lines.append(socket)

    anna.route_web_socket(re.compile("/ws/"), line)
    anna.reload()
    expect(composer(anna)).to_be_visible()
    eventually(lambda: anna.wait_for_timeout(50) or lines, ARRIVES)
    is_down.append(True)
    anna.context.set_offline(True)
    lines[-1].close(code=1012)
    expect(anna.get_by_text("Связь прервалась, восстанавливаем…")).to_be_visible()

    desk.visitor.writes("Вы здесь?")
    answers(anna, "Сейчас отвечу")
    expect(anna.get_by_text("Нет связи. Сообщение уйдёт, как только она появится.")).to_be_visible()
    is_down.clear()
    anna.context.set_offline(False)

    expect(talk(anna)).to_contain_text("Вы здесь?")
    expect(anna.get_by_text("Связь прервалась")).to_have_count(0)
    # The words that came meanwhile had not been seen by the one who answered.
    anna.get_by_role("button", name="Всё равно отправить").click()
    expect(anna.locator("[data-outgoing]")).to_have_count(0)
    assert desk.sent() == ["Сейчас отвечу"]


def test_what_was_typed_survives_a_reload(desk: Desk, open_page: OpenPage) -> None:
    anna = open_page(desk.path(desk.talk), desk.anna)
    composer(anna).fill("Напишу позже")
    anna.reload()
    expect(composer(anna)).to_have_value("Напишу позже")
    anna.get_by_role("button", name="Заметка").click()
    anna.get_by_role("textbox", name="Заметка").fill("Постоянный клиент")
    anna.get_by_role("button", name="Оставить заметку").click()
    expect(talk(anna)).to_contain_text("Анна Лебедева, только для коллег")
    assert desk.sent() == []


def test_a_failed_message_says_why_and_is_tried_again(desk: Desk, open_page: OpenPage) -> None:
    anna = open_page(desk.path(desk.talk), desk.anna)
    answers(anna, "Ловите")
    eventually(lambda: anna.wait_for_timeout(50) or "Ловите" in desk.visitor.reads(), ARRIVES)
    with tenant(desk.workspace):
        Message.objects.filter(direction="out").update(status=Status.REJECTED, reason="flood")
    anna.reload()

    expect(anna.get_by_text("Мессенджер не принял сообщение. Его ответ: «flood».")).to_be_visible()
    anna.get_by_text("Попыток: 1").click()
    expect(anna.locator(".chats-attempts li")).to_have_count(1)
    anna.get_by_role("button", name="Повторить").click()

    expect(anna.get_by_text("Мессенджер не принял")).to_have_count(0)
    expect(talk(anna).get_by_role("img", name=re.compile("Отправлено|Доставлено"))).to_be_visible()


def test_a_contact_is_corrected_by_those_who_may(desk: Desk, open_page: OpenPage) -> None:
    anna, boris = open_page(desk.path(desk.talk), desk.anna), open_page(desk.path(desk.talk), desk.boris)

    anna.get_by_role("button", name=re.compile("^Телефон")).click()
    anna.get_by_role("textbox", name="Телефон").fill("12")
    anna.get_by_role("button", name="Сохранить").click()
    expect(anna.get_by_text("Это не номер телефона.")).to_be_visible()
    anna.get_by_role("textbox", name="Телефон").fill("8 912 345-67-89")
    anna.get_by_role("button", name="Сохранить").click()

    expect(boris.get_by_role("complementary")).to_contain_text("+79123456789")
    expect(boris.get_by_role("button", name=re.compile("^Телефон"))).to_have_count(0)


def test_the_keyboard_walks_through_conversations(desk: Desk, open_page: OpenPage) -> None:
    with tenant(desk.workspace):
        other = a_conversation(desk.channel, name="Олег")
        a_message(other, "Где мой заказ?")
    anna = open_page(desk.path(), desk.anna)
    expect(anna.locator("[data-conversation]")).to_have_count(2)

    # The physical key counts: in a Cyrillic layout the same key types another letter.
    anna.keyboard.press("Alt+KeyJ")
    expect(anna).to_have_url(re.compile(rf"/{other.pk}/$"))
    anna.keyboard.press("Alt+KeyJ")
    expect(anna).to_have_url(re.compile(rf"/{desk.talk.pk}/$"))
    anna.keyboard.press("Alt+KeyK")
    expect(anna).to_have_url(re.compile(rf"/{other.pk}/$"))
    anna.keyboard.press("Alt+KeyL")
    expect(composer(anna)).to_be_focused()
    anna.keyboard.press("Alt+KeyE")
    expect(anna.locator(f"[data-conversation='{other.pk}']")).to_have_count(0)
    anna.keyboard.press("Escape")
    anna.keyboard.press("Escape")
    expect(anna).to_have_url(re.compile(r"/chats/$"))


@pytest.mark.parametrize(("language", "theme", "width"), [("ru", "light", 1280), ("en", "dark", 390)])
def test_it_is_accessible_and_pages_on_a_phone(
    desk: Desk, open_page: OpenPage, language: str, theme: str, width: int
) -> None:
    page = open_page(desk.path(), desk.anna, language=language, theme=theme, width=width)
    page.locator("[data-conversation]").click()
    expect(talk(page)).to_contain_text("Вы открыты?")
    serious = [
        f"{fault['id']}: {fault['nodes'][0]['html']}"
        for fault in Axe().run(page).response["violations"]
        if fault["impact"] in {"serious", "critical"}
    ]
    assert serious == []
    if width == 390:
        page.get_by_role("button", name="About the contact").click()
        expect(page.get_by_role("complementary")).to_be_visible()
        expect(talk(page)).not_to_be_visible()
        page.get_by_role("button", name="Back to the conversation").click()
        page.get_by_role("button", name="To the list").click()
        expect(page.locator("[data-conversation]")).to_be_visible()


def test_the_list_is_the_same_after_a_reload_and_on_the_way_back(desk: Desk, open_page: OpenPage) -> None:
    with tenant(desk.workspace):
        Contact.objects.update(name="Вера")
    anna = open_page(desk.path(), desk.anna)
    row = anna.locator(f"[data-conversation='{desk.talk.pk}']")
    folder = anna.get_by_role("navigation", name="Папки")
    search = anna.get_by_role("searchbox")
    expect(row).to_be_visible()
    assert anna.url.endswith("/chats/"), "the usual list needs no words in the address"

    folder.get_by_role("button", name="Мои").click()
    expect(row).to_have_count(0)
    anna.reload()
    expect(folder.get_by_role("button", name="Мои")).to_have_attribute("aria-pressed", "true")
    expect(anna.get_by_text("У вас нет диалогов")).to_be_visible()

    folder.get_by_role("button", name="Все").click()
    anna.get_by_label("Порядок").select_option("wait")
    search.fill("Вера")
    expect(anna).to_have_url(re.compile(r"/chats/\?sort=wait&search="))
    row.click()
    expect(anna).to_have_url(re.compile(rf"/chats/{desk.talk.pk}/\?sort=wait&search="))
    expect(talk(anna)).to_contain_text("Вы открыты?")
    search.fill("Никого такого")
    expect(anna.get_by_text("Никто не нашёлся")).to_be_visible()

    anna.go_back()
    expect(search).to_have_value("Вера")
    expect(row).to_be_visible()
    expect(talk(anna)).to_have_count(0)
    anna.go_forward()
    expect(search).to_have_value("Никого такого")
    expect(talk(anna)).to_contain_text("Вы открыты?")


def test_words_in_the_address_that_nobody_knows_show_the_usual_list(desk: Desk, open_page: OpenPage) -> None:
    anna = open_page(desk.path() + "?folder=constructor&state=constructor&channel=999999&sort=name", desk.anna)
    expect(anna.locator(f"[data-conversation='{desk.talk.pk}']")).to_be_visible()
    expect(anna).to_have_url(re.compile(r"/chats/$"))


def test_a_foreign_address_is_no_page(desk: Desk, house: House, visitor_site: Site, open_page: OpenPage) -> None:
    other = Desk(house, visitor_site)
    page = open_page(desk.path(other.talk), desk.anna)
    expect(page.get_by_role("log")).to_have_count(0)
    assert "Вы открыты" not in page.content()
