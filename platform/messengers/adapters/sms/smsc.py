"""SMS by SMSC.ru: how they are asked for, what they cost, whose the account is."""

from collections.abc import Sequence
from decimal import Decimal

from messengers.adapter import ChannelFacts, Connected, Outcome, Outgoing, Steps
from messengers.adapters.sms.settings import SmsSettings, settings_of
from messengers.protocols import smsc


def send(channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
    """Send one SMS."""
    settings = settings_of(channel)
    how = _sender(settings) | ({"valid": str(settings.valid_hours)} if settings.valid_hours else {})
    return smsc.send(channel, message.to, message.content.text, message.idempotency_key, how)


def cost(channel: ChannelFacts, text: str, phones: Sequence[str]) -> Steps[Decimal]:
    """Ask what a text to these people would cost."""
    return smsc.cost(channel, text, phones, _sender(settings_of(channel)))


def account(channel: ChannelFacts) -> Steps[Connected]:
    """Ask for the balance: whoever is told it has the right keys."""
    balance = yield from smsc.balance(channel)
    name = f"SMSC.ru {settings_of(channel).login}".strip()
    return Connected(name, {"balance": balance}, None, smsc.account_key(channel))


def _sender(settings: SmsSettings) -> dict[str, str]:
    return {"sender": settings.sender} if settings.sender else {}
