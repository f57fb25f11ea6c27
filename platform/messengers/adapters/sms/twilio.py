"""SMS by Twilio: its calls, its answers, its webhooks."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from pydantic import BaseModel, Field, ValidationError

from messengers.adapter import (
    ChannelBroken,
    ChannelFacts,
    Connected,
    HookState,
    HttpCall,
    IncomingRequest,
    Outcome,
    Outgoing,
    RefusedError,
    Rejected,
    Reply,
    RetryAt,
    Sent,
    Steps,
    Unreachable,
)
from messengers.adapters.sms.settings import SmsSettings, settings_of
from messengers.protocols.phone_numbers import is_phone, normalised
from messengers.protocols.provider_answers import refused, unanswered
from messengers.protocols.stop_words import written
from messengers.statuses import Status
from messengers.updates import ReceiptReceived, Sender, SubscriptionChanged, Update

ROOT = "https://api.twilio.com"
PAUSE = 2.0  # seconds after too many calls, where Twilio forgot to say how long
LONGEST_VALIDITY = 36_000  # seconds

# Twilio's error code, and what that comes to: in an answer to a message, and in news of one that it had taken.
ERRORS: Mapping[int, Outcome] = {
    **dict.fromkeys((20003, 20006, 20404), ChannelBroken("token_revoked")),
    **dict.fromkeys((20005, 30002), ChannelBroken("account_suspended")),
    **dict.fromkeys((21606, 21660, 21212, 21659, 21703), ChannelBroken("wrong_sender")),
    **dict.fromkeys((21211, 21214, 21217, 30005), Unreachable("wrong_number")),
    **dict.fromkeys((21614, 30006), Unreachable("not_mobile")),
    30003: Unreachable("switched_off"),
    **dict.fromkeys((21408, 21612), Unreachable("country_not_allowed")),
    21610: Unreachable("unsubscribed", blocked=True),
    30004: Unreachable("blocked"),
    21617: Rejected("too_long"),
    30007: Rejected("filtered"),
    21611: RetryAt(30.0, "queue_full", whole_channel=True),
    30001: RetryAt(30.0, "queue_full", whole_channel=True),
}
# Twilio itself stops writing to who says one of these.
STOP = frozenset({"cancel", "end", "quit", "revoke", "optout"})
_STATUSES = {
    "sent": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.READ,
    "undelivered": Status.UNREACHABLE,
    "failed": Status.REJECTED,
    "canceled": Status.REJECTED,
}


class _Message(BaseModel):
    sid: str = ""


class _Refusal(BaseModel):
    code: int = 0
    message: str = ""


class _Account(BaseModel):
    friendly_name: str = ""
    status: str = "active"


class _Number(BaseModel):
    sid: str
    sms_url: str | None = ""


class _Numbers(BaseModel):
    incoming_phone_numbers: list[_Number] = Field(default_factory=list)


class _Told(BaseModel):
    """A webhook's form: of a message of ours, or of one that a person wrote."""

    MessageSid: str = Field(min_length=1, max_length=64)
    MessageStatus: str = ""
    ErrorCode: str = ""
    From: str = Field(default="", max_length=64)
    To: str = Field(default="", max_length=64)
    Body: str = ""
    NumMedia: str = "0"
    OptOutType: str = ""


def send(channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
    """Send one SMS."""
    settings = settings_of(channel)
    form: dict[str, str] = {"To": f"+{message.to}", "Body": message.content.text, "StatusCallback": channel.hook_url}
    if settings.service_sid:
        form["MessagingServiceSid"] = settings.service_sid
    else:
        form["From"] = _sender(settings)
    if settings.valid_hours:
        form["ValidityPeriod"] = str(min(settings.valid_hours * 3600, LONGEST_VALIDITY))
    reply = yield _call(channel, settings, "POST", "/Messages.json", form)
    return _outcome(reply)


def account(channel: ChannelFacts) -> Steps[Connected]:
    """Ask whose the token is."""
    settings = settings_of(channel)
    told = _Account.model_validate_json(_result((yield _call(channel, settings, "GET", ".json"))))
    if told.status != "active":
        raise ValueError("suspended")
    sender = settings.service_sid or settings.sender
    return Connected(told.friendly_name, {}, account=f"{settings.account_sid}/{sender}"[:100])


def connect(channel: ChannelFacts) -> Steps[Connected]:
    """Have what people write to our number delivered to us. Names and services have no number to set that on."""
    found = yield from account(channel)
    if not _has_number(settings_of(channel)):
        return found
    number = yield from _number(channel)
    if number is None:
        raise ValueError("number_not_found")
    if number.sms_url != channel.hook_url:
        yield from _point(channel, number, channel.hook_url)
    return found


def disconnect(channel: ChannelFacts) -> Steps[None]:
    """Take our address off the number."""
    if not _has_number(settings_of(channel)):
        return
    try:
        number = yield from _number(channel)
        if number is not None and number.sms_url == channel.hook_url:
            yield from _point(channel, number, "")
    except ValueError:
        return


def hook(channel: ChannelFacts) -> Steps[HookState | None]:
    """Ask where our number's SMS go."""
    if not _has_number(settings_of(channel)):
        return None
    number = yield from _number(channel)
    if number is None:
        raise ValueError("number_not_found")
    return HookState(number.sms_url or "", number.sms_url == channel.hook_url)


def verify(channel: ChannelFacts, request: IncomingRequest) -> None:
    """Refuse what is not signed with the account's token."""
    given = {name.lower(): value for name, value in request.headers.items()}.get("x-twilio-signature", "")
    fields = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    if not hmac.compare_digest(given.encode(), signature(channel.secrets["password"], channel.hook_url, fields)):
        raise RefusedError("wrong_signature")


def signature(token: str, url: str, fields: Mapping[str, str]) -> bytes:
    """Return what Twilio writes under a form that it posts."""
    text = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), text.encode("utf-8", "replace"), hashlib.sha1).digest())


def update_id(fields: Mapping[str, Any]) -> str:
    """Return the message's id, with its state where it is ours."""
    told = _Told.model_validate(fields)
    return f"{told.MessageSid}:{told.MessageStatus or 'received'}"


def sender_key(fields: Mapping[str, Any]) -> str:
    """Return whom it is from; what became of a message of ours need not wait for what its person says."""
    told = _Told.model_validate(fields)
    return "" if _is_ours(told) else normalised(told.From)


def parse(fields: Mapping[str, Any], at: datetime) -> Sequence[Update]:
    """Return what a webhook says."""
    told = _Told.model_validate(fields)
    if _is_ours(told):
        return _receipt(told, at)
    if not told.From:
        raise ValueError("missing From")
    number = normalised(told.From)
    sender = Sender(number, phone=f"+{number}" if is_phone(number) else "")
    text = told.Body if told.Body.strip() else _media(told)
    said = written(sender, told.MessageSid, text, at, STOP)
    state = {"STOP": "unsubscribed", "START": "active"}.get(told.OptOutType.upper())
    if state and not any(isinstance(one, SubscriptionChanged) for one in said):
        said.append(SubscriptionChanged(sender, "", state, at))
    return said


def _is_ours(told: _Told) -> bool:
    return bool(told.MessageStatus) and told.MessageStatus != "received"


def _receipt(told: _Told, at: datetime) -> Sequence[Update]:
    status = _STATUSES.get(told.MessageStatus)
    if status is None:
        return []
    code = int(told.ErrorCode) if told.ErrorCode.isascii() and told.ErrorCode.isdecimal() else 0
    if status in (Status.UNREACHABLE, Status.REJECTED):
        known = ERRORS.get(code)
        if isinstance(known, Unreachable):
            status = Status.UNREACHABLE
        reason = getattr(known, "reason", "") or (f"error_{code}" if code else told.MessageStatus)
        return [ReceiptReceived(status, at, external_ids=(told.MessageSid,), reason=reason)]
    return [ReceiptReceived(status, at, external_ids=(told.MessageSid,))]


def _media(told: _Told) -> str:
    return "" if told.NumMedia in ("", "0") else "MMS"


def _outcome(reply: Reply) -> Outcome:
    if reply.status == 0:
        return unanswered(reply)
    if reply.status < 300:
        try:
            return Sent(_Message.model_validate_json(reply.body).sid)
        except ValidationError:
            return Sent()  # in whatever words: it was taken
    refusal = _refusal(reply)
    if reply.status == 429 or refusal.code == 20429:
        return RetryAt(_pause(reply), "too_many_requests", whole_channel=True)
    if refusal.code in ERRORS:
        return ERRORS[refusal.code]
    if reply.status in (401, 403):
        return ChannelBroken("token_revoked")
    if reply.status >= 500:
        return refused(reply)
    return Rejected(refusal.message or f"status_{reply.status}")


def _refusal(reply: Reply) -> _Refusal:
    try:
        return _Refusal.model_validate_json(reply.body)
    except ValidationError:
        return _Refusal()


def _pause(reply: Reply) -> float:
    said = {name.lower(): value for name, value in reply.headers.items()}.get("retry-after", "")
    return float(said) if said.isascii() and said.isdecimal() and 0 < int(said) <= 3600 else PAUSE


def _result(reply: Reply) -> bytes:
    """Return what was asked for, or raise a reason."""
    if reply.status == 200:
        return reply.body
    if reply.status in (401, 403, 404):
        raise ValueError("wrong_token")
    raise ValueError("too_many_requests" if reply.status == 429 else "no_answer")


def _number(channel: ChannelFacts) -> Steps[_Number | None]:
    settings = settings_of(channel)
    asked = f"/IncomingPhoneNumbers.json?PhoneNumber=%2B{settings.sender.lstrip('+')}"
    reply = yield _call(channel, settings, "GET", asked)
    found = _Numbers.model_validate_json(_result(reply)).incoming_phone_numbers
    return found[0] if found else None


def _point(channel: ChannelFacts, number: _Number, url: str) -> Steps[None]:
    form = {"SmsUrl": url, "SmsMethod": "POST"}
    reply = yield _call(channel, settings_of(channel), "POST", f"/IncomingPhoneNumbers/{number.sid}.json", form)
    if reply.status == 400:
        raise ValueError("hook_refused")
    _result(reply)


def _has_number(settings: SmsSettings) -> bool:
    return not settings.service_sid and is_phone(settings.sender.lstrip("+")) and len(settings.sender) > 7


def _sender(settings: SmsSettings) -> str:
    return f"+{settings.sender.lstrip('+')}" if _has_number(settings) else settings.sender


def _call(
    channel: ChannelFacts, settings: SmsSettings, method: str, path: str, form: Mapping[str, str] | None = None
) -> HttpCall:
    key = base64.b64encode(f"{settings.account_sid}:{channel.secrets['password']}".encode()).decode()
    url = f"{channel.api or ROOT}/2010-04-01/Accounts/{settings.account_sid}{path}"
    return HttpCall(method, url, form=form, headers={"Authorization": f"Basic {key}"})
