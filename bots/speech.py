"""What a step says: the part that all talking steps share. A draft may be half written, so nothing is required here."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bots.graph import NodeId, Problem
from messengers import personal, template_parts
from messengers.content import Attachment, Button, Content, ReplyButton, UrlButton
from messengers.template_parts import VALUE, Filling, TemplateParts

_URL_BUTTON: TypeAdapter[UrlButton] = TypeAdapter(UrlButton)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LinkButton(_Part):
    """Opens a page."""

    kind: Literal["url"] = "url"
    id: NodeId
    text: str = Field(default="", max_length=80)
    url: str = Field(default="", max_length=2000)


class BranchButton(_Part):
    """Leads on to a step."""

    kind: Literal["reply"] = "reply"
    id: NodeId
    text: str = Field(default="", max_length=80)
    target: NodeId | None = None


class StepTemplate(_Part):
    """An approved message as it was when it was chosen, and what its gaps are filled with."""

    name: str = Field(min_length=1, max_length=512)
    language: str = Field(min_length=2, max_length=16)
    parts: TemplateParts
    values: dict[str, Annotated[str, Field(max_length=VALUE)]] = Field(default_factory=dict, max_length=100)


class Speech(_Part):
    """Text in Kaskad's small markup, and files. The subject is for messengers that have one: e-mail.

    The template is said instead where the messenger lets nothing else through.
    """

    subject: str = Field(default="", max_length=200)
    text: str = Field(default="", max_length=20_000)
    attachments: list[Attachment] = Field(default_factory=list, max_length=10)
    template: StepTemplate | None = None

    def says_nothing(self) -> bool:
        """Say whether there is neither text nor file."""
        return not self.text.strip() and not self.attachments


def content(speech: Speech, buttons: list[LinkButton | BranchButton]) -> Content:
    """Return the message that is sent; ValueError when the step is not finished."""
    pressed = [_button(one) for one in buttons]
    return Content(subject=speech.subject, text=speech.text, attachments=speech.attachments, buttons=pressed)


def instead(speech: Speech) -> Content | None:
    """Return what is said where nothing else may be; ValueError when its gaps are not filled."""
    template = speech.template
    if template is None:
        return None
    return template_parts.content(template.name, template.language, template.parts, _filling(speech, template))


def problems(node_id: str, speech: Speech, buttons: list[LinkButton | BranchButton]) -> list[Problem]:
    """Return what is missing for a message that can be sent."""
    found = [Problem(node_id, "text", "empty_message")] if speech.says_nothing() else []
    for number, button in enumerate(buttons, start=1):
        place = f"buttons.{button.id}"
        if not button.text.strip():
            found.append(Problem(node_id, f"{place}.text", "empty_button", {"number": number}))
        elif isinstance(button, LinkButton) and not _is_address(button):
            found.append(Problem(node_id, f"{place}.url", "bad_address", {"button": button.text}))
    return found + (_of_template(node_id, speech, speech.template) if speech.template else [])


def _of_template(node_id: str, speech: Speech, template: StepTemplate) -> list[Problem]:
    found = []
    try:
        template_parts.check(template.parts, _filling(speech, template))
    except template_parts.GapsError as error:
        codes = {"missing": "empty_gap", "too_long": "long_gap", "wrong_file": "no_template_file"}
        for key, code in error.fields.items():
            found.append(Problem(node_id, f"template.{key}", "no_template_file" if key == "file" else codes[code]))
    for key, value in template.values.items():
        try:
            personal.check(Content(text=f"{value}."))
        except personal.BadTemplateError as error:
            found.append(Problem(node_id, f"template.{key}", "unreadable_gap", {"why": str(error)}))
    return found


def _filling(speech: Speech, template: StepTemplate) -> Filling:
    """Return what fills a template: the step's first file of the kind that it wants stands above the words."""
    wanted = template.parts.header_file
    return Filling(template.values, next((file for file in speech.attachments if file.kind == wanted), None))


def _button(button: LinkButton | BranchButton) -> Button:
    if isinstance(button, BranchButton):
        return ReplyButton(id=button.id, text=button.text)
    return _URL_BUTTON.validate_python({"text": button.text, "url": button.url})


def _is_address(button: LinkButton) -> bool:
    try:
        _button(button)
    except ValidationError:
        return False
    return True
