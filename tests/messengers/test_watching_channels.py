"""Channels are looked after: webhooks that were taken or dropped, keys that died, letters to whoever can mend it."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from builders import a_channel, a_client, a_member, a_user, a_workspace
from lab.platforms.telegram.bots import Bot
from lab.running import Lab
from messengers import channels, tasks, watchdog
from messengers.models import Channel
from workspaces.models import Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("committed_db")

THIEF = "https://thief.example/hook"


class Shop:
    """A workspace with a bot of the lab, its owner, an analyst and a marketer."""

    def __init__(self, lab: Lab) -> None:
        self.owner = a_user(language="en")
        self.workspace: Workspace = a_workspace(self.owner)
        a_member(self.workspace, Role.MARKETER)
        self.bot: Bot = lab.telegram.new_bot("Shop bot")
        with tenant(self.workspace):
            made = channels.connect("telegram", "", {}, {"token": self.bot.token}, self.owner, practice=True)
        self.channel_id = made.pk

    def watched(self) -> Channel:
        watchdog.watch(self.channel_id, workspace_id=self.workspace.pk)
        return self.channel()

    def channel(self) -> Channel:
        with tenant(self.workspace):
            return Channel.objects.get(pk=self.channel_id)

    def page(self, rest: str = "") -> str:
        browser = a_client(self.owner)
        browser.cookies["django_language"] = "en"
        return browser.get(f"/w/{self.workspace.slug}/channels/{rest}").content.decode()


@pytest.fixture
def shop(lab: Lab, settings: Any) -> Shop:
    settings.BASE_URL = "https://kaskad.example"
    return Shop(lab)


def test_who_can_mend_it_hears_once_that_the_messages_go_elsewhere(shop: Shop) -> None:
    shop.bot.stolen_by(THIEF)
    assert shop.watched().trouble == "stolen"
    shop.watched()
    (letter,) = mail.outbox
    assert letter.to == [shop.owner.email]
    assert "another program receives its messages" in letter.subject
    assert f"https://kaskad.example/w/{shop.workspace.slug}/channels/{shop.channel_id}/" in letter.body
    assert "Another program receives its messages" in shop.page()
    assert 'title="Need attention"' in shop.page()
    assert shop.bot.hook_url == THIEF  # it is not taken back by itself


def test_what_was_taken_back_is_no_trouble_and_the_next_theft_is_told_again(shop: Shop) -> None:
    shop.bot.stolen_by(THIEF)
    shop.watched()
    with tenant(shop.workspace):
        channels.reconnect(shop.channel(), shop.owner)
    found = shop.watched()
    assert (found.trouble, found.told_trouble) == ("", "")
    shop.bot.stolen_by(THIEF)
    shop.watched()
    assert len(mail.outbox) == 2


def test_an_address_that_the_messenger_has_dropped_is_set_again(shop: Shop) -> None:
    ours = shop.bot.hook_url
    shop.bot.stolen_by("")
    assert shop.watched().trouble == ""
    assert shop.bot.hook_url == ours
    assert mail.outbox == []


def test_dead_keys_stop_the_channel_before_a_message_fails(shop: Shop) -> None:
    shop.bot.revoke()
    found = shop.watched()
    assert (found.state, found.broken_reason, found.trouble) == ("broken", "token_revoked", "broken")
    (letter,) = mail.outbox
    assert "has stopped" in letter.subject
    assert "@BotFather" in letter.body
    assert "leave as soon as it works again" in letter.body


def test_keys_that_run_out_soon_are_told_of(shop: Shop) -> None:
    soon = (timezone.now() + timedelta(days=3)).isoformat()
    with tenant(shop.workspace):
        channel = shop.channel()
        Channel.objects.filter(pk=channel.pk).update(settings={**channel.settings, "token_expires_at": soon})
    assert shop.watched().trouble == "expiring"
    assert "run out soon" in mail.outbox[0].subject


def test_a_messenger_that_does_not_answer_is_no_reason_to_write_letters(shop: Shop, settings: Any) -> None:
    settings.LAB_URL = "http://127.0.0.1:9"
    found = shop.watched()
    assert (found.state, found.trouble, found.hook_state["problem"]) == ("active", "", "no_answer")
    assert mail.outbox == []


def test_channels_have_their_turn(shop: Shop) -> None:
    place = (shop.workspace.pk, shop.channel_id)
    assert place in watchdog.due()
    shop.watched()
    assert place not in watchdog.due()
    with tenant(shop.workspace):
        channels.mark_broken(shop.channel_id, "token_revoked")
        Channel.objects.filter(pk=shop.channel_id).update(watched_at=timezone.now() - timedelta(minutes=2))
    assert place in watchdog.due()
    with tenant(shop.workspace):
        a_channel("site_chat")
    tasks.watch_channel(shop.channel_id, workspace_id=shop.workspace.pk)
    assert place not in watchdog.due()
    assert len(watchdog.due()) == 0
