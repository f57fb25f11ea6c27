"""Viber by SMSC.ru: the calls with which it sends SMS, with `viber=1`."""

from collections.abc import Sequence
from decimal import Decimal

from messengers.adapter import ChannelFacts, Connected, Outcome, Outgoing, Rejected, Steps, StoredFile
from messengers.adapters.viber_business.settings import settings_of
from messengers.content import Content, UrlButton
from messengers.protocols import smsc

TEXT = 1000


def send(channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
    """Send one message."""
    words = _words(message.content)
    if len(words) > TEXT:
        return Rejected("too_long")
    files = {
        f"file{at}": StoredFile(file.media, file.name or "picture", file.content_type or "image/jpeg")
        for at, file in enumerate(message.content.attachments)
    }
    return (yield from smsc.send(channel, message.to, words, message.idempotency_key, _how(channel), files))


def cost(channel: ChannelFacts, text: str, phones: Sequence[str]) -> Steps[Decimal]:
    """Ask what a text to these people would cost."""
    return smsc.cost(channel, text, phones, _how(channel))


def account(channel: ChannelFacts) -> Steps[Connected]:
    """Ask for the balance: whoever is told it has the right keys."""
    balance = yield from smsc.balance(channel)
    sender = settings_of(channel).sender
    return Connected(f"Viber, {sender}", {"balance": balance}, None, f"smsc:{smsc.account_key(channel)}:{sender}")


def _words(content: Content) -> str:
    """Return the text; a button's address stands under it."""
    links = [f"{button.text}: {button.url}" for button in content.buttons if isinstance(button, UrlButton)]
    return "\n".join([*([content.text] if content.text else []), *links])


def _how(channel: ChannelFacts) -> dict[str, str]:
    return {"viber": "1", "sender": settings_of(channel).sender}
