"""Viber by SMS Aero: its calls, its answers, what it posts. https://smsaero.ru/integration/documentation/api/"""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from messengers.adapter import (
    ChannelBroken,
    ChannelFacts,
    Connected,
    HttpCall,
    Outcome,
    Outgoing,
    Rejected,
    Reply,
    Sent,
    Steps,
    Unreachable,
)
from messengers.adapters.viber_business.settings import settings_of
from messengers.content import UrlButton
from messengers.protocols.provider_answers import refused, unanswered
from messengers.statuses import Status
from messengers.updates import ReceiptReceived, Update

ROOT = "https://gate.smsaero.ru"
CHANNEL = "OFFICIAL"  # messages under a name of one's own

# Which field of ours a validation error complains of, and what that comes to.
ERRORS: Mapping[str, Outcome] = {
    "sign": ChannelBroken("wrong_sender"),
    "number": Unreachable("wrong_number"),
}
# `status` of a message, and what that comes to.
_STATUSES: Mapping[int, tuple[Status, str]] = {
    1: (Status.DELIVERED, ""),
    2: (Status.UNREACHABLE, "not_delivered"),
    3: (Status.SENT, ""),
    6: (Status.REJECTED, "refused_by_provider"),
}
_SEEN = frozenset({"read", "seen"})


class _Answer(BaseModel):
    """What every method answers; `result` where it is no."""

    success: bool = False
    data: Any = None
    message: str | None = None
    result: str = ""
    reason: str = ""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What it tells of one message."""
        told = self.data[0] if isinstance(self.data, list) and self.data else self.data
        return told if isinstance(told, dict) else {}


class _Told(BaseModel):
    """The state of a message of ours."""

    id: int = Field(ge=1, le=10**18)
    status: int
    extend_status: str = Field(default="", alias="extendStatus")


def send(channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
    """Send one message. There is no key of ours by which SMS Aero would know it again."""
    settings, content = settings_of(channel), message.content
    given: dict[str, Any] = {"number": message.to, "sign": settings.sender, "channel": CHANNEL, "text": content.text}
    if content.attachments:
        address = message.media_urls.get(content.attachments[0].media)
        if not address:
            return Rejected("file_missing")
        given["imageUrl"] = address
    button = next((one for one in content.buttons if isinstance(one, UrlButton)), None)
    if button:
        given |= {"textButton": button.text, "linkButton": str(button.url)}
    return _outcome((yield _call(channel, "viber/send", given)))


def account(channel: ChannelFacts) -> Steps[Connected]:
    """Ask for the balance: whoever is told it has the right keys."""
    reply = yield _call(channel, "balance", {})
    answer = _read(reply)
    if reply.status in (401, 403):
        raise ValueError("wrong_token")
    if reply.status == 429:
        raise ValueError("too_many_requests")
    if reply.status != 200 or answer is None:
        raise ValueError("no_answer")
    if not answer.success:
        raise ValueError("refused")
    settings = settings_of(channel)
    facts = {"balance": str(answer.facts.get("balance", ""))[:40]}
    return Connected(f"Viber, {settings.sender}", facts, None, f"smsaero:{settings.login}:{settings.sender}")


def update_id(fields: Mapping[str, Any]) -> str:
    """Return the number of a message of ours and its state."""
    told = _Told.model_validate(fields)
    return f"{told.id}:{told.status}:{told.extend_status}"


def parse(fields: Mapping[str, Any], at: datetime | None) -> Sequence[Update]:
    """Return what it posted."""
    told = _Told.model_validate(fields)
    known = _STATUSES.get(told.status)
    if told.extend_status.lower() in _SEEN:
        known = (Status.READ, "")
    if known is None:
        return []
    return [ReceiptReceived(known[0], at, external_ids=(str(told.id),), reason=known[1])]


def _outcome(reply: Reply) -> Outcome:
    if reply.status == 0:
        return unanswered(reply)
    if reply.status in (401, 403):
        return ChannelBroken("token_revoked")
    if reply.status == 402:
        return ChannelBroken("no_money")
    answer = _read(reply)
    if reply.status == 200 and answer is None:
        return Sent()  # in whatever words: it was taken
    if answer is None or reply.status == 429 or reply.status >= 500:
        return refused(reply)
    if answer.success:
        number = answer.facts.get("id")
        return Sent(str(number) if type(number) is int else "")
    if "no credits" in answer.result.lower() or "no credits" in (answer.message or "").lower():
        return ChannelBroken("no_money")
    for field, meaning in ERRORS.items():
        if field in answer.facts:
            return meaning
    return Rejected(answer.reason or answer.message or answer.result or f"status_{reply.status}")


def _read(reply: Reply) -> _Answer | None:
    try:
        return _Answer.model_validate_json(reply.body)
    except ValidationError:
        return None


def _call(channel: ChannelFacts, method: str, given: Mapping[str, Any]) -> HttpCall:
    who = f"{settings_of(channel).login}:{channel.secrets.get('apikey') or channel.secrets.get('password', '')}"
    headers = {"Authorization": f"Basic {base64.b64encode(who.encode()).decode()}"}
    url = f"{channel.api or ROOT}/v2/{method}"
    return HttpCall("POST", url, json=dict(given), headers=headers, timeout=20.0)
