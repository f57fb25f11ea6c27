"""Messages that a messenger approves beforehand: what they are made of, which gaps they have, what fills them. Pure.

Adapters tell them in these words; the chat panel, the editor of flows and their page show and fill them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from messengers import markup
from messengers.content import Attachment, AttachmentKind, Button, Content, ReplyButton, Template

VALUE = 1000  # characters that may stand in one gap
_GAP = re.compile(r"\{\{\s*(\w{1,60})\s*\}\}")
_SPACE = re.compile(r"\s+")
_MARKS = ("{{", "{%")  # of a value that waits for a person's facts
_EMPTY = "—"


class TemplateState(StrEnum):
    """Whether it may be sent."""

    APPROVED = "approved"
    PENDING = "pending"
    REJECTED = "rejected"
    PAUSED = "paused"
    DISABLED = "disabled"


class TemplateButton(BaseModel):
    """A button under it. An address may end in a gap."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["reply", "url", "call", "other"]
    text: str = ""
    url: str = ""
    phone: str = ""
    example: str = ""


class TemplateParts(BaseModel):
    """What it says. `unsupported` names what in it Kaskad cannot fill: then it cannot be sent from here."""

    model_config = ConfigDict(frozen=True)

    header: str = ""
    header_file: AttachmentKind | None = None
    header_examples: list[str] = Field(default_factory=list)
    body: str = ""
    body_examples: list[str] = Field(default_factory=list)
    footer: str = ""
    buttons: list[TemplateButton] = Field(default_factory=list)
    named: bool = False  # its gaps have names instead of numbers
    unsupported: str = ""


@dataclass(frozen=True, slots=True)
class ToldTemplate:
    """One of them, as the messenger tells it. `reason` says why it may not be sent, a code or its own words."""

    external_id: str
    name: str
    language: str
    category: str
    state: TemplateState
    parts: TemplateParts
    reason: str = ""
    quality: str = ""  # high, medium, low; empty: not known yet


@dataclass(frozen=True, slots=True)
class NewTemplate:
    """One that the messenger is asked to approve."""

    name: str
    language: str
    category: str
    parts: TemplateParts


@dataclass(frozen=True, slots=True)
class Gap:
    """A place to be filled. `key` is its name in forms: part, dot, the gap's own name or its button's number."""

    key: str
    part: Literal["header", "body", "url"]
    name: str
    example: str = ""
    button: int = 0


@dataclass(frozen=True, slots=True)
class Filling:
    """What somebody has put into the gaps: values by the gaps' keys, and the file above."""

    values: Mapping[str, str] = field(default_factory=dict)
    file: Attachment | None = None


class GapsError(ValueError):
    """Something is missing. `fields` maps a gap's key, or `file`, to a code: missing, too_long, wrong_file."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        """Keep them."""
        super().__init__(", ".join(fields))
        self.fields = dict(fields)


def names(text: str) -> list[str]:
    """Return the gaps of a text: numbers by their value, names in their order."""
    found = list(dict.fromkeys(_GAP.findall(text)))
    return sorted(found, key=int) if found and all(one.isdecimal() for one in found) else found


def gaps(parts: TemplateParts) -> list[Gap]:
    """Return everything that has to be filled before it can be sent."""
    header = _of_part("header", parts.header, parts.header_examples)
    body = _of_part("body", parts.body, parts.body_examples)
    urls = [
        Gap(f"url.{number}", "url", str(number), button.example, number)
        for number, button in enumerate(parts.buttons)
        if button.kind == "url" and names(button.url)
    ]
    return [*header, *body, *urls]


def check(parts: TemplateParts, filling: Filling) -> None:
    """Raise GapsError where something is missing."""
    wrong: dict[str, str] = {}
    for gap in gaps(parts):
        value = filling.values.get(gap.key, "").strip()
        if not value:
            wrong[gap.key] = "missing"
        elif len(value) > VALUE:
            wrong[gap.key] = "too_long"
    if parts.header_file is not None:
        if filling.file is None:
            wrong["file"] = "missing"
        elif filling.file.kind != parts.header_file:
            wrong["file"] = "wrong_file"
    if wrong:
        raise GapsError(wrong)


def content(name: str, language: str, parts: TemplateParts, filling: Filling) -> Content:
    """Return the message; GapsError where something is missing. Values may wait for a person's facts."""
    check(parts, filling)
    values = {key: clean(value) for key, value in filling.values.items()}
    header, body = names(parts.header), names(parts.body)
    template = Template(
        name=name,
        language=language,
        header=[values[f"header.{gap}"] for gap in header],
        body=[values[f"body.{gap}"] for gap in body],
        header_names=header if parts.named else [],
        body_names=body if parts.named else [],
        replies=[place for place, button in enumerate(parts.buttons) if button.kind == "reply"],
        urls={gap.button: values[gap.key] for gap in gaps(parts) if gap.part == "url"},
    )
    file = [filling.file] if parts.header_file is not None and filling.file else []
    return Content(text=told(parts, values), attachments=file, buttons=_buttons(parts), template=template)


def told(parts: TemplateParts, values: Mapping[str, str]) -> str:
    """Return what the person reads, in our markup. A gap without a value stays to be seen."""
    header = _filled("header", parts.header, values)
    pieces = [f"*{header}*" if header else "", _filled("body", parts.body, values)]
    pieces.append(f"_{_plain(parts.footer)}_" if parts.footer else "")
    return "\n".join(piece for piece in pieces if piece) or _EMPTY


def clean(value: str) -> str:
    """Return a value as a gap may hold it: in one line."""
    return _SPACE.sub(" ", value).strip()


def _of_part(part: Literal["header", "body"], text: str, examples: Sequence[str]) -> list[Gap]:
    found = names(text)
    return [
        Gap(f"{part}.{name}", part, name, examples[at] if at < len(examples) else "") for at, name in enumerate(found)
    ]


def _filled(part: str, text: str, values: Mapping[str, str]) -> str:
    """Put values in, each escaped unless it waits for facts, which are escaped when they are known."""
    pieces = _GAP.split(text)
    told_pieces = [_ours(piece) if at % 2 == 0 else _value(part, piece, values) for at, piece in enumerate(pieces)]
    return "".join(told_pieces)


def _value(part: str, name: str, values: Mapping[str, str]) -> str:
    value = values.get(f"{part}.{name}", "")
    if not value:
        return f"{{{{{name}}}}}"
    return value if any(mark in value for mark in _MARKS) else markup.escape(value)


def _ours(text: str) -> str:
    """Turn the messenger's marks into ours: they differ in code only, and brackets mean nothing there."""
    return text.replace("\\", "\\\\").replace("```", "`").replace("[", "\\[")


def _plain(text: str) -> str:
    return markup.escape(text)


def _buttons(parts: TemplateParts) -> list[Button]:
    replies = [button for button in parts.buttons if button.kind == "reply"]
    return [ReplyButton(id=f"t{number}", text=button.text[:80] or "…") for number, button in enumerate(replies)]
