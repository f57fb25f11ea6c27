"""Viber by phone number at work: what leaves stands on people's phones, and its states come back by the door."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile

from builders import a_conversation, a_user, an_identity
from fake_messenger import a_sender, eventually
from lab.platforms.viber_business.accounts import Bot
from lab.running import Lab
from lab.samples import sample
from messengers import channels, inbox, media, outbox
from messengers.content import Content, UrlButton
from messengers.models import Channel, Conversation, Message
from messengers.protocols.smsc_hook import hook_address
from messengers.statuses import Status
from workspaces.models import Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("committed_db")


def connected(workspace: Workspace, bot: Bot, **other: str) -> Channel:
    given = {**bot.credentials(), **other}
    apikey = given.pop("apikey")
    with tenant(workspace):
        channel = channels.connect("viber_business", "", given, {"apikey": apikey}, a_user(), practice=True)
        bot.points_to(hook_address(channels.facts(channel)))
    return channel


def talk_with(channel: Channel, number: str) -> Conversation:
    with tenant(channel.workspace_id):
        return a_conversation(identity=an_identity(channel, external_id=number.lstrip("+")))


def say(talk: Conversation, content: Content) -> Message:
    with tenant(talk.workspace_id):
        return outbox.enqueue(talk, content, source=Message.Source.MEMBER)


def handled(channel: Channel, condition: Callable[[], Any], seconds: float = 30) -> Any:
    def worked() -> Any:
        inbox.process_waiting(channel.pk, workspace_id=channel.workspace_id, seconds=1)
        with tenant(channel.workspace_id):
            return condition()

    return eventually(worked, seconds)


def became(message: Message, status: Status) -> bool:
    return bool(Message.objects.get(pk=message.pk).status == status)


@pytest.mark.parametrize("provider", ["smsc", "smsaero"])
def test_a_message_is_delivered_and_seen(workspace: Workspace, door: None, lab: Lab, provider: str) -> None:
    bot = lab.viber_business.new_bot(provider=provider)
    channel = connected(workspace, bot)
    phone = bot.phone(lab.viber_business.person("Анна Белова"))
    talk = talk_with(channel, phone.person.phone)
    given = sample("photo")
    with tenant(workspace):
        picture = media.as_attachment(media.store(ContentFile(given.data, name=given.name)))
    button = UrlButton(text="Сайт", url="https://ex.am/x")
    with a_sender():
        full = say(talk, Content(text="*Кофе*", attachments=[picture], buttons=[button]))
        handled(channel, lambda: became(full, Status.DELIVERED))
        seen = phone.messages()[0]
        assert (seen.kind, seen.text.splitlines()[0]) == ("photo", "Кофе")
        assert ("https://ex.am/x" in seen.text) == (provider == "smsc")
        assert phone.buttons() == ([] if provider == "smsc" else ["Сайт"])
        phone.reads()
        handled(channel, lambda: became(full, Status.READ))
        phone.blocks()
        lost = say(talk, Content(text="Ещё"))
        handled(channel, lambda: became(lost, Status.UNREACHABLE))
    assert not lab.account.twice(bot)


def test_what_was_lost_on_the_way_is_looked_up_at_smsc(workspace: Workspace, door: None, lab: Lab) -> None:
    bot = lab.viber_business.new_bot()
    channel = connected(workspace, bot)
    phone = bot.phone(lab.viber_business.person("Анна"))
    talk = talk_with(channel, phone.person.phone)
    lab.misbehaves("drop_after", bot=bot, method="send.php", times=1, seconds=0)
    with a_sender():
        sent = say(talk, Content(text="Привет"))
        handled(channel, lambda: became(sent, Status.DELIVERED))
    assert phone.texts() == ["Привет"]


@pytest.mark.parametrize("provider", ["smsc", "smsaero"])
def test_without_money_the_channel_waits(workspace: Workspace, door: None, lab: Lab, provider: str) -> None:
    bot = lab.viber_business.new_bot(provider=provider)
    channel = connected(workspace, bot)
    talk = talk_with(channel, lab.viber_business.person("Анна").phone)
    bot.balance = 0.0

    def broken() -> bool:
        with tenant(workspace):
            return bool(Channel.objects.get(pk=channel.pk).state == Channel.State.BROKEN)

    with a_sender():
        kept = say(talk, Content(text="Привет"))
        eventually(broken)
    with tenant(workspace):
        assert Message.objects.get(pk=kept.pk).status == Status.QUEUED


def test_why_an_account_is_not_connected(workspace: Workspace, door: None, lab: Lab) -> None:
    for provider in ("smsc", "smsaero"):
        bot = lab.viber_business.new_bot(provider=provider)
        with pytest.raises(channels.RefusedByMessengerError, match="wrong_token"):
            connected(workspace, bot, apikey="no")
