"""What a message would cost before it is sent, on channels whose messages are paid for.

Asked by the chat panel while somebody writes: prices are kept for some minutes, and a provider that is silent is left
alone for one.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.core.cache import cache

from messengers import channels, fit, media
from messengers.channels import RefusedByMessengerError
from messengers.content import Content
from messengers.models import Channel
from messengers.registry import is_known, messenger

KEPT = 600  # seconds
SILENT = 60


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one message to one person would cost. `amount` is in `currency`, None where nobody tells it.

    `alphabet` is "gsm" or "ucs2" where it decides about the length, `left` what still goes into the last part.
    """

    parts: int
    alphabet: str
    left: int | None
    amount: Decimal | None
    currency: str


def estimate(channel: Channel, content: Content, phone: str) -> Estimate | None:
    """Return what it would cost; None on a channel whose messages cost nothing, and for a message that says nothing."""
    if not is_known(channel.kind) or not messenger(channel.kind).capabilities.paid:
        return None
    addresses = {file.media: media.signed_url(file) for file in content.attachments}
    fitted = fit.fit(content, messenger(channel.kind).capabilities, addresses)
    texts = [part.text for part in fitted.parts]
    counted = channels.ask_cost(channel, texts, []) if texts else None
    if counted is None:
        return None
    price = _price(channel, phone, texts[0])
    amount = counted.amount if price is None else price * counted.parts
    return Estimate(counted.parts, counted.alphabet, counted.left, amount, counted.currency)


def _price(channel: Channel, phone: str, text: str) -> Decimal | None:
    """Return what one part to this person costs by the provider's word; None where it does not say."""
    key = f"messengers:price:{channel.pk}:{phone}"
    kept = cache.get(key)
    if kept is None:
        kept = _asked(channel, phone, text)
        cache.set(key, kept, KEPT if kept else SILENT)
    return Decimal(kept) if kept else None


def _asked(channel: Channel, phone: str, text: str) -> str:
    try:
        told = channels.ask_cost(channel, [text], [phone])
    except RefusedByMessengerError:
        return ""
    return str(told.amount / told.parts) if told and told.amount is not None and told.parts else ""
