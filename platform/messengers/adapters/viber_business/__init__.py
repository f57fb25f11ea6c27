"""Viber by phone number, by whichever provider the channel names. `inbox` parses what came, `driver` runs the calls."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar, get_args

from pydantic import BaseModel

from messengers.adapter import (
    Capabilities,
    ChannelFacts,
    Connected,
    Cost,
    IncomingRequest,
    Messenger,
    Outcome,
    Outgoing,
    Rate,
    Steps,
    Unreachable,
)
from messengers.adapters.viber_business import smsaero, smsc
from messengers.adapters.viber_business.settings import (
    Provider,
    ViberBusinessSecrets,
    ViberBusinessSettings,
    settings_of,
)
from messengers.content import AttachmentKind
from messengers.protocols import smsc as smsc_news
from messengers.protocols.phone_numbers import is_phone, normalised
from messengers.protocols.smsc_hook import verify_key
from messengers.statuses import Status
from messengers.updates import Update

_MB = 1024 * 1024

CAPABILITIES = Capabilities(
    text=1000,
    caption=1000,
    markup=False,
    attachments={AttachmentKind.IMAGE: 1 * _MB},
    types={AttachmentKind.IMAGE: frozenset({"image/jpeg", "image/png"})},
    attachments_per_message=1,
    reply_buttons=0,
    mixed_buttons=1,
    text_with_mixed_buttons=700,  # SMSC.ru has the button's address stand in the text
    button_text=20,
    url_buttons=True,
    rate=Rate(10),
    per_chat=Rate(1),
    receipts=(Status.SENT, Status.DELIVERED, Status.READ),
    by_phone=True,
    paid=True,
)

# Why an account cannot be connected, or a question is not answered. The pages have words for each.
REASONS = ("wrong_token", "no_answer", "too_many_requests", "ip_blocked", "refused", "no_money", "wrong_number")
_LATEST = 4_102_444_800  # the year 2100


class ViberBusiness(Messenger):
    """A provider's account that writes to people's Viber."""

    kind: ClassVar[str] = "viber_business"
    name: ClassVar[str] = "Viber by phone number"
    capabilities: ClassVar[Capabilities] = CAPABILITIES
    Settings: ClassVar[type[BaseModel]] = ViberBusinessSettings
    Secrets: ClassVar[type[BaseModel] | None] = ViberBusinessSecrets

    # ---- out

    def rate(self, channel: ChannelFacts) -> Rate:
        """Return what the contract allows."""
        return Rate(settings_of(channel).per_second)

    def send(self, channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
        """Deliver one message."""
        if not is_phone(message.to):
            return _unsendable()
        if settings_of(channel).provider == "smsc":
            return smsc.send(channel, message)
        return smsaero.send(channel, message)

    def cost(self, channel: ChannelFacts, texts: Sequence[str], phones: Sequence[str]) -> Steps[Cost | None]:
        """Tell the sum for these people: SMSC.ru knows it, SMS Aero's price is set."""
        settings = settings_of(channel)
        if settings.provider == "smsc" and phones:
            amount = Decimal(0)
            for text in texts:
                amount += yield from smsc.cost(channel, text, phones)
            return Cost(len(texts), "", None, amount, settings.currency)
        price = Decimal(str(settings.price))
        fixed = price * len(texts) * max(1, len(phones)) if price else None
        return Cost(len(texts), "", None, fixed, settings.currency)

    # ---- the account

    def account(self, channel: ChannelFacts) -> Steps[Connected]:
        """Ask whose the keys are; nothing is changed."""
        if settings_of(channel).provider == "smsc":
            return smsc.account(channel)
        return smsaero.account(channel)

    def connect(self, channel: ChannelFacts) -> Steps[Connected]:
        """Check the keys. Where states are posted is set in the provider's cabinet."""
        return self.account(channel)

    # ---- in

    def verify(self, channel: ChannelFacts, request: IncomingRequest) -> None:
        """Refuse what does not know the address's secret, or bears a signature that does not hold."""
        verify_key(channel, request)
        if settings_of(channel).provider == "smsc":
            smsc_news.verify_signature(channel, request)

    def read_form(self, channel: ChannelFacts, fields: Mapping[str, str], now: datetime) -> Mapping[str, Any]:
        """Keep a form under its provider's name, with the time at which it came: it does not say when."""
        return {settings_of(channel).provider: dict(fields), "at": int(now.timestamp())}

    def unpack(self, body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Take a state that came as JSON for what it is: SMS Aero's."""
        return [{"smsaero": dict(body)}] if "id" in body and "status" in body else [body]

    def update_id(self, body: Mapping[str, Any]) -> str:
        """Return the provider's own id of an update."""
        name, fields = _opened(body)
        known = smsc_news.update_id(fields) if name == "smsc" else smsaero.update_id(fields)
        return f"{name}:{known}"

    def sender_key(self, body: Mapping[str, Any]) -> str:
        """Return whom it is from; what became of messages of ours is handled in no order."""
        name, fields = _opened(body)
        return smsc_news.sender_key(fields) if name == "smsc" else ""

    def normalise(self, external_id: str) -> str:
        """Return a phone number's digits."""
        return normalised(external_id)

    def parse(self, channel: ChannelFacts, body: Mapping[str, Any]) -> Sequence[Update]:
        """Return what an update says."""
        name, fields = _opened(body)
        at = body.get("at")
        when = datetime.fromtimestamp(at, UTC) if type(at) is int and 0 <= at <= _LATEST else None
        return smsc_news.parse(fields, when) if name == "smsc" else smsaero.parse(fields, when)


def _opened(body: Mapping[str, Any]) -> tuple[Provider, Mapping[str, Any]]:
    for name in get_args(Provider):
        fields = body.get(name)
        if isinstance(fields, Mapping):
            return name, fields
    raise ValueError("unknown provider")


def _unsendable() -> Steps[Outcome]:
    yield from ()
    return Unreachable("wrong_number")
