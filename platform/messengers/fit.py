"""Cuts a message to what a messenger can carry, and says what that changes. Pure.

`pump` sends the parts; the bot editor and the chat panel show the warnings before anything is sent. Nothing is lost:
what a messenger cannot show becomes words or an address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from messengers import markup
from messengers.adapter import Capabilities
from messengers.content import (
    Attachment,
    AttachmentKind,
    Button,
    CallButton,
    Card,
    Content,
    Location,
    ReplyButton,
    ShareLocationButton,
    SharePhoneButton,
    UrlButton,
)
from messengers.cut import cut, length

_MARKS = frozenset("*_~`[\\")
BEARER = "👇"  # what buttons stand under where files cannot have them and there are no words
MAP_ADDRESS = "https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=16/{latitude}/{longitude}"


@dataclass(frozen=True, slots=True)
class Warning:  # noqa: A001 - the field's word for it
    """Something that will look different there. `code` is for the page's words, `facts` for the gaps in them."""

    code: str
    facts: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fitted:
    """The messages that leave, what they change, and the buttons that became numbers: "2" means the second."""

    parts: list[Content]
    warnings: list[Warning]
    numbered: list[ReplyButton]


def fit(content: Content, capabilities: Capabilities, links: Mapping[int, str] | None = None) -> Fitted:
    """Return the message in parts that the messenger can carry; `links` are the files' addresses by media id."""
    if content.template and capabilities.templates:
        return Fitted([content], [], [])  # as it was approved, or not at all
    if not capabilities.subjects and content.subject:
        content = content.model_copy(update={"subject": ""})
    if content.template:
        content = content.model_copy(update={"template": None})
    if _fits_as_it_is(content, capabilities):
        marked = content.markup and capabilities.markup
        return Fitted([content if marked == content.markup else content.model_copy(update={"markup": marked})], [], [])
    return _Fitting(capabilities, links or {}).fit(content)


def _fits_as_it_is(content: Content, can: Capabilities) -> bool:
    """Say whether a message is but a short text: most of a mailing's are, and asking is cheaper than fitting."""
    return not (
        content.attachments
        or content.location
        or content.cards
        or content.buttons
        # A character has at most two UTF-16 units, and four bytes.
        or len(content.text) * (4 if can.text_in_bytes else 2) > can.text
        or (content.markup and not can.markup and not _MARKS.isdisjoint(content.text))
        or content.text != content.text.strip()
    )


class _Fitting:
    def __init__(self, capabilities: Capabilities, links: Mapping[int, str]) -> None:
        self.can = capabilities
        self.links = links
        self.warnings: list[Warning] = []
        self.numbered: list[ReplyButton] = []

    def fit(self, content: Content) -> Fitted:
        parts = self._message(content) if _says_more_than_cards(content) else []
        if self._is_carousel(content.cards):
            if parts and self.can.cards_with_text:
                parts[-1] = parts[-1].model_copy(update={"cards": content.cards})
            else:
                parts.append(Content(cards=content.cards))
        elif content.cards:
            self._warn("cards_as_messages", count=len(content.cards))
            for card in content.cards:
                parts += self._message(_as_message(card))
        if content.subject:
            parts = [part.model_copy(update={"subject": content.subject}) for part in parts]
        return Fitted(parts, self.warnings, self.numbered)

    def _message(self, content: Content) -> list[Content]:
        files, links = self._files(content.attachments)
        buttons, lines = self._buttons(content.buttons)
        location = content.location
        if location and not self.can.location:
            self._warn("location_as_link")
            links.append(_map_link(location))
            location = None
        text = self._text(content, [*links, *lines])
        return self._assembled(text, content.markup and self.can.markup, files, location, buttons)

    def _assembled(
        self, text: str, marked: bool, files: list[Attachment], location: Location | None, buttons: list[Button]
    ) -> list[Content]:
        groups = self._groups(files)
        captioned = bool(text) and len(groups) == 1 and self._is_caption(text, marked, groups[0])
        captioned = captioned and len(buttons) <= self.can.caption_buttons
        bearing = self._bearing(buttons)
        if captioned and bearing:
            captioned = self._length(text, marked) <= bearing
        if buttons and groups and not text and not location and not self.can.file_buttons:
            text = BEARER
        if buttons and groups and len(groups[-1]) > 1 and not self.can.album_buttons:
            captioned = False
            text = text or BEARER
        if text and groups and not captioned:
            self._warn("caption_moved")
        parts = [Content(attachments=group, text=text if captioned else "", markup=marked) for group in groups]
        if location:
            parts.append(Content(location=location, markup=marked))
        if text and not captioned:
            pieces = self._pieces(text, marked, bearing)
            if len(pieces) > 1:
                self._warn("text_split", parts=len(pieces))
            parts += [Content(text=piece, markup=marked) for piece in pieces]
        if buttons and parts:
            # Under the words if there are any, or else under whatever there is.
            bearer = max((n for n, part in enumerate(parts) if part.text), default=len(parts) - 1)
            parts[bearer] = parts[bearer].model_copy(update={"buttons": buttons})
        return parts

    def _is_caption(self, text: str, marked: bool, group: Sequence[Attachment]) -> bool:
        kinds = {file.kind for file in group}
        return kinds <= self.can.captions and self._length(text, marked) <= self.can.caption

    def _length(self, text: str, marked: bool) -> int:
        return length(text, markup=marked, in_bytes=self.can.text_in_bytes)

    def _bearing(self, buttons: Sequence[Button]) -> int:
        """Return how long a text may be that bears these buttons; 0 where they change nothing."""
        if any(not isinstance(button, ReplyButton) for button in buttons) and self.can.text_with_mixed_buttons:
            return self.can.text_with_mixed_buttons
        return self.can.text_with_buttons if buttons else 0

    def _pieces(self, text: str, marked: bool, bearing: int) -> list[str]:
        """Cut the words so that the last piece, which bears the buttons, is short enough for that."""
        in_bytes = self.can.text_in_bytes
        pieces = cut(text, self.can.text, markup=marked, in_bytes=in_bytes)
        if bearing and pieces and self._length(pieces[-1], marked) > bearing:
            pieces[-1:] = cut(pieces[-1], bearing, markup=marked, in_bytes=in_bytes)
        return pieces

    def _text(self, content: Content, lines: Sequence[str]) -> str:
        marked = content.markup and self.can.markup
        text = content.text.strip()
        if content.markup and not self.can.markup:
            plain = markup.plain(text)
            if any(span.styles or span.href for span in markup.parse(text)):
                self._warn("formatting_lost")
            text = plain
        shown = [markup.escape(line) if marked else line for line in lines]
        return "\n\n".join(block for block in (text, "\n".join(shown)) if block)

    def _files(self, attachments: Sequence[Attachment]) -> tuple[list[Attachment], list[str]]:
        carried: list[Attachment] = []
        links: list[str] = []
        for file in attachments:
            limit = self.can.attachments.get(file.kind, 0)
            if self._takes(file):
                carried.append(file)
                continue
            document = file.model_copy(update={"kind": AttachmentKind.DOCUMENT})
            if limit and not self._is_of_type(file) and self._takes(document):
                self._warn("file_as_document", name=file.name, kind=file.kind.value)
                carried.append(document)
                continue
            code, reached = self._hindrance(file)
            self._warn(code, name=file.name, kind=file.kind.value, limit=reached)
            address = self.links.get(file.media, "")
            links.append(": ".join(part for part in (file.name or file.kind.value, address) if part))
        return carried, links

    def _hindrance(self, file: Attachment) -> tuple[str, int]:
        """Say why a file does not go as it is, and at which limit."""
        limit = self.can.attachments.get(file.kind, 0)
        if not limit:
            return "file_as_link", 0
        if not self._is_of_type(file):
            return "file_of_wrong_type", limit
        longest = self.can.seconds.get(file.kind, file.seconds)
        return ("file_too_long", longest) if file.seconds > longest else ("file_too_large", limit)

    def _takes(self, file: Attachment) -> bool:
        limit = self.can.attachments.get(file.kind, 0)
        short = file.seconds <= self.can.seconds.get(file.kind, file.seconds)
        return bool(0 < limit >= file.size and short and self.can.attachments_per_message and self._is_of_type(file))

    def _is_of_type(self, file: Attachment) -> bool:
        types = self.can.types.get(file.kind)
        return types is None or not file.content_type or file.content_type.partition(";")[0].strip() in types

    def _buttons(self, buttons: Sequence[Button]) -> tuple[list[Button], list[str]]:
        carried: list[Button] = []
        lines: list[str] = []
        replies = 0
        others = self._room_beside(buttons)
        for button in buttons:
            if isinstance(button, ReplyButton) and replies < self.can.reply_buttons:
                replies += 1
                carried.append(self._shortened(button))
            elif isinstance(button, ReplyButton):
                self.numbered.append(button)
                lines.append(f"{len(self.numbered)}. {button.text}")
            elif self._carries(button) and others > 0:
                others -= 1
                carried.append(self._shortened(button))
            else:
                lines.append(_as_line(button))
        if lines:
            self._warn("buttons_as_text", count=len(lines))
        return carried, lines

    def _room_beside(self, buttons: Sequence[Button]) -> int:
        """Return how many buttons that open or dial something a message may have beside its reply buttons."""
        replies = sum(isinstance(button, ReplyButton) for button in buttons)
        return max(0, self.can.mixed_buttons - min(replies, self.can.reply_buttons))

    def _groups(self, files: list[Attachment]) -> list[list[Attachment]]:
        """Put files together that may share a message, in their order."""
        groups: list[list[Attachment]] = []
        for file in files:
            group = groups[-1] if groups else []
            together = {*(one.kind for one in group), file.kind}
            full = not group or len(group) >= self.can.attachments_per_message
            if full or not any(together <= album for album in self.can.albums):
                groups.append([file])
            else:
                group.append(file)
        return groups

    def _carries(self, button: Button) -> bool:
        match button:
            case UrlButton():
                return self.can.url_buttons
            case CallButton():
                return self.can.call_buttons
            case SharePhoneButton():
                return self.can.share_phone
            case ShareLocationButton():
                return self.can.share_location
            case _:
                return False

    def _shortened(self, button: Button) -> Button:
        if len(button.text) <= self.can.button_text:
            return button
        self._warn("button_shortened", text=button.text, limit=self.can.button_text)
        return button.model_copy(update={"text": button.text[: self.can.button_text - 1].rstrip() + "…"})

    def _is_carousel(self, cards: Sequence[Card]) -> bool:
        shapes = {(card.image is None, not card.text, len(card.buttons)) for card in cards}
        alike = len(shapes) == 1 or not self.can.cards_alike
        full = not self.can.cards_full or _are_full(cards)
        return bool(cards) and len(cards) <= self.can.cards and alike and full and all(map(self._shows, cards))

    def _shows(self, card: Card) -> bool:
        replies = sum(isinstance(button, ReplyButton) for button in card.buttons)
        others = all(self._carries(button) for button in card.buttons if not isinstance(button, ReplyButton))
        image = card.image is None or self._takes(card.image)
        return others and image and replies <= self.can.reply_buttons and len(card.text) <= self.can.card_text

    def _warn(self, code: str, **facts: int | str) -> None:
        self.warnings.append(Warning(code, facts))


def _says_more_than_cards(content: Content) -> bool:
    return bool(content.text.strip() or content.attachments or content.location or content.buttons)


def _are_full(cards: Sequence[Card]) -> bool:
    kinds = {button.kind for card in cards for button in card.buttons}
    room = 1 if kinds == {"url"} else 3
    return len(cards) > 1 and len(kinds) == 1 and all(card.image and 0 < len(card.buttons) <= room for card in cards)


def _as_message(card: Card) -> Content:
    words = [f"*{markup.escape(card.title)}*", markup.escape(card.text)]
    text = "\n".join(part for part in words if part)
    return Content(text=text, attachments=[card.image] if card.image else [], buttons=card.buttons)


def _as_line(button: Button) -> str:
    match button:
        case UrlButton(text=text, url=url):
            return f"{text}: {url}"
        case CallButton(text=text, phone=phone):
            return f"{text}: {phone}"
        case _:
            return button.text


def _map_link(location: Location) -> str:
    address = MAP_ADDRESS.format(latitude=location.latitude, longitude=location.longitude)
    return f"{location.title}: {address}" if location.title else address
