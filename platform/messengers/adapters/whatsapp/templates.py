"""The templates of a business account: read with their states, sent for approval, deleted.

What Meta has in them that Kaskad cannot fill is named, and such a template is shown but not offered.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field, ValidationError, model_validator

from messengers.adapter import ChannelFacts, HttpCall, Steps
from messengers.adapters.whatsapp.account import read
from messengers.content import AttachmentKind
from messengers.protocols.graph import error
from messengers.protocols.meta_messaging.calls import call, result
from messengers.template_parts import (
    NewTemplate,
    TemplateButton,
    TemplateParts,
    TemplateState,
    ToldTemplate,
    names,
)

PAGES = 80  # of a hundred; a business account holds at most 6000
CATEGORIES = ("MARKETING", "UTILITY")  # those for codes have a shape of their own
_FIELDS = "id,name,language,status,category,components,rejected_reason,quality_score,parameter_format"
STATES: Mapping[str, TemplateState] = {
    "APPROVED": TemplateState.APPROVED,
    "REINSTATED": TemplateState.APPROVED,
    "FLAGGED": TemplateState.APPROVED,  # it may be sent as yet
    "UNARCHIVED": TemplateState.APPROVED,
    "PENDING": TemplateState.PENDING,
    "IN_APPEAL": TemplateState.PENDING,
    "REJECTED": TemplateState.REJECTED,
    "PAUSED": TemplateState.PAUSED,
    "DISABLED": TemplateState.DISABLED,
    "LIMIT_EXCEEDED": TemplateState.DISABLED,
    "ARCHIVED": TemplateState.DISABLED,
    "LOCKED": TemplateState.DISABLED,
}
GONE = frozenset({"DELETED", "PENDING_DELETION"})
QUALITIES: Mapping[str, str] = {"GREEN": "high", "YELLOW": "medium", "RED": "low"}
_FILES = {"IMAGE": AttachmentKind.IMAGE, "VIDEO": AttachmentKind.VIDEO, "DOCUMENT": AttachmentKind.DOCUMENT}
_KINDS = {"QUICK_REPLY": "reply", "URL": "url", "PHONE_NUMBER": "call"}
_UNFILLED = frozenset({"FLOW", "CATALOG", "MPM", "SPM", "OTP", "COPY_CODE", "ORDER_DETAILS", "VOICE_CALL"})
_NONE = frozenset({"", "NONE"})


class _Told(BaseModel):
    """What Meta tells: what is null there is as if it were not there."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, told: Any) -> Any:
        return {name: value for name, value in told.items() if value is not None} if isinstance(told, dict) else told


class _Button(_Told):
    type: str = ""
    text: str = ""
    url: str = ""
    phone_number: str = ""
    example: Any = None


class _Component(_Told):
    type: str = ""
    format: str = ""
    text: str = ""
    example: Any = None
    buttons: list[_Button] = Field(default_factory=list)


class _Quality(_Told):
    score: str = ""


class _Template(_Told):
    id: str
    name: str
    language: str
    status: str
    category: str = ""
    rejected_reason: str = ""
    quality_score: _Quality | None = None
    parameter_format: str = ""
    components: list[_Component] = Field(default_factory=list)


class _Cursors(_Told):
    after: str = ""


class _Paging(_Told):
    cursors: _Cursors = Field(default_factory=_Cursors)
    next: str = ""


class _Page(_Told):
    data: list[Any] = Field(default_factory=list)
    paging: _Paging = Field(default_factory=_Paging)


class _Made(_Told):
    id: str
    status: str = "PENDING"
    category: str = ""


def templates(channel: ChannelFacts) -> Steps[Sequence[ToldTemplate]]:
    """Return all of them, page by page."""
    found: list[ToldTemplate] = []
    after = ""
    for _ in range(PAGES):
        told = result((yield _asked(channel, after)))
        page = read(_Page, told)
        found += [one for raw in page.data if (one := _told(raw)) is not None]
        after = page.paging.cursors.after
        if not page.paging.next or not after:
            return found
    return found


def create(channel: ChannelFacts, wanted: NewTemplate) -> Steps[ToldTemplate]:
    """Have one looked at. What Meta says against it is the reason."""
    said = {
        "name": wanted.name,
        "language": wanted.language,
        "category": wanted.category,
        "components": list(_components(wanted.parts)),
    }
    if wanted.parts.named:
        said["parameter_format"] = "NAMED"
    reply = yield call(channel, "POST", f"{_waba(channel)}/message_templates", patience=30, **said)
    refusal = error(reply) if reply.status != 200 else None
    if refusal is not None and refusal.code in (100, 192, 2388023, 2388040, 132005):
        raise ValueError(refusal.words)
    made = read(_Made, result(reply))
    state = STATES.get(made.status, TemplateState.PENDING)
    return ToldTemplate(
        made.id, wanted.name, wanted.language, made.category or wanted.category, state, wanted.parts
    )  # fmt: skip


def delete(channel: ChannelFacts, name: str, external_id: str) -> Steps[None]:
    """Delete one language of a template; one that is gone already is well, too."""
    reply = yield call(channel, "DELETE", f"{_waba(channel)}/message_templates", name=name, hsm_id=external_id)
    refusal = error(reply) if reply.status != 200 else None
    if refusal is not None and refusal.code == 100 and refusal.error_subcode in (33, 2593002):
        return
    result(reply)


def _asked(channel: ChannelFacts, after: str) -> HttpCall:
    more = {"after": after} if after else {}
    path = f"{_waba(channel)}/message_templates"
    return call(channel, "GET", path, patience=30, fields=_FIELDS, limit=100, **more)


def _told(raw: Any) -> ToldTemplate | None:
    """Return one; None for what is being deleted, or cannot be read: it must not hide the others."""
    try:
        one = _Template.model_validate(raw)
    except ValidationError:
        return None
    if one.status in GONE or not one.name or len(one.name) > 512 or not 2 <= len(one.language) <= 16:
        return None
    reason = "" if one.rejected_reason in _NONE else one.rejected_reason
    quality = QUALITIES.get(one.quality_score.score, "") if one.quality_score else ""
    state = STATES.get(one.status, TemplateState.DISABLED)
    return ToldTemplate(one.id, one.name, one.language, one.category, state, _parts(one), reason, quality)


def _parts(one: _Template) -> TemplateParts:
    said: dict[str, Any] = {"named": one.parameter_format == "NAMED"}
    unsupported = "AUTHENTICATION" if one.category == "AUTHENTICATION" else ""
    for part in one.components:
        match part.type.upper():
            case "HEADER" if part.format.upper() in ("TEXT", ""):
                said |= {"header": part.text, "header_examples": _examples(part.example, "header_text")}
            case "HEADER" if part.format.upper() in _FILES:
                said["header_file"] = _FILES[part.format.upper()]
            case "BODY":
                said |= {"body": part.text, "body_examples": _examples(part.example, "body_text")}
            case "FOOTER":
                said["footer"] = part.text
            case "BUTTONS":
                said["buttons"] = [_button(button) for button in part.buttons]
                unsupported = next((b.type for b in part.buttons if b.type.upper() in _UNFILLED), unsupported)
            case _:
                unsupported = part.format or part.type
    return TemplateParts(**said, unsupported=unsupported)


def _button(button: _Button) -> TemplateButton:
    kind: Any = _KINDS.get(button.type.upper(), "other")
    example = button.example[0] if isinstance(button.example, list) and button.example else button.example
    return TemplateButton(
        kind=kind, text=button.text, url=button.url, phone=button.phone_number,
        example=example if isinstance(example, str) else "",
    )  # fmt: skip


def _examples(told: Any, name: str) -> list[str]:
    """Return examples in the order of their gaps: Meta tells them in three shapes."""
    if not isinstance(told, dict):
        return []
    named = told.get(f"{name}_named_params")
    if isinstance(named, list):
        return [str(one.get("example", "")) for one in named if isinstance(one, dict)]
    given = told.get(name)
    first = given[0] if isinstance(given, list) and given else []
    return [str(one) for one in (first if isinstance(first, list) else given or [])]


def _components(parts: TemplateParts) -> Iterator[dict[str, Any]]:
    if parts.header:
        yield {"type": "HEADER", "format": "TEXT", **_text(parts.header, parts.header_examples, "header_text", parts)}
    yield {"type": "BODY", **_text(parts.body, parts.body_examples, "body_text", parts)}
    if parts.footer:
        yield {"type": "FOOTER", "text": parts.footer}
    if parts.buttons:
        yield {"type": "BUTTONS", "buttons": [_wanted(button) for button in parts.buttons]}


def _text(text: str, examples: Sequence[str], name: str, parts: TemplateParts) -> dict[str, Any]:
    found = names(text)
    if not found:
        return {"text": text}
    if parts.named:
        pairs = [
            {"param_name": gap, "example": example} for gap, example in zip(found, examples, strict=False)
        ]  # fmt: skip
        return {"text": text, "example": {f"{name}_named_params": pairs}}
    given = list(examples[: len(found)])
    return {"text": text, "example": {name: given if name == "header_text" else [given]}}


def _wanted(button: TemplateButton) -> dict[str, Any]:
    match button.kind:
        case "url":
            example = {"example": [button.example]} if names(button.url) else {}
            return {"type": "URL", "text": button.text, "url": button.url, **example}
        case "call":
            return {"type": "PHONE_NUMBER", "text": button.text, "phone_number": button.phone}
    return {"type": "QUICK_REPLY", "text": button.text}


def _waba(channel: ChannelFacts) -> str:
    return str(channel.settings.get("waba_id", ""))
