"""SMS at work by SMSC.ru, by Twilio and by an operator's centre: from a person's phone to ours and back."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from builders import a_conversation, a_user, an_identity
from fake_messenger import a_sender, eventually
from lab.platforms.sms.bots import Bot
from lab.platforms.sms.phones import Phone
from lab.running import Lab
from messengers import channels, inbox, outbox, polling
from messengers.adapters.sms import smpp
from messengers.content import Content
from messengers.models import Channel, Conversation, Identity, Message
from messengers.protocols import smsc
from messengers.protocols.smsc_hook import hook_address
from messengers.statuses import Status
from own_door import a_door
from workspaces.models import Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("committed_db")

PROVIDERS = ["smsc", "twilio", "smpp"]
SECRETS = ("password", "hook_secret")
LONG = ("Кофе готов, Анна! ☕😀 Ждём вас до девяти вечера. " * 5).strip()  # four parts


class Shop:
    """A channel, its account at a provider, and a person's phone."""

    def __init__(self, channel: Channel, bot: Bot, phone: Phone) -> None:
        self.channel, self.bot, self.phone = channel, bot, phone
        self.talk = self.talk_with(phone.person.phone.lstrip("+"))

    def talk_with(self, number: str) -> Conversation:
        with tenant(self.channel.workspace_id):
            return a_conversation(identity=an_identity(self.channel, external_id=number))

    def says(self, text: str, talk: Conversation | None = None) -> Message:
        with tenant(self.channel.workspace_id):
            return outbox.enqueue(talk or self.talk, Content.plain(text), source=Message.Source.MEMBER)

    def sees(self, condition: Callable[[], Any], seconds: float = 20) -> Any:
        """Handle what comes in until the condition holds."""

        def holds() -> Any:
            inbox.process_waiting(self.channel.pk, workspace_id=self.channel.workspace_id, seconds=1)
            with tenant(self.channel.workspace_id):
                return condition()

        return eventually(holds, seconds)

    def fate(self, message: Message) -> tuple[str, str]:
        found = Message.objects.get(pk=message.pk)
        return found.status, found.reason

    def heard(self) -> list[str]:
        rows = Message.objects.filter(direction=Message.Direction.IN).order_by("pk")
        return [Content.model_validate(row.content).text for row in rows]

    def state(self) -> str:
        return Channel.objects.get(pk=self.channel.pk).state

    def is_paused(self) -> bool:
        return Channel.objects.get(pk=self.channel.pk).paused_until is not None


def connected(workspace: Workspace, bot: Bot, **other: str) -> Channel:
    given = {**bot.credentials(), **other}
    secrets = {name: given.pop(name) for name in SECRETS if name in given}
    with tenant(workspace):
        polls = bot.provider == "smpp"
        channel = channels.connect("sms", "", given, secrets, a_user(), practice=True, polls=polls)
        if bot.provider == "smsc":
            bot.points_to(hook_address(channels.facts(channel)))
    return channel


@contextmanager
def a_listener() -> Iterator[None]:
    """Somebody listens on sessions."""
    stop = threading.Event()
    listener = polling.Listener(lambda *_: None, seconds=600)
    thread = threading.Thread(target=lambda: asyncio.run(listener.run(stop.is_set)))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture
def shop(request: pytest.FixtureRequest, workspace: Workspace, settings: Any, lab: Lab) -> Iterator[Shop]:
    """A channel of the provider that the test names, with all its doors open and a sender at work."""
    bot = lab.sms.new_bot(provider=request.param)
    phone = bot.phone(lab.sms.person("Анна Белова"))
    with a_door(settings), a_sender():
        made = Shop(connected(workspace, bot), bot, phone)
        if request.param == "smpp":
            with a_listener():
                eventually(lambda: bot.line.roles() == ["receiver"])
                yield made
        else:
            yield made


def by(*providers: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("shop", providers, indirect=True)


@by(*PROVIDERS)
def test_a_long_sms_its_receipts_and_answers(shop: Shop, lab: Lab) -> None:
    phone = shop.phone
    sent = shop.says(LONG)
    shop.sees(lambda: shop.fate(sent) == (Status.DELIVERED, ""))
    assert phone.texts() == [LONG]
    phone.writes(f"Иду! {LONG}")
    shop.sees(lambda: shop.heard() == [f"Иду! {LONG}"])

    phone.switches_off()
    lost = shop.says("Где вы?")
    shop.sees(lambda: shop.fate(lost)[0] == Status.UNREACHABLE)
    wrong = shop.says("Кто вы?", shop.talk_with("09991234567"))
    shop.sees(lambda: shop.fate(wrong) == (Status.UNREACHABLE, "wrong_number"))

    phone.switches_on()
    phone.writes("Стоп!")
    shop.sees(lambda: Identity.objects.get(pk=shop.talk.identity_id).state == Identity.State.UNSUBSCRIBED)
    phone.writes("START")
    shop.sees(lambda: Identity.objects.get(pk=shop.talk.identity_id).state == Identity.State.ACTIVE)
    shop.sees(lambda: shop.heard()[1:] == ["Стоп!", "START"])
    assert not lab.account.twice(shop.bot)


@by("twilio")
def test_who_said_stop_to_twilio_is_not_asked_again(shop: Shop) -> None:
    shop.phone.chat.stopped = True  # before the number was ours
    refused = shop.says("Привет")
    shop.sees(lambda: shop.fate(refused) == (Status.UNREACHABLE, "unsubscribed"))
    assert shop.phone.texts() == []


@by(*PROVIDERS)
def test_who_is_too_fast_waits_and_nothing_is_lost(shop: Shop, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smsc, "TOO_MANY", 0.3)
    monkeypatch.setitem(smpp.ERRORS, 0x58, replace(smpp.ERRORS[0x58], seconds=0.3))
    lab.misbehaves("too_many", bot=shop.bot, times=1)
    sent = shop.says("Привет")
    shop.sees(shop.is_paused)
    shop.sees(lambda: shop.fate(sent)[0] == Status.DELIVERED)
    assert shop.phone.texts() == ["Привет"]


@by("smpp")
def test_a_queue_that_is_full_is_waited_for(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(smpp.ERRORS, 0x14, replace(smpp.ERRORS[0x14], seconds=0.3))
    shop.bot.line.overflows()
    sent = shop.says(LONG)
    shop.sees(shop.is_paused)
    shop.bot.line.overflows(False)
    shop.sees(lambda: shop.fate(sent)[0] == Status.DELIVERED)
    assert shop.phone.texts() == [LONG]


@by(*PROVIDERS)
def test_an_answer_that_is_lost_is_looked_up_or_left_open_but_never_repeated(shop: Shop, lab: Lab) -> None:
    method = {"smsc": "send.php", "twilio": "POST Messages", "smpp": "submit_sm"}[shop.bot.provider]
    lab.misbehaves("drop_after", bot=shop.bot, method=method, times=1, seconds=0)
    sent = shop.says("Привет")
    known = shop.bot.provider == "smsc"
    shop.sees(lambda: shop.fate(sent)[0] == (Status.DELIVERED if known else Status.UNCERTAIN))
    again = shop.says("Пока")
    shop.sees(lambda: shop.fate(again)[0] == Status.DELIVERED)
    assert shop.phone.texts() == ["Привет", "Пока"]
    assert lab.account.count(shop.bot, method=method) == 2


@by(*PROVIDERS)
def test_without_money_or_keys_the_channel_waits_and_loses_nothing(shop: Shop) -> None:
    reason = "token_revoked"
    if shop.bot.provider == "smsc":
        shop.bot.balance, reason = 0.0, "no_money"
    else:
        shop.bot.revoke()
    kept = shop.says("Привет")
    shop.sees(lambda: shop.state() == Channel.State.BROKEN)
    with tenant(shop.channel.workspace_id):
        assert Channel.objects.get(pk=shop.channel.pk).broken_reason == reason
        assert shop.fate(kept)[0] == Status.QUEUED
    assert shop.phone.texts() == []


def test_why_an_account_is_not_connected(workspace: Workspace, lab: Lab) -> None:
    def refused(bot: Bot, *, polls: bool, **other: str) -> str:
        given = {**bot.credentials(), **other}
        secrets = {name: given.pop(name) for name in SECRETS if name in given}
        with tenant(workspace), pytest.raises(channels.RefusedByMessengerError) as caught:
            channels.connect("sms", "", given, secrets, a_user(), practice=True, polls=polls)
        return caught.value.reason

    for provider in PROVIDERS:
        bot, polls = lab.sms.new_bot(provider=provider), provider == "smpp"
        assert refused(bot, polls=polls, password="no") == "wrong_token"
        assert refused(bot, polls=not polls) == ("must_poll" if polls else "cannot_poll")
    assert refused(lab.sms.new_bot(provider="smpp"), polls=True, port="1") == "no_answer"
    assert refused(lab.sms.new_bot(), polls=False, sender="+14155559999") == "number_not_found"
