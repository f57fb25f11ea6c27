"""What a mail server's answer to a letter means."""

import re
from collections.abc import Mapping

from pydantic import ValidationError

from messengers.adapter import (
    ChannelBroken,
    Outcome,
    Rejected,
    Reply,
    RetryAt,
    Sent,
    Uncertain,
    Unreachable,
)
from messengers.protocols.mail import CERTIFICATE, TAKEN, WITHIN, SmtpRefusal

AWAY = 30.0  # seconds after which a server that did not let us in is asked again
DAY = 86_400.0
# Eight tries, each after twice the pause: 6 minutes, 12, 24, …, a little more than a day in all.
_LATER = 360.0
_SLOWER = 120.0  # a server that finds us too fast: nine hours in all

_GONE = Unreachable("no_such_address", blocked=True)
_FULL = RetryAt(_LATER, "mailbox_full", longest=DAY)
_TOO_LARGE = Rejected("file_too_large")
_NOT_OURS = ChannelBroken("wrong_sender")
_LOCKED_OUT = ChannelBroken("token_revoked")

# Enhanced codes (RFC 3463) of an answer about one letter, and what they come to.
ENHANCED: Mapping[str, Outcome] = {
    **dict.fromkeys(("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"), _GONE),
    "5.2.2": _FULL,
    "4.2.2": _FULL,
    **dict.fromkeys(("5.2.3", "5.3.4"), _TOO_LARGE),
    **dict.fromkeys(("4.2.1", "4.7.0", "4.7.28", "4.7.32"), RetryAt(_SLOWER, "too_many_requests", longest=DAY)),
    **dict.fromkeys(("5.4.5", "4.5.3", "4.4.5"), RetryAt(3600.0, "daily_limit", whole_channel=True)),
    **dict.fromkeys(("5.7.60", "5.1.7", "5.1.8"), _NOT_OURS),
    **dict.fromkeys(("5.7.8", "5.7.9", "5.7.139", "5.7.3"), _LOCKED_OUT),
}
# What the domain itself lacks, or an address of the server that nobody trusts: no letter would pass.
UNTRUSTED = frozenset({"5.7.20", "5.7.21", "5.7.22", "5.7.23", "5.7.24", "5.7.25", "5.7.26", "5.7.27", "5.7.509"})
# Codes without a second one, where the address was named.
NOBODY = frozenset({550, 551, 553})
_POLICY = re.compile(r"spam|block|black.?list|polic|denied|relay|reputation|limit|dmarc|spf|dkim|спам", re.IGNORECASE)


def outcome(reply: Reply, name: str) -> Outcome:
    """Return what became of a letter of this name."""
    if reply.status == TAKEN:
        return Sent(name)
    if reply.status == 0:
        return _unanswered(reply)
    try:
        refusal = SmtpRefusal.model_validate_json(reply.body)
    except ValidationError:
        return Uncertain("unreadable_answer")
    if refusal.stage in ("connect", "tls", "login"):
        return _kept_out(refusal)
    if refusal.code in (530, 534, 535):
        return _LOCKED_OUT
    known = ENHANCED.get(refusal.enhanced)
    if refusal.stage == "sender" and refusal.code >= 500:
        # Its size is told there, too. Whatever else is wrong there is wrong with the sender.
        too_large = _TOO_LARGE if refusal.code == 552 and not refusal.enhanced else None
        return known if isinstance(known, ChannelBroken | RetryAt | Rejected) else too_large or _NOT_OURS
    if known is not None and not (refusal.code < 500 and isinstance(known, Unreachable)):
        return known
    words = said(refusal)
    if refusal.code < 500:
        return RetryAt(_LATER, words, longest=DAY)
    if refusal.enhanced in UNTRUSTED:
        return ChannelBroken(words)
    if refusal.stage == "recipient" and not refusal.enhanced and refusal.code in NOBODY and not _POLICY.search(words):
        return _GONE
    return Rejected(words)


def said(refusal: SmtpRefusal) -> str:
    """Return a server's words with its code, as people know them."""
    words = " ".join(refusal.text.split())
    return words[:280] if words.startswith(str(refusal.code)) else f"{refusal.code} {words}"[:280].strip()


def _kept_out(refusal: SmtpRefusal) -> Outcome:
    if refusal.stage == "login" and refusal.code >= 500:
        return _LOCKED_OUT
    # Who knocks too often, or stands on a list, is let in again by and by.
    return RetryAt(300.0 if refusal.code >= 500 else 60.0, said(refusal), whole_channel=True)


def _unanswered(reply: Reply) -> Outcome:
    if reply.written:
        return Uncertain(reply.fault)
    if reply.fault.startswith(WITHIN):  # others may well pass, and this one never
        return RetryAt(_SLOWER, "cut_within_letter", longest=DAY)
    pause = 300.0 if reply.fault.startswith(CERTIFICATE) else AWAY
    return RetryAt(pause, reply.fault, whole_channel=True, counted=False)
