"""A marketer connects a bot of Telegram by its token, sees how it does, and mends it. Telegram is the lab's."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from builders import a_channel, a_client, a_conversation, a_message, a_user, a_workspace
from fake_messenger import eventually
from lab.platforms.telegram.bots import Bot
from lab.running import Lab, a_lab
from messengers import channels, outcomes
from messengers.models import Channel, Conversation
from workspaces.models import AuditEntry, Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.django_db

THIEF = "https://thief.example/hook"


@pytest.fixture(scope="module")
def running() -> Iterator[Lab]:
    with a_lab() as lab:
        yield lab


class Shop:
    """A workspace, its owner's browser, and a bot of the lab."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.owner = a_user(language="en")
        self.workspace: Workspace = a_workspace(self.owner)
        self.browser: Client = a_client(self.owner)
        self.browser.cookies["django_language"] = "en"
        self.bot: Bot = lab.telegram.new_bot("Shop bot")

    def path(self, rest: str = "") -> str:
        return f"/w/{self.workspace.slug}/channels/{rest}"

    def looks_up(self, token: str = "", **more: str) -> str:
        typed = {"token": token or self.bot.token, "place": "lab", **more}
        return self.browser.post(self.path("new/telegram/look-up/"), typed).content.decode()

    def connects(self, **more: str) -> Any:
        typed = {"token": self.bot.token, "place": "lab", "account": self.bot.token.split(":")[0], **more}
        return self.browser.post(self.path("new/telegram/connect/"), typed)

    def connected(self) -> Channel:
        assert self.connects().status_code == 204
        return self.channel()

    def channel(self) -> Channel:
        with tenant(self.workspace):
            return Channel.objects.get()

    def posts(self, rest: str, **body: str) -> str:
        return self.browser.post(self.path(rest), body, follow=True).content.decode()

    def sees(self, rest: str) -> str:
        return self.browser.get(self.path(rest)).content.decode()


@pytest.fixture
def shop(running: Lab, settings: Any) -> Shop:
    running.behaves()
    settings.LAB_URL = running.url
    settings.BASE_URL = "http://127.0.0.1:1"
    return Shop(running)


def test_the_gallery_leads_to_a_page_that_tells_how_to_get_a_token(shop: Shop) -> None:
    assert shop.path("new/telegram/") in shop.sees("new/")
    page = shop.sees("new/telegram/")
    assert "@BotFather" in page
    assert shop.lab.url in page


def test_a_token_is_looked_up_and_changes_nothing(shop: Shop) -> None:
    shown = shop.looks_up(f"Use this token: {shop.bot.token} Keep it safe.")

    assert "Shop bot" in shown
    assert f"@{shop.bot.username}" in shown
    assert shop.bot.token not in shown
    assert not shop.bot.hook_url
    with tenant(shop.workspace):
        assert not Channel.objects.exists()


def test_a_bot_is_connected_and_its_news_come_to_its_own_address(shop: Shop) -> None:
    answer = shop.connects()

    channel = shop.channel()
    assert answer.headers["HX-Redirect"] == shop.path(f"{channel.pk}/first/")
    assert shop.bot.hook_url == channels.facts(channel).hook_url
    assert (channel.name, channel.account, channel.practice, channel.polls) == (
        "Shop bot", shop.bot.token.split(":")[0], True, False,
    )  # fmt: skip
    with tenant(shop.workspace):
        assert AuditEntry.objects.get().action == "channel.connected"


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("hello", "This is not a token"),
        ("", "This field is required"),
        ("123456789:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "Telegram does not know this token"),
    ],
)
def test_a_wrong_token_is_explained(shop: Shop, token: str, words: str) -> None:
    answer = shop.browser.post(shop.path("new/telegram/look-up/"), {"token": token, "place": "lab"}).content.decode()

    assert words in answer
    assert not token or token not in answer


def test_telegram_that_does_not_answer_is_told_apart_from_a_wrong_token(shop: Shop, settings: Any) -> None:
    settings.LAB_URL = "http://127.0.0.1:9"
    assert "Telegram does not answer" in shop.looks_up()


def test_another_program_loses_the_bot_only_when_that_was_said(shop: Shop) -> None:
    shop.bot.stolen_by(THIEF)
    assert "Another program at thief.example" in shop.looks_up()

    assert "Another program at thief.example" in shop.connects().content.decode()
    assert shop.bot.hook_url == THIEF
    assert shop.connects(take_over="yes").status_code == 204
    assert "/hooks/telegram/" in shop.bot.hook_url


def test_a_token_that_was_exchanged_meanwhile_is_shown_again(shop: Shop) -> None:
    answer = shop.connects(account="1")

    assert f"Connect @{shop.bot.username}" in answer.content.decode()
    with tenant(shop.workspace):
        assert not Channel.objects.exists()


def test_a_bot_is_connected_once(shop: Shop) -> None:
    channel = shop.connected()

    shown = shop.looks_up()
    assert "connected already" in shown
    assert shop.path(f"{channel.pk}/") in shown
    assert "connected already" in shop.connects().content.decode()


def test_a_bot_of_another_workspace_is_refused_without_a_word_of_whose_it_is(shop: Shop) -> None:
    theirs = shop.connected()
    other = Shop(shop.lab)
    other.bot = shop.bot

    answer = other.connects().content.decode()

    assert "can be connected once" in answer
    assert shop.workspace.name not in answer
    assert shop.bot.hook_url == channels.facts(theirs).hook_url, "and it goes on working there"
    with tenant(other.workspace):
        assert not Channel.objects.exists()


def test_switched_off_it_is_free_for_others_and_cannot_come_back_meanwhile(shop: Shop) -> None:
    channel = shop.connected()
    shop.posts(f"{channel.pk}/switch/", on="no")
    assert not shop.bot.hook_url
    other = Shop(shop.lab)
    other.bot = shop.bot
    theirs = other.connected()

    page = shop.posts(f"{channel.pk}/switch/", on="yes")

    assert "can be connected once" in page
    assert shop.channel().state == Channel.State.DISCONNECTED
    assert shop.bot.hook_url == channels.facts(theirs).hook_url


def test_without_a_public_address_the_messages_are_fetched(shop: Shop, monkeypatch: Any) -> None:
    monkeypatch.setattr("messengers.adapters.telegram.calls.ROOT", f"{shop.lab.url}/telegram")
    assert "long polling" not in shop.looks_up()
    assert "Kaskad will fetch the messages itself" in shop.looks_up(place="telegram")

    shop.connects(place="telegram", news="polls")

    assert shop.channel().polls
    assert not shop.bot.hook_url


def test_the_first_message_is_awaited(shop: Shop) -> None:
    channel = shop.connected()
    page = shop.sees(f"{channel.pk}/first/")
    assert "We are waiting for the first message" in page
    assert shop.lab.url in page

    with tenant(shop.workspace):
        talk = a_conversation(channel, name="Vera")
    came = shop.sees(f"{channel.pk}/first/check/")
    assert "It works: Vera has come" in came
    assert "hx-get" in came
    with tenant(shop.workspace):
        said = a_message(talk)
        Conversation.objects.filter(pk=talk.pk).update(last_message=said, last_message_at=said.created_at)

    assert "It works: Vera has written" in shop.sees(f"{channel.pk}/first/check/")


def test_a_stolen_webhook_is_explained_and_taken_back(shop: Shop) -> None:
    channel = shop.connected()
    assert "The messages are delivered to Kaskad" in shop.sees(f"{channel.pk}/webhook/")
    shop.bot.stolen_by(THIEF)

    assert "Another program at thief.example" in shop.sees(f"{channel.pk}/webhook/")
    page = shop.posts(f"{channel.pk}/webhook/take-back/")

    assert "The messages come to Kaskad again" in page
    assert shop.bot.hook_url == channels.facts(channel).hook_url
    assert "The messages are delivered to Kaskad" in shop.sees(f"{channel.pk}/webhook/")


def test_a_webhook_and_fetching_are_exchanged(shop: Shop) -> None:
    channel = shop.connected()

    assert "Kaskad fetches the messages now" in shop.posts(f"{channel.pk}/news/", polls="yes")
    assert (shop.channel().polls, shop.bot.hook_url) == (True, "")
    assert "Kaskad fetches the messages (long polling)" in shop.sees(f"{channel.pk}/webhook/")
    shop.posts(f"{channel.pk}/news/", polls="no")
    assert (shop.channel().polls, shop.bot.hook_url) == (False, channels.facts(channel).hook_url)


def test_a_new_token_of_the_same_bot_mends_it_and_another_bots_is_refused(shop: Shop) -> None:
    channel = shop.connected()
    new = shop.bot.revoke()
    with tenant(shop.workspace):
        channels.mark_broken(channel.pk, "token_revoked")
    assert "The token does not work any more" in shop.sees(f"{channel.pk}/")
    assert "Telegram does not know this token" in shop.sees(f"{channel.pk}/webhook/")

    page = shop.posts(f"{channel.pk}/keys/", token=shop.lab.telegram.new_bot("Other").token)
    assert "keys of another account" in page
    assert shop.channel().secrets["token"] != new

    assert "The new keys work" in shop.posts(f"{channel.pk}/keys/", token=new)
    assert (shop.channel().state, shop.channel().secrets["token"]) == (Channel.State.ACTIVE, new)
    assert new not in shop.sees(f"{channel.pk}/")


CHANGES = [
    pytest.param("webhook/take-back/", {}, "setWebhook", id="taken-back"),
    pytest.param("news/", {"polls": "yes"}, "deleteWebhook", id="fetched"),
    pytest.param("switch/", {"on": "no"}, "getWebhookInfo", id="switched-off"),
]


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize(("rest", "body", "method"), CHANGES)
def test_while_telegram_is_asked_senders_note_what_they_must(
    shop: Shop, rest: str, body: dict[str, str], method: str
) -> None:
    channel = shop.connected()
    slow = shop.lab.misbehaves("slow", method=method, seconds=5)

    def change() -> None:
        shop.posts(f"{channel.pk}/{rest}", **body)
        connection.close()

    changing = threading.Thread(target=change)
    changing.start()
    eventually(lambda: slow.hits, 30)
    with tenant(shop.workspace), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '1s'")
        outcomes.pause(channel.pk, timezone.now() + timedelta(hours=1))
    assert changing.is_alive()
    changing.join()

    assert (shop.channel().paused_until is None) == (rest == "webhook/take-back/"), "connecting anew ends a pause"


def test_settings_change_what_is_sent_and_how_fast(shop: Shop) -> None:
    channel = shop.connected()

    shop.posts(f"{channel.pk}/", name="Sales", paid_broadcasts="on")

    changed = shop.channel()
    assert changed.name == "Sales"
    assert (changed.settings["link_previews"], changed.settings["paid_broadcasts"]) == (False, True)
    assert changed.settings["username"] == shop.bot.username
    assert changed.shards > 1


def test_the_list_tells_bots_and_site_chats_apart(shop: Shop) -> None:
    channel = shop.connected()
    with tenant(shop.workspace):
        site = a_channel(name="Site")

    page = shop.sees("")

    assert shop.path(f"{channel.pk}/first/") in page
    assert shop.path(f"{site.pk}/install/") in page


def test_one_practises_with_people_of_the_lab(shop: Shop) -> None:
    page = shop.posts("new/telegram/practice/", name="Grain")
    assert "made-up people are coming" in page
    channel = shop.channel()
    assert (channel.name, channel.practice, channel.state) == ("Grain (practice)", True, "active")
    bot = shop.lab.telegram.bot(channel.settings["username"])
    assert bot is not None
    assert len(shop.lab.people.by_id) >= 1000
    eventually(lambda: bot.waiting >= 20)  # they press Start, one after another
    assert "Practise with made-up people" in shop.sees("new/telegram/")


def test_without_the_lab_nobody_practises(shop: Shop, settings: Any) -> None:
    settings.LAB_URL = "http://127.0.0.1:9"
    assert "The lab does not answer" in shop.posts("new/telegram/practice/")
    with tenant(shop.workspace):
        assert not Channel.objects.exists()
