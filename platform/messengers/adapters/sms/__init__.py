"""SMS, by whichever provider the channel names. `inbox` parses what came, `driver` runs the calls."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, get_args

from pydantic import BaseModel

from messengers.adapter import (
    Capabilities,
    ChannelFacts,
    Connected,
    Cost,
    HookState,
    IncomingRequest,
    Messenger,
    News,
    Outcome,
    Outgoing,
    Rate,
    RefusedError,
    Steps,
    Unreachable,
)
from messengers.adapters.sms import smpp, smpp_news, smsc, twilio
from messengers.adapters.sms.settings import Provider, SmsSecrets, SmsSettings, settings_of
from messengers.content import Content
from messengers.protocols import smsc as smsc_news
from messengers.protocols.phone_numbers import is_phone, normalised
from messengers.protocols.sms_text import GSM, segments
from messengers.protocols.smsc_hook import verify_key
from messengers.statuses import Status
from messengers.updates import Update

CAPABILITIES = Capabilities(
    text=670,  # ten parts in any alphabet: operators carry no more
    caption=0,
    markup=False,
    attachments={},
    attachments_per_message=0,
    reply_buttons=0,
    url_buttons=False,
    rate=Rate(10),
    per_chat=Rate(10),
    receipts=(Status.SENT, Status.DELIVERED),
    polls=True,
    by_phone=True,
    paid=True,
)

# Why an account cannot be connected, or a question is not answered. The pages have words for each.
REASONS = (
    *("wrong_token", "no_answer", "too_many_requests", "suspended", "ip_blocked", "refused", "bind_refused"),
    *("number_not_found", "hook_refused", "must_poll", "cannot_poll", "no_money", "wrong_number"),
)


class Sms(Messenger):
    """A provider's account that sends SMS."""

    kind: ClassVar[str] = "sms"
    name: ClassVar[str] = "SMS"
    capabilities: ClassVar[Capabilities] = CAPABILITIES
    Settings: ClassVar[type[BaseModel]] = SmsSettings
    Secrets: ClassVar[type[BaseModel] | None] = SmsSecrets

    # ---- out

    def rate(self, channel: ChannelFacts) -> Rate:
        """Return what the contract allows, in parts a second."""
        return Rate(settings_of(channel).per_second)

    def weight(self, content: Content) -> int:
        """Return how many parts a text takes."""
        return segments(content.text).parts

    def send(self, channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
        """Deliver one message."""
        if not is_phone(message.to):
            return _unsendable()
        match settings_of(channel).provider:
            case "smpp":
                return smpp.send(channel, message)
            case "smsc":
                return smsc.send(channel, message)
            case "twilio":
                return twilio.send(channel, message)

    def cost(self, channel: ChannelFacts, texts: Sequence[str], phones: Sequence[str]) -> Steps[Cost | None]:
        """Count the parts of these texts, and the sum for these people: SMSC.ru tells it, others' prices are set."""
        settings = settings_of(channel)
        counted = [segments(text) for text in texts]
        parts = sum(one.parts for one in counted)
        alphabet = next((one.alphabet for one in counted if one.alphabet != GSM), GSM)
        left = counted[-1].left if counted else None
        if settings.provider == "smsc" and phones:
            amount = Decimal(0)
            for text in texts:
                amount += yield from smsc.cost(channel, text, phones)
            return Cost(parts, alphabet, left, amount, settings.currency)
        price = Decimal(str(settings.price))
        return Cost(parts, alphabet, left, price * parts * max(1, len(phones)) if price else None, settings.currency)

    # ---- the account

    def account(self, channel: ChannelFacts) -> Steps[Connected]:
        """Ask whose the keys are; nothing is changed."""
        match settings_of(channel).provider:
            case "smpp":
                return smpp.account(channel)
            case "smsc":
                return smsc.account(channel)
            case "twilio":
                return twilio.account(channel)

    def connect(self, channel: ChannelFacts) -> Steps[Connected]:
        """Check the keys. Twilio is told our address; SMSC.ru learns it in its own cabinet; a session asks for news."""
        provider = settings_of(channel).provider
        if channel.polls != (provider == "smpp"):
            raise ValueError("must_poll" if provider == "smpp" else "cannot_poll")
        return (yield from (twilio.connect(channel) if provider == "twilio" else self.account(channel)))

    def disconnect(self, channel: ChannelFacts) -> Steps[None]:
        """Take our address off where we have put it."""
        if settings_of(channel).provider == "twilio":
            yield from twilio.disconnect(channel)

    def hook(self, channel: ChannelFacts) -> Steps[HookState | None]:
        """Ask where news are delivered, of who tells it."""
        if channel.settings.get("provider") == "twilio":
            return (yield from twilio.hook(channel))
        return None

    # ---- in

    def poll(self, channel: ChannelFacts, cursor: str, seconds: float) -> Steps[News]:
        """Listen on a session."""
        if settings_of(channel).provider != "smpp":
            raise ValueError("cannot_poll")
        return (yield from smpp_news.poll(channel, cursor, seconds))

    def verify(self, channel: ChannelFacts, request: IncomingRequest) -> None:
        """Refuse what is not the provider's own."""
        match settings_of(channel).provider:
            case "smsc":
                verify_key(channel, request)
                smsc_news.verify_signature(channel, request)
            case "twilio":
                twilio.verify(channel, request)
            case "smpp":
                raise RefusedError("a centre speaks SMPP and posts nothing")

    def read_form(self, channel: ChannelFacts, fields: Mapping[str, str], now: datetime) -> Mapping[str, Any]:
        """Keep a form under its provider's name, with the time at which it came: it does not say when."""
        return {settings_of(channel).provider: dict(fields), "at": int(now.timestamp())}

    def update_id(self, body: Mapping[str, Any]) -> str:
        """Return the provider's own id of an update."""
        name, fields = _opened(body)
        match name:
            case "smpp":
                return f"{name}:{smpp_news.update_id(fields)}"
            case "smsc":
                return f"{name}:{smsc_news.update_id(fields)}"
            case "twilio":
                return f"{name}:{twilio.update_id(fields)}"

    def sender_key(self, body: Mapping[str, Any]) -> str:
        """Return whom it is from; what became of messages of ours is handled in no order."""
        name, fields = _opened(body)
        match name:
            case "smpp":
                return smpp_news.sender_key(fields)
            case "smsc":
                return smsc_news.sender_key(fields)
            case "twilio":
                return twilio.sender_key(fields)

    def normalise(self, external_id: str) -> str:
        """Return a phone number's digits."""
        return normalised(external_id)

    def parse(self, channel: ChannelFacts, body: Mapping[str, Any]) -> Sequence[Update]:
        """Return what an update says."""
        name, fields = _opened(body)
        if name == "smpp":
            return smpp_news.parse(channel, fields)
        at = body.get("at")
        if type(at) is not int:
            raise ValueError("missing time")
        parse = twilio.parse if name == "twilio" else smsc_news.parse
        return parse(fields, smpp_news.moment(at))

    def acknowledge(self, channel: ChannelFacts, request: IncomingRequest) -> tuple[int, bytes, str] | None:
        """Tell Twilio that there is nothing to say; others want no words."""
        if settings_of(channel).provider == "twilio":
            return 200, b"<Response/>", "text/xml"
        return None


def _opened(body: Mapping[str, Any]) -> tuple[Provider, Mapping[str, Any]]:
    for name in get_args(Provider):
        fields = body.get(name)
        if isinstance(fields, Mapping):
            return name, fields
    raise ValueError("unknown provider")


def _unsendable() -> Steps[Outcome]:
    yield from ()
    return Unreachable("wrong_number")
