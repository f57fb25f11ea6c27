"""Finds what a person wrote himself in a letter's text: without the letter that he answers, without signatures. Pure.

Mail programs agree on nothing here, so their ways are known one by one, in Russian and English. When nothing would be
left, all is kept: who forwards a letter means what is in it.
"""

import re

_WEEKDAY = (
    r"(?:mon|tue|wed|thu|fri|sat|sun|пн|вт|ср|чт|пт|сб|вс"
    r"|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье)"
)
_WROTE = r"(?:wrote|writes|пишет|писал(?:\(а\)|а)?|написал(?:\(а\)|а)?)"
_ADDRESS = r"[<(\[]?(?:mailto:)?[^\s<>()\[\]@]+@[^\s<>()\[\]@]+[>)\]]?"
_DATE = (
    r"(?:\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}-\d\d-\d\d"
    r"|\d{1,2}\.?\s+[^\W\d]{3,10}\.?,?\s+\d{4}|[^\W\d]{3,10}\.?\s+\d{1,2},?\s+\d{4})"
)

# The line above a quoted letter. It may be broken into three, so neighbours are looked at together.
_ATTRIBUTIONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^on\b.{{0,200}}{_DATE}.{{0,300}}\b{_WROTE}\s*:$",
        rf"^.{{0,60}}{_DATE}.{{0,200}}\b{_WROTE}\s*:$",
        rf"^(?:{_WEEKDAY}\b[.,]*\s*)?{_DATE}.{{0,80}}\d{{1,2}}:\d\d.{{0,200}}{_ADDRESS}\s*:$",
        rf"^(?:{_WEEKDAY}\b[.,]*\s*)?{_DATE}.{{0,80}}\bот\b.{{0,200}}{_ADDRESS}\s*:$",
        rf"^.{{0,120}}{_ADDRESS}\s+{_WROTE}\s*:$",
        rf"^.{{1,120}}\b{_WROTE}\s+{_DATE}.{{0,60}}:$",
    )
)
_ATTRIBUTION_LINES = 3
_ATTRIBUTION_LENGTH = 500
_LONGEST = 100_000  # characters of a text that is looked at

# What stands above a letter that is repeated whole: everything below belongs to it.
_BARRIERS = re.compile(
    r"^[\s>]*(?:"
    r"[-_*—–]{2,}\s*(?:original message|original appointment|reply message|forwarded message|begin forwarded message|"
    r"исходное сообщение|исходное письмо|пересылаемое сообщение|перенаправленное сообщение|пересланное сообщение|"
    r"конец пересылаемого сообщения|пересылаемое письмо)\s*[-_*—–]*"
    r"|begin forwarded message:|начало переадресованного сообщения:"
    r")\s*:?\s*$",
    re.IGNORECASE,
)
# A block of headers, as Outlook writes it: the first line opens it, one of the others must follow soon.
_FIRST_HEADER = re.compile(r"^[\s>*]*(?:from|от(?: кого)?)\s*:\**\s*\S", re.IGNORECASE)
_NEXT_HEADER = re.compile(
    r"^[\s>*]*(?:sent|date|to|subject|cc|отправлено|дата|кому|тема|копия)\s*:\**(?:\s|$)", re.IGNORECASE
)
_RULE = re.compile(r"^[\s>]*[_\-—–]{10,}\s*$")

_SIGNATURE = re.compile(r"^--\s?$")
# What programs sign with of their own accord.
_ADVERTISEMENT = re.compile(
    r"^[\s>\-—–]*(?:"
    r"sent from (?:my )?\S.{0,60}|get outlook for .{0,40}|sent with .{0,60}|sent via .{0,60}"
    r"|отправлено (?:с|из|через|от) .{1,80}|отправлено мобильной .{1,60}"
    r"|(?:скачайте|получите|загрузите) outlook для .{0,40}"
    r")\s*$",
    re.IGNORECASE,
)


def said(text: str) -> str:
    """Return what the person himself said."""
    lines = [line.rstrip() for line in text[:_LONGEST].replace("\u00a0", " ").replace("\u200b", "").split("\n")]
    own = _trimmed(_unsigned(_unquoted(lines)))
    return own or _trimmed(lines)


def _unquoted(lines: list[str]) -> list[str]:
    """Return the lines without what is quoted. What stands between quotes is an answer to them, and stays."""
    own: list[str] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        if _BARRIERS.match(line) or _opens_headers(lines, place):
            break
        if line.lstrip().startswith(">"):
            place += 1
            continue
        if length := _attribution(lines, place):
            if not _quote_follows(lines, place + length):
                break  # its quote is not marked, so nobody knows where it ends
            place += length
            continue
        own.append(line)
        place += 1
    return own


def _attribution(lines: list[str], place: int) -> int:
    """Return how many lines the attribution takes that begins here; 0 where none does."""
    if not lines[place].strip():
        return 0
    for length in range(1, _ATTRIBUTION_LINES + 1):
        block = [line.strip() for line in lines[place : place + length]]
        if len(block) < length or not all(block):
            return 0
        whole = " ".join(block)
        if len(whole) > _ATTRIBUTION_LENGTH or any(line.startswith(">") for line in block):
            return 0
        if whole.endswith(":") and any(pattern.match(whole) for pattern in _ATTRIBUTIONS):
            return length
    return 0


def _quote_follows(lines: list[str], place: int) -> bool:
    following = next((line for line in lines[place:] if line.strip()), "")
    return following.lstrip().startswith(">")


def _opens_headers(lines: list[str], place: int) -> bool:
    here = lines[place]
    if _RULE.match(here):
        rest = [line for line in lines[place + 1 : place + 4] if line.strip()]
        return bool(rest) and bool(_FIRST_HEADER.match(rest[0])) and _is_headers(lines, place + 1)
    return bool(_FIRST_HEADER.match(here)) and _is_headers(lines, place)


def _is_headers(lines: list[str], place: int) -> bool:
    block = [line for line in lines[place : place + 9] if line.strip()]
    return sum(bool(_NEXT_HEADER.match(line)) for line in block[1:6]) >= 2


def _unsigned(lines: list[str]) -> list[str]:
    """Return the lines without the signature, and without what the program says of itself at the end."""
    for place, line in enumerate(lines):
        if _SIGNATURE.match(line) and any(one.strip() for one in lines[:place]):
            lines = lines[:place]
            break
    last = len(lines)
    while last and (not lines[last - 1].strip() or _ADVERTISEMENT.match(lines[last - 1]) or _is_rule(lines, last)):
        last -= 1
    return lines[:last]


def _is_rule(lines: list[str], last: int) -> bool:
    return bool(_RULE.match(lines[last - 1])) or lines[last - 1].strip() in ("--", "—", "-- ")


def _trimmed(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
