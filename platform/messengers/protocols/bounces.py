"""Reads what postmasters, providers and programs write of letters: returned, called spam, answered by nobody. Pure.

Nothing here is believed: whose letter it was is told by the seal in its name, which the adapter looks at.
"""

import re
from dataclasses import dataclass, field
from email.message import Message
from typing import Literal

from messengers.protocols.letter_reading import content, header, ids, parts_of, people, report, text_of

Verdict = Literal["failed", "delayed", "delivered", "complaint"]

_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_CODE = re.compile(r"(?:^|[\s:<(#])([45]\d\d)[\s-]")
_FIELD = re.compile(r"^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE)
# Each begins where a word begins, and is short: whoever wrote the letter may have written anything.
_ADDRESS = re.compile(r"(?<![^\s<>;,:\"'()\[\]])[^\s<>;,:\"'()\[\]@]{1,200}@[^\s<>;,:\"'()\[\]@]{1,255}")
_NAME = re.compile(r"<[^<>\s]{1,900}>")
_ACTIONS: dict[str, Verdict] = {
    "failed": "failed", "delayed": "delayed", "delivered": "delivered", "relayed": "delivered", "expanded": "delivered",
}  # fmt: skip
_POSTMEN = frozenset({"mailer-daemon", "postmaster", "mail-daemon", "maildaemon"})
_AUTOMATIC = frozenset({"bulk", "list", "junk", "auto_reply", "auto-reply"})
_ANSWERED_BY_PROGRAM = (
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponse",
    "X-Auto-Reply",
    "X-MS-Exchange-Inbox-Rules-Loop",
)
_OF_A_LIST = ("List-Id", "List-Unsubscribe")  # some relays put a Feedback-ID into what people write, too
_LONGEST = 100_000


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a letter. `names` are the Message-IDs that may be its own, `recipients` whom it may have gone to.

    `status` is like 5.1.1, `words` are the server's own.
    """

    verdict: Verdict
    names: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    status: str = ""
    words: str = field(default="")


def fates(letter: Message) -> list[Fate]:
    """Return what a letter tells of others; empty for one that people wrote."""
    kind = report(letter)
    if kind == "feedback-report":
        return _complaints(letter)
    if kind == "delivery-status":
        return _reported(letter)
    return _told_in_words(letter) if _is_of_a_postman(letter) else []


def is_automatic(letter: Message) -> bool:
    """Say whether a program wrote it: nobody waits for an answer."""
    submitted = header(letter, "Auto-Submitted").partition(";")[0].strip().lower()
    precedence = header(letter, "Precedence").lower()
    returns = header(letter, "Return-Path")
    return (
        submitted not in ("", "no")
        or precedence in _AUTOMATIC
        or any(letter.get(name) is not None for name in (*_ANSWERED_BY_PROGRAM, *_OF_A_LIST))
        or returns == "<>"
        or letter.get_content_type() == "multipart/report"
        or _is_of_a_postman(letter)
    )


def _reported(letter: Message) -> list[Fate]:
    names, to = _returned(letter)
    fates: list[Fate] = []
    for part in parts_of(letter, "message/delivery-status"):
        for block in re.split(r"\n\s*\n", text_of(part)[:_LONGEST]):
            told = _fields(block)
            action = _ACTIONS.get(told.get("action", "").strip().lower())
            if action is None:
                continue
            final = [*_addresses(told.get("original-recipient", "")), *_addresses(told.get("final-recipient", ""))]
            status = _STATUS.search(told.get("status", ""))
            words = " ".join(told.get("diagnostic-code", "").partition(";")[2].split())
            fates.append(Fate(action, names, (*final, *to), status.group() if status else "", words[:300]))
    return fates


def _complaints(letter: Message) -> list[Fate]:
    names, to = _returned(letter)
    for part in parts_of(letter, "message/feedback-report"):
        told = _fields(text_of(part)[:_LONGEST])
        if told.get("feedback-type", "abuse").strip().lower() in ("abuse", "fraud", "opt-out", "opt-out-list", "other"):
            return [Fate("complaint", names, (*_addresses(told.get("original-rcpt-to", "")), *to))]
    return []


def _told_in_words(letter: Message) -> list[Fate]:
    """Read what a server says in no common form: its codes stand somewhere in the words."""
    text = "\n".join(text_of(part) for part in parts_of(letter, "text/plain", "text/html"))[:_LONGEST]
    returned, to = _returned(letter)
    names = dict.fromkeys([*returned, *ids(letter, "In-Reply-To"), *ids(letter, "References"), *_NAME.findall(text)])
    named = _addresses(header(letter, "X-Failed-Recipients"))
    status, code = _STATUS.search(text), _CODE.search(text)
    found = status.group() if status else f"{code.group(1)[0]}.0.0" if code else ""
    delayed = found.startswith("4") and not named
    line = next(
        (one.strip() for one in text.split("\n") if found and (found in one or (code and code.group(1) in one))), ""
    )
    recipients = (*named, *_addresses(text)[:20], *to)
    return [Fate("delayed" if delayed else "failed", tuple(names), recipients, found, " ".join(line.split())[:300])]


def _returned(letter: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names and the addressees of letters that lie in this one."""
    names: list[str] = []
    to: list[str] = []
    for part in parts_of(letter, "message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
        inner = content(part)
        if isinstance(inner, list) and inner and isinstance(inner[0], Message):
            names += ids(inner[0], "Message-ID")
            to += [one.address for one in people(inner[0], "To")]
            continue
        told = _fields(text_of(part)[:_LONGEST])
        names += _NAME.findall(told.get("message-id", ""))
        to += _addresses(told.get("to", ""))
    return tuple(names), tuple(to)


def _is_of_a_postman(letter: Message) -> bool:
    if letter.get("X-Failed-Recipients") is not None:
        return True
    return any(one.address.partition("@")[0].lower() in _POSTMEN for one in people(letter, "From"))


def _fields(block: str) -> dict[str, str]:
    return {name.lower(): value for name, value in _FIELD.findall(block.replace("\r\n", "\n"))}


def _addresses(text: str) -> list[str]:
    return [found.rstrip(".") for found in _ADDRESS.findall(text)]
