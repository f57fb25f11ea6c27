"""How a message looks as a letter: HTML that all mail programs show, and the same in plain words.

Programs take out style sheets, so every element bears its own style; old Outlook knows tables and little else.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from messengers import markup
from messengers.content import AttachmentKind, Button, CallButton, Card, Content, ReplyButton, UrlButton
from messengers.markup import Span

_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5"
_PAGE = f"margin:0;padding:24px 16px;background:#ffffff;color:#1f2933;{_FONT}"
_SHEET = "max-width:600px;margin:0 auto"
_BLOCK = "margin:0 0 16px"
_PRESSED = (
    "display:inline-block;padding:10px 20px;margin:0 8px 8px 0;border-radius:6px;text-decoration:none;font-weight:600"
)
_REPLY = f"{_PRESSED};background-color:#1f6feb;color:#ffffff"
_OPENED = f"{_PRESSED};background-color:#e8eef7;color:#174ea6"
_CARD = "border:1px solid #d9e0e8;border-radius:8px;padding:16px;margin:0 0 16px"
_PICTURE = "display:block;max-width:100%;height:auto;border:0;border-radius:6px;margin:0 0 16px"
_SMALL = "color:#6b7785;font-size:13px;line-height:1.4;margin:24px 0 0;border-top:1px solid #d9e0e8;padding-top:12px"
_TAGS = {
    "bold": "strong",
    "italic": "em",
    "struck": "s",
    "code": "code",
}
_ADDRESS = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]}»]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Look:
    """What of a letter does not stand in its content.

    `press` writes the address that a reply button opens, `pictures` are the names of those that are shown, by media id,
    `links` the words and addresses of files that are not sent along.
    """

    press: Callable[[ReplyButton], str]
    pictures: dict[int, str]
    links: Sequence[tuple[str, str]] = ()
    signature: str = ""
    leave: tuple[str, str] = ("", "")  # the words of the last line, and what they open


def html(content: Content, look: Look) -> str:
    """Return the letter in HTML."""
    blocks = [_paragraphs(_spans(content))]
    blocks += [_link(words, address) for words, address in look.links]
    images = [one for one in content.attachments if one.kind is AttachmentKind.IMAGE and one.media in look.pictures]
    blocks += [_picture(look.pictures[one.media], one.name) for one in images]
    blocks += [_card(card, look) for card in content.cards]
    blocks.append(_buttons(content.buttons, look))
    if look.signature:
        blocks.append(f'<div style="{_BLOCK};color:#6b7785">{_broken(look.signature)}</div>')
    words, address = look.leave
    if address:
        blocks.append(
            f'<div style="{_SMALL}"><a href="{escape(address)}" style="color:#6b7785">{escape(words)}</a></div>'
        )
    shown = "\n".join(block for block in blocks if block)
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"></head>\n'
        f'<body style="{_PAGE}">\n<div style="{_SHEET}">\n{shown}\n</div>\n</body></html>\n'
    )


def plain(content: Content, look: Look) -> str:
    """Return the letter in words."""
    blocks = [_words(content.text, marked=content.markup)]
    blocks += [f"{words}: {address}" for words, address in look.links]
    for card in content.cards:
        blocks.append("\n".join(line for line in (card.title, card.text, *map(_as_line, card.buttons)) if line))
    blocks.append("\n".join(_as_line(button) for button in content.buttons))
    if look.signature:
        blocks.append(f"-- \n{look.signature}")
    words, address = look.leave
    if address:
        blocks.append(f"{words}: {address}")
    return "\n\n".join(block for block in blocks if block.strip()) + "\n"


def _spans(content: Content) -> list[Span]:
    return markup.parse(content.text) if content.markup else [Span(content.text)]


def _words(text: str, *, marked: bool) -> str:
    return (markup.plain(text) if marked else text).strip()


def _paragraphs(spans: Sequence[Span]) -> str:
    said = "".join(map(_span, spans)).strip()
    return f'<div style="{_BLOCK}">{said}</div>' if said else ""


def _span(span: Span) -> str:
    shown = _broken(span.text) if span.href else _linked(span.text)
    for style in reversed(span.styles):
        tag = _TAGS.get(style)
        shown = f"<{tag}>{shown}</{tag}>" if tag else shown
    return f'<a href="{escape(span.href)}" style="color:#1f6feb">{shown}</a>' if span.href else shown


def _linked(text: str) -> str:
    """Return words in which addresses can be pressed."""
    shown, place = [], 0
    for found in _ADDRESS.finditer(text):
        address = escape(found[0])
        shown += [_broken(text[place : found.start()]), f'<a href="{address}" style="color:#1f6feb">{address}</a>']
        place = found.end()
    return "".join([*shown, _broken(text[place:])])


def _broken(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _link(words: str, address: str) -> str:
    return f'<div style="{_BLOCK}"><a href="{escape(address)}" style="color:#1f6feb">{escape(words)}</a></div>'


def _picture(cid: str, words: str) -> str:
    return f'<img src="cid:{escape(cid)}" alt="{escape(words)}" width="600" style="width:100%;{_PICTURE}">'


def _card(card: Card, look: Look) -> str:
    picture = _picture(look.pictures[card.image.media], "") if card.image and card.image.media in look.pictures else ""
    text = f'<div style="{_BLOCK}">{_broken(card.text)}</div>' if card.text else ""
    title = f'<div style="margin:0 0 8px;font-weight:600">{escape(card.title)}</div>'
    return f'<div style="{_CARD}">{picture}{title}{text}{_buttons(card.buttons, look)}</div>'


def _buttons(buttons: Sequence[Button], look: Look) -> str:
    pressed = "\n".join(_button(button, look) for button in buttons)
    return f'<div style="margin:16px 0 8px">{pressed}</div>' if pressed else ""


def _button(button: Button, look: Look) -> str:
    match button:
        case ReplyButton():
            address, style = look.press(button), _REPLY
        case UrlButton():
            address, style = str(button.url), _OPENED
        case CallButton():
            address, style = f"tel:{button.phone}", _OPENED
        case _:
            return escape(button.text)
    return f'<a href="{escape(address)}" style="{style}">{escape(button.text)}</a>'


def _as_line(button: Button) -> str:
    match button:
        case UrlButton():
            return f"{button.text}: {button.url}"
        case CallButton():
            return f"{button.text}: {button.phone}"
        case _:
            return f"- {button.text}"
