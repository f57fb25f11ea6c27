"""SMSC.ru: its calls, its answers, what it posts. It sends SMS, and with a word more to Viber."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl

from pydantic import BaseModel, Field, ValidationError

from messengers.adapter import (
    ChannelBroken,
    ChannelFacts,
    HttpCall,
    IncomingRequest,
    Outcome,
    RefusedError,
    Rejected,
    Reply,
    RetryAt,
    Sent,
    Steps,
    StoredFile,
    Uncertain,
    Unreachable,
)
from messengers.protocols.phone_numbers import is_phone, normalised
from messengers.protocols.provider_answers import TOO_MANY, refused, unanswered
from messengers.protocols.stop_words import written
from messengers.statuses import Status
from messengers.updates import ReceiptReceived, Sender, Update

ROOT = "https://smsc.ru"
AGAIN = 15.0  # seconds after which a request that was lost on the way is made again

# `error_code` of its answers, and what that comes to for a message.
ERRORS: Mapping[int, Outcome] = {
    1: Rejected("wrong_parameters"),
    2: ChannelBroken("token_revoked"),
    3: ChannelBroken("no_money"),
    4: RetryAt(300.0, "ip_blocked", whole_channel=True),
    5: Rejected("wrong_date"),
    6: Rejected("text_or_sender_refused"),
    7: Unreachable("wrong_number"),
    8: Unreachable("cannot_be_delivered"),
}
SAME_OR_TOO_MANY = 9
NOT_FOUND = -3
_REASONS = {2: "wrong_token", 3: "no_money", 4: "ip_blocked", 7: "wrong_number", 9: "too_many_requests"}
# `status` of a message, and what that comes to.
_STATUSES: Mapping[int, tuple[Status, str]] = {
    0: (Status.SENT, ""),
    1: (Status.DELIVERED, ""),
    2: (Status.READ, ""),
    4: (Status.READ, ""),
    3: (Status.UNREACHABLE, "expired"),
    20: (Status.UNREACHABLE, "cannot_be_delivered"),
    22: (Status.UNREACHABLE, "wrong_number"),
    23: (Status.REJECTED, "forbidden"),
    24: (Status.REJECTED, "no_money"),
    25: (Status.UNREACHABLE, "number_unavailable"),
}

ASKING = 3.0  # seconds: somebody writes meanwhile, and can do without the price


class _Answer(BaseModel):
    """The answer to whatever was asked. Without `error_code` it was done."""

    error: str = ""
    error_code: int | None = None
    status: int | None = None
    cost: str | float = ""
    balance: str | float = ""
    currency: str = ""


class _Told(BaseModel):
    """What it posts: the state of a message of ours, or (with `mes`) what a person wrote."""

    id: str = Field(default="", max_length=32)
    phone: str = Field(min_length=1, max_length=64)
    status: int | None = None
    err: str = ""
    ts: str = ""
    mes: str | None = None
    sms_id: str = Field(default="", max_length=32)


# ---- out. `how` is what is asked beside the usual: the sender's name, `viber`, how long it is good for.


def send(
    channel: ChannelFacts,
    to: str,
    text: str,
    key: str,
    how: Mapping[str, str],
    files: Mapping[str, StoredFile] | None = None,
) -> Steps[Outcome]:
    """Send one message under an id of ours, by which it is looked up when no answer comes."""
    number = str(_message_number(key))
    reply = yield _call(channel, "send.php", {"phones": f"+{to}", "mes": text, "id": number, "cost": "3", **how}, files)
    if reply.status == 0 and not reply.written:
        return unanswered(reply)
    taken = Sent(f"{to}:{number}")
    answer = _read(reply)
    if reply.status == 200 and (answer is None or answer.error_code is None):
        return taken
    if reply.status in (0, 504):
        return (yield from _looked_up(channel, to, number, taken, RetryAt(AGAIN, "lost_on_the_way")))
    if answer is None or answer.error_code is None:
        return refused(reply)
    if answer.error_code == SAME_OR_TOO_MANY:
        again = RetryAt(TOO_MANY, "too_many_requests", whole_channel=True)
        return (yield from _looked_up(channel, to, number, taken, again))
    return ERRORS.get(answer.error_code) or Rejected(answer.error or f"error_{answer.error_code}")


def cost(channel: ChannelFacts, text: str, phones: Sequence[str], how: Mapping[str, str]) -> Steps[Decimal]:
    """Ask what a text to these people would cost. Raise ValueError with a reason."""
    form = {"phones": ",".join(f"+{phone}" for phone in phones), "mes": text, "cost": "1", **how}
    answer = _result((yield replace(_call(channel, "send.php", form), timeout=ASKING)))
    try:
        return Decimal(str(answer.cost))
    except InvalidOperation:
        raise ValueError("no_answer") from None


def balance(channel: ChannelFacts) -> Steps[str]:
    """Ask for the balance: whoever is told it has the right keys. Raise ValueError with a reason."""
    answer = _result((yield _call(channel, "balance.php", {"cur": "1"})))
    return f"{answer.balance} {answer.currency}".strip()


def account_key(channel: ChannelFacts) -> str:
    """Return what tells one account from another: its login, or a mark of its API key."""
    return _login(channel) or hashlib.sha256(channel.secrets.get("apikey", "").encode()).hexdigest()[:16]


# ---- in


def verify_signature(channel: ChannelFacts, request: IncomingRequest) -> None:
    """Refuse a state whose signature does not hold, where there is a word for signing."""
    fields = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    secret = channel.secrets.get("hook_secret", "")
    if not secret or "status" not in fields:
        return
    text = ":".join((fields.get("id", ""), fields.get("phone", ""), fields["status"], secret))
    right = hashlib.md5(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
    if not hmac.compare_digest(fields.get("md5", "").lower().encode("utf-8", "replace"), right.encode()):
        raise RefusedError("wrong_signature")


def update_id(fields: Mapping[str, Any]) -> str:
    """Return the number of what a person wrote, or of a message of ours with its phone and state."""
    told = _Told.model_validate(fields)
    if told.mes is not None:
        return f"received:{told.sms_id or told.id}"
    return f"{normalised(told.phone)}:{told.id}:{told.status}"


def sender_key(fields: Mapping[str, Any]) -> str:
    """Return whom it is from; what became of a message of ours need not wait for what its person says."""
    told = _Told.model_validate(fields)
    return normalised(told.phone) if told.mes is not None else ""


def parse(fields: Mapping[str, Any], at: datetime | None) -> Sequence[Update]:
    """Return what it posted; `at` is when that came."""
    told = _Told.model_validate(fields)
    number = normalised(told.phone)
    if told.mes is not None:
        name = told.sms_id or told.id
        if not name or at is None:
            raise ValueError("missing sms_id or time")
        return written(Sender(number, phone=f"+{number}" if is_phone(number) else ""), name, told.mes, at)
    if told.status is None or not told.id:
        raise ValueError("missing status")
    known = _STATUSES.get(told.status)
    if known is None:
        return []
    status, reason = known
    if reason and told.err not in ("", "0"):
        reason = f"{reason} ({told.err[:20]})"
    return [ReceiptReceived(status, _moment(told.ts) or at, external_ids=(f"{number}:{told.id}",), reason=reason)]


def _message_number(key: str) -> int:
    """Return our number of a message: 31 bits, the same at every attempt. It need be unique for one phone alone."""
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % 0x7FFFFFFE + 1


def _looked_up(channel: ChannelFacts, to: str, number: str, taken: Sent, otherwise: Outcome) -> Steps[Outcome]:
    """Ask whether a message is there after all. Who does not know it surely has not taken it."""
    reply = yield _call(channel, "status.php", {"phone": f"+{to}", "id": number})
    answer = _read(reply)
    if reply.status == 200 and answer and answer.error_code is None and answer.status is not None:
        return otherwise if answer.status == NOT_FOUND else taken
    return Uncertain("lost_on_the_way")


def _read(reply: Reply) -> _Answer | None:
    try:
        return _Answer.model_validate_json(reply.body)
    except ValidationError:
        return None


def _result(reply: Reply) -> _Answer:
    answer = _read(reply) if reply.status == 200 else None
    if answer is None:
        raise ValueError("too_many_requests" if reply.status == 429 else "no_answer")
    if answer.error_code is not None:
        raise ValueError(_REASONS.get(answer.error_code, "refused"))
    return answer


def _moment(seconds: str) -> datetime | None:
    whole = seconds.isascii() and seconds.isdecimal() and len(seconds) == 10
    return datetime.fromtimestamp(int(seconds), UTC) if whole else None


def _login(channel: ChannelFacts) -> str:
    return str(channel.settings.get("login", ""))


def _call(
    channel: ChannelFacts, script: str, form: Mapping[str, str], files: Mapping[str, StoredFile] | None = None
) -> HttpCall:
    key = channel.secrets.get("apikey", "")
    who = {"apikey": key} if key else {"login": _login(channel), "psw": channel.secrets.get("password", "")}
    url = f"{channel.api or ROOT}/sys/{script}"
    given = {**who, "charset": "utf-8", "fmt": "3", **form}
    return HttpCall("POST", url, form=given, files=files or None, timeout=60.0 if files else 20.0)
