"""How a person leaves: by the button of his mail program (RFC 8058), by a link under the letter, or by a letter.

The link shows a page that asks; only its button, or the program's, unsubscribes: programs open links by themselves.
"""

import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import quote, urlencode

from pydantic import BaseModel, Field

from messengers import markup
from messengers.adapter import ChannelFacts, IncomingRequest, Outgoing, RefusedError
from messengers.adapters.email import seals
from messengers.adapters.email.settings import normalised

ONE_CLICK = b"One-Click"
SUBJECT = "unsubscribe"
# Subjects, and whole letters, that end a subscription.
WORDS = frozenset({"unsubscribe", "stop", "remove", "стоп", "отписаться", "отписка", "отпишите", "отпишите меня"})
_EDGES = re.compile(r"^\W+|\W+$")
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)

_FOOTER = {"ru": "Отписаться от рассылки", "en": "Unsubscribe"}
_PAGE = {
    "ru": ("Отписаться?", "Письма на адрес %s больше не будут приходить.", "Отписаться"),
    "en": ("Unsubscribe?", "No more letters will be sent to %s.", "Unsubscribe"),
}
_DONE = {
    "ru": ("Готово", "Вы отписаны: рассылки больше не придут."),
    "en": ("Done", "You are unsubscribed: no more mailings will come."),
}
_HTML = "text/html; charset=utf-8"
_BODY = (
    "font-family:system-ui,sans-serif;max-width:28rem;margin:20vh auto 0;padding:0 1rem;text-align:center;color:#1f2933"
)
_BUTTON = "font:inherit;font-weight:600;padding:.7rem 1.6rem;border:0;border-radius:.4rem;background:#1f6feb;color:#fff"


class Left(BaseModel):
    """What is kept of a person who left: his address, the letter by which he did, and when, in seconds since 1970."""

    address: str = Field(min_length=3, max_length=254)
    letter: str = Field(max_length=40)
    at: int = Field(ge=0, le=253_402_300_799)


def headers(channel: ChannelFacts, message: Outgoing) -> list[tuple[str, str]]:
    """Return the headers by which a mail program offers to leave."""
    by_letter = f"<mailto:{quote(_box(channel), safe='@')}?subject={SUBJECT}>"
    link = _link(channel, message)
    if not link:
        return [("List-Unsubscribe", by_letter)]
    return [("List-Unsubscribe", f"<{link}>, {by_letter}"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")]


def footer(channel: ChannelFacts, message: Outgoing) -> tuple[str, str]:
    """Return the last line of a mailing's letter, in the language of its words."""
    text = markup.plain(message.content.text) + "".join(card.title for card in message.content.cards)
    words = _FOOTER["ru" if _CYRILLIC.search(text) else "en"]
    return words, _link(channel, message) or f"mailto:{quote(_box(channel), safe='@')}?subject={SUBJECT}"


def is_wish(text: str) -> bool:
    """Say whether a subject, or all of a letter, is the wish to leave."""
    return _EDGES.sub("", " ".join(text.split())).casefold() in WORDS


def page(channel: ChannelFacts, request: IncomingRequest) -> tuple[int, bytes, str] | None:
    """Show who follows the link what he is asked; None for whatever is no such question."""
    if request.method != "GET":
        return None
    address, _letter = _whose(channel, request.query)
    heading, words, button = _PAGE[_language(request)]
    form = (
        f'<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">'
        f'<button style="{_BUTTON}">{escape(button)}</button></form>'
    )
    return 200, _page(heading, words % address, form), _HTML


def done(request: IncomingRequest) -> tuple[int, bytes, str]:
    """Tell that it is done."""
    heading, words = _DONE[_language(request)]
    return 200, _page(heading, words), _HTML


def verify(channel: ChannelFacts, request: IncomingRequest) -> None:
    """Refuse what does not come by an address of ours, or asks for nothing."""
    _whose(channel, request.query)
    if ONE_CLICK not in request.body:
        raise RefusedError("no_wish")


def read(channel: ChannelFacts, request: IncomingRequest, now: datetime) -> Mapping[str, Any] | None:
    """Return what is to be kept of it."""
    try:
        address, letter = _whose(channel, request.query)
    except RefusedError:
        return None
    return {"left": {"address": address, "letter": letter, "at": int(now.timestamp())}}


def _link(channel: ChannelFacts, message: Outgoing) -> str:
    if not channel.hook_url:
        return ""
    letter, address = str(message.id), normalised(message.to)
    told = {"m": letter, "a": address, "s": seals.leave_seal(channel, letter, address)}
    return f"{channel.hook_url}?{urlencode(told)}"


def _whose(channel: ChannelFacts, query: Mapping[str, str]) -> tuple[str, str]:
    letter, address, seal = query.get("m", ""), query.get("a", ""), query.get("s", "")
    expected = seals.leave_seal(channel, letter, address)
    if not (channel.seal and letter.isdecimal() and hmac.compare_digest(seal.encode(), expected.encode())):
        raise RefusedError("wrong_signature")
    return address, letter


def _box(channel: ChannelFacts) -> str:
    return str(channel.settings.get("address", ""))


def _language(request: IncomingRequest) -> str:
    told = {name.lower(): value for name, value in request.headers.items()}.get("accept-language", "")
    return "ru" if told.strip().lower().startswith(("ru", "be", "uk", "kk")) else "en"


def _page(heading: str, words: str, more: str = "") -> bytes:
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta name="robots" content="noindex"><title>{escape(heading)}</title></head><body style="{_BODY}">'
        f"<h1>{escape(heading)}</h1><p>{escape(words)}</p>{more}</body></html>"
    ).encode()
