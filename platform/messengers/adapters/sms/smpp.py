"""SMS by an operator's own SMS centre, over SMPP 3.4: what is submitted, what its answers mean."""

import hashlib
from collections.abc import Mapping

from pydantic import ValidationError

from messengers.adapter import (
    ChannelBroken,
    ChannelFacts,
    Connected,
    Outcome,
    Outgoing,
    Rejected,
    Reply,
    RetryAt,
    Sent,
    Steps,
    Uncertain,
    Unreachable,
)
from messengers.adapters.sms.settings import SmsSettings, settings_of
from messengers.protocols.provider_answers import unanswered
from messengers.protocols.smpp import REFUSED, Refusal, Role, ShortMessage, SmppAccount, SmppCheck, SmppSubmit, Taken
from messengers.protocols.sms_text import GSM, UCS2, alphabet_of, encode, split

# `command_status` of an answer to a message, and what that comes to.
ERRORS: Mapping[int, Outcome] = {
    0x08: RetryAt(10.0, "system_error"),
    0x45: RetryAt(10.0, "submit_failed"),
    0x64: RetryAt(10.0, "temporary_error"),
    0x14: RetryAt(10.0, "queue_full", whole_channel=True),
    0x58: RetryAt(5.0, "throttled", whole_channel=True),
    **dict.fromkeys((0x0B, 0x33, 0x34, 0x48, 0x49), Unreachable("wrong_number")),
    **dict.fromkeys((0x0A, 0x50, 0x51), Rejected("wrong_sender")),
    **dict.fromkeys((0x01, 0x02), Rejected("wrong_length")),
    **dict.fromkeys((0x61, 0x62), Rejected("wrong_date")),
    **dict.fromkeys((0xC0, 0xC1, 0xC2, 0xC3, 0xC4), Rejected("wrong_parameter")),
    0x65: Rejected("permanent_error"),
    0x04: RetryAt(5.0, "not_bound", whole_channel=True),
}
# And of an answer to a binding. A session that died here may live on for a while there: that passes by itself.
BINDING: Mapping[int, Outcome] = {
    0x0E: ChannelBroken("token_revoked"),
    0x0F: ChannelBroken("token_revoked"),
    0x05: RetryAt(30.0, "already_bound", whole_channel=True),
    0x0D: RetryAt(30.0, "bind_refused", whole_channel=True),
}
WRONG_KEYS = (0x0E, 0x0F)
_DEFAULT, _UCS2 = 0, 8  # data codings
_UDH = 0x40
_RECEIPT, _NO_RECEIPT = 1, 0
_SAR_REFERENCE, _SAR_TOTAL, _SAR_PART = 0x020C, 0x020E, 0x020F
_NAME_TON, _SHORT_TON, _NUMBER_TON = 5, 3, 1


def send(channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
    """Submit one message in as many parts as it takes. The receipt of the last one stands for all of them."""
    settings = settings_of(channel)
    messages = short_messages(settings, message.to, message.content.text, message.idempotency_key)
    reply = yield SmppSubmit(account_of(channel, sends=True), message.idempotency_key, messages)
    return _outcome(settings, reply)


def account(channel: ChannelFacts) -> Steps[Connected]:
    """Bind once, and leave."""
    settings = settings_of(channel)
    reply = yield SmppCheck(account_of(channel, sends=False))
    check(reply)
    name = f"{settings.system_id}@{settings.host}"
    return Connected(settings.sender or settings.system_id, {}, None, f"{name}:{settings.port}"[:100])


def check(reply: Reply) -> None:
    """Raise a reason unless the session is there."""
    if reply.status == 200:
        return
    refusal = _refusal(reply)
    if refusal is None:
        raise ValueError("no_answer")
    raise ValueError("wrong_token" if refusal.command_status in WRONG_KEYS else "bind_refused")


def account_of(channel: ChannelFacts, *, sends: bool) -> SmppAccount:
    """Return the session that is wanted. A practice channel's centre is on the lab's machine, whatever it says."""
    settings = settings_of(channel)
    inside = bool(channel.api)
    role: Role = "transceiver" if settings.binds == "transceiver" else "transmitter" if sends else "receiver"
    return SmppAccount(
        host="127.0.0.1" if inside else settings.host,
        port=settings.port,
        system_id=settings.system_id,
        password=channel.secrets.get("password", ""),
        system_type=settings.system_type,
        tls=settings.tls,
        role=role,
        window=settings.window,
        inside=inside,
    )


def short_messages(settings: SmsSettings, to: str, text: str, key: str) -> tuple[ShortMessage, ...]:
    """Return the parts of a text. The reference that joins them is made of the key: a repeat joins the same ones."""
    alphabet = alphabet_of(text)
    if settings.letters == "latin1" and not _is_latin1(text):
        alphabet = UCS2
    pieces = [text] if settings.long == "payload" else split(text, alphabet)
    as_latin1 = settings.letters == "latin1" and alphabet == GSM
    octets = [piece.encode("latin-1") if as_latin1 else encode(piece, alphabet) for piece in pieces]
    coding = _DEFAULT if alphabet == GSM else _UCS2
    reference = hashlib.blake2b(f"{to}/{key}".encode(), digest_size=2).digest()
    ton, npi = _kind_of(settings.sender)
    made = []
    for number, data in enumerate(octets, 1):
        last = number == len(octets)
        joined = len(octets) > 1
        tlvs: tuple[tuple[int, bytes], ...] = ()
        if joined and settings.long == "parameters":
            tlvs = (
                (_SAR_REFERENCE, reference),
                (_SAR_TOTAL, bytes((len(octets),))),
                (_SAR_PART, bytes((number,))),
            )
        headed = joined and settings.long == "header"
        header = bytes((5, 0, 3, reference[0], len(octets), number)) if headed else b""
        made.append(
            ShortMessage(
                source=settings.sender.lstrip("+") if ton == _NUMBER_TON else settings.sender[:11],
                source_ton=ton, source_npi=npi, to=to, data=header + data, coding=coding,
                esm_class=_UDH if headed else 0, receipt=_RECEIPT if last else _NO_RECEIPT,
                validity=_validity(settings.valid_hours), tlvs=tlvs,
            )
        )  # fmt: skip
    return tuple(made)


def _outcome(settings: SmsSettings, reply: Reply) -> Outcome:
    if reply.status == 0:
        return unanswered(reply)
    refusal = _refusal(reply)
    if refusal is not None:
        table = BINDING if refusal.binding else ERRORS
        unknown = f"status_0x{refusal.command_status:02x}"
        fallback: Outcome = RetryAt(30.0, unknown, whole_channel=True) if refusal.binding else Rejected(unknown)
        return table.get(refusal.command_status, fallback)
    try:
        ids = Taken.model_validate_json(reply.body).ids
    except ValidationError:
        return Uncertain("unreadable_answer")
    return Sent(_as_receipts_say(settings, ids[-1]) if ids else "")


def _as_receipts_say(settings: SmsSettings, name: str) -> str:
    if not settings.hex_ids:
        return name
    try:
        return str(int(name, 16))
    except ValueError:
        return name


def _refusal(reply: Reply) -> Refusal | None:
    if reply.status != REFUSED:
        return None
    try:
        return Refusal.model_validate_json(reply.body)
    except ValidationError:
        return None


def _kind_of(sender: str) -> tuple[int, int]:
    """Return what a sender is to the centre: a name, a short number, a number."""
    bare = sender.lstrip("+")
    if not sender:
        return 0, 0
    if not (bare.isascii() and bare.isdecimal()):
        return _NAME_TON, 0
    return (_SHORT_TON, 0) if len(bare) <= 6 else (_NUMBER_TON, 1)


def _validity(hours: int) -> str:
    """Return a span as SMPP writes it: years, months, days, hours, …"""
    return f"0000{hours // 24:02d}{hours % 24:02d}0000000R" if hours else ""


def _is_latin1(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
