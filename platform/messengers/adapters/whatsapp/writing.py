"""How our words, buttons, cards and templates look in the Cloud API."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from messengers import markup
from messengers.adapter import Outgoing
from messengers.content import Attachment, AttachmentKind, Button, Card, Content, ReplyButton, Template, UrlButton
from messengers.protocols.meta_messaging.payloads import payload

TYPES: Mapping[AttachmentKind, str] = {
    AttachmentKind.IMAGE: "image",
    AttachmentKind.VIDEO: "video",
    AttachmentKind.AUDIO: "audio",
    AttachmentKind.VOICE: "audio",
    AttachmentKind.DOCUMENT: "document",
}
REPLIES = 3  # buttons under a message; more become a list
BUTTON = 20  # characters on a button
OPENS = "👇"  # on the button that opens a list, and over a carousel: there must be words
_SIGNS = {"bold": "*", "italic": "_", "struck": "~", "code": "```"}


def written(message: Outgoing, file_ids: Mapping[int, str]) -> dict[str, Any]:
    """Return a part's kind and what is said; `file_ids` are Meta's names of all its files."""
    content = message.content
    if content.template:
        return _said("template", _template(message, file_ids))
    if content.cards:
        return _said("interactive", _carousel(message, file_ids))
    if content.buttons:
        return _said("interactive", _interactive(message, file_ids))
    if content.location:
        place = content.location
        title = {"name": place.title} if place.title else {}
        return _said("location", {"latitude": place.latitude, "longitude": place.longitude, **title})
    if content.attachments:
        file = content.attachments[0]
        caption = {"caption": text(content)} if content.text else {}
        return _said(TYPES[file.kind], {**_file(file, file_ids), **caption})
    return _said("text", {"body": text(content), "preview_url": True})


def text(content: Content) -> str:
    """Return the words with WhatsApp's own marks."""
    return "".join(map(_marked, _addressed(markup.parse(content.text)))) if content.markup else content.text


def _said(kind: str, what: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": kind, kind: dict(what)}


def _addressed(spans: Sequence[markup.Span]) -> Sequence[markup.Span]:
    """Put the addresses of links in brackets behind their words: here words cannot be links."""
    told: list[markup.Span] = []
    for span, following in zip(spans, [*spans[1:], markup.Span("")], strict=True):
        told.append(span)
        if span.href and span.href not in (span.text, following.href):
            told.append(markup.Span(f" ({span.href})"))
    return told


def _marked(span: markup.Span) -> str:
    """Put marks around each line of a span by itself: here they do not reach beyond a line, nor stand by a space."""
    return "\n".join(_line(line, span.styles) for line in span.text.split("\n"))


def _line(line: str, styles: Sequence[str]) -> str:
    words = line.strip()
    if not words or not styles:
        return line
    before, after = line[: line.index(words[0])], line[len(line.rstrip()) :]
    signs = [_SIGNS[style] for style in styles]
    return f"{before}{''.join(signs)}{words}{''.join(reversed(signs))}{after}"


def _file(file: Attachment, file_ids: Mapping[int, str]) -> dict[str, Any]:
    told: dict[str, Any] = {"id": file_ids[file.media]}
    if file.kind is AttachmentKind.DOCUMENT and file.name:
        told["filename"] = file.name
    if file.kind is AttachmentKind.VOICE:
        told["voice"] = True
    return told


def _header(file: Attachment, file_ids: Mapping[int, str]) -> dict[str, Any]:
    return {"type": TYPES[file.kind], TYPES[file.kind]: _file(file, file_ids)}


def _interactive(message: Outgoing, file_ids: Mapping[int, str]) -> dict[str, Any]:
    content = message.content
    header = {"header": _header(content.attachments[0], file_ids)} if content.attachments else {}
    body = {"body": {"text": text(content) or OPENS}}
    first = content.buttons[0]
    if isinstance(first, UrlButton):
        return {"type": "cta_url", **header, **body, "action": _address(first)}
    replies = _replies(content.buttons)
    if len(replies) <= REPLIES:
        return {"type": "button", **header, **body, "action": {"buttons": [_reply(one, message.id) for one in replies]}}
    rows = [{"id": payload(message.id, one.id), "title": one.text} for one in replies]
    return {"type": "list", **body, "action": {"button": OPENS, "sections": [{"rows": rows}]}}


def _carousel(message: Outgoing, file_ids: Mapping[int, str]) -> dict[str, Any]:
    cards = [_card(number, card, message.id, file_ids) for number, card in enumerate(message.content.cards)]
    return {"type": "carousel", "body": {"text": OPENS}, "action": {"cards": cards}}


def _card(number: int, card: Card, message_id: int, file_ids: Mapping[int, str]) -> dict[str, Any]:
    words = "\n".join(part for part in (f"*{card.title}*", card.text) if part)
    # Meta calls a card by this name whatever its buttons do.
    told: dict[str, Any] = {"card_index": number, "type": "cta_url", "body": {"text": words}}
    if card.image:
        told["header"] = _header(card.image, file_ids)
    first = card.buttons[0]
    if isinstance(first, UrlButton):
        return {**told, "action": _address(first)}
    replies = [{"id": payload(message_id, one.id), "title": _short(one.text)} for one in _replies(card.buttons)]
    buttons = [{"type": "quick_reply", "quick_reply": reply} for reply in replies]
    return {**told, "action": {"buttons": buttons}}


def _address(button: UrlButton) -> dict[str, Any]:
    return {"name": "cta_url", "parameters": {"display_text": _short(button.text), "url": str(button.url)}}


def _reply(button: ReplyButton, message_id: int) -> dict[str, Any]:
    return {"type": "reply", "reply": {"id": payload(message_id, button.id), "title": button.text}}


def _replies(buttons: Sequence[Button]) -> list[ReplyButton]:
    return [button for button in buttons if isinstance(button, ReplyButton)]


def _short(words: str) -> str:
    return words if len(words) <= BUTTON else words[: BUTTON - 1].rstrip() + "…"


def _template(message: Outgoing, file_ids: Mapping[int, str]) -> dict[str, Any]:
    content = message.content
    assert content.template is not None
    template = content.template
    components: list[dict[str, Any]] = []
    if content.attachments:
        components.append({"type": "header", "parameters": [_header(content.attachments[0], file_ids)]})
    elif template.header:
        components.append({"type": "header", "parameters": _words(template.header, template.header_names)})
    if template.body:
        components.append({"type": "body", "parameters": _words(template.body, template.body_names)})
    components += _template_buttons(content.buttons, template, message.id)
    told: dict[str, Any] = {"name": template.name, "language": {"code": template.language}}
    return {**told, "components": components} if components else told


def _template_buttons(buttons: Sequence[Button], template: Template, message_id: int) -> list[dict[str, Any]]:
    """Return what fills a template's buttons: addresses stand at their own places, and replies where it is told.

    Where it is not, they take those left.
    """
    urls = template.urls
    told = [(place, _button(place, "url", {"type": "text", "text": end})) for place, end in urls.items()]
    free = template.replies or (place for place in count() if place not in urls)
    for button, place in zip((one for one in buttons if isinstance(one, ReplyButton)), free, strict=False):
        reply = {"type": "payload", "payload": payload(message_id, button.id)}
        told.append((place, _button(place, "quick_reply", reply)))
    return [one for _place, one in sorted(told, key=lambda pair: pair[0])]


def _button(place: int, kind: str, parameter: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "button", "sub_type": kind, "index": str(place), "parameters": [parameter]}


def _words(gaps: Sequence[str], names: Sequence[str]) -> list[dict[str, Any]]:
    if not names:
        return [{"type": "text", "text": words} for words in gaps]
    told = zip(names, gaps, strict=False)
    return [{"type": "text", "parameter_name": name, "text": words} for name, words in told]
