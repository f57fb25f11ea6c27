"""What a step says: the part that all talking steps share. A draft may be half written, so nothing is required here."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bots.graph import NodeId, Problem
from messengers.content import Attachment, Button, Content, ReplyButton, UrlButton

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


class Speech(_Part):
    """Text in Kaskad's small markup, and files."""

    text: str = Field(default="", max_length=20_000)
    attachments: list[Attachment] = Field(default_factory=list, max_length=10)

    def says_nothing(self) -> bool:
        """Say whether there is neither text nor file."""
        return not self.text.strip() and not self.attachments


def content(speech: Speech, buttons: list[LinkButton | BranchButton]) -> Content:
    """Return the message that is sent; ValueError when the step is not finished."""
    return Content(text=speech.text, attachments=speech.attachments, buttons=[_button(one) for one in buttons])


def problems(node_id: str, speech: Speech, buttons: list[LinkButton | BranchButton]) -> list[Problem]:
    """Return what is missing for a message that can be sent."""
    found = [Problem(node_id, "text", "empty_message")] if speech.says_nothing() else []
    for number, button in enumerate(buttons, start=1):
        place = f"buttons.{button.id}"
        if not button.text.strip():
            found.append(Problem(node_id, f"{place}.text", "empty_button", {"number": number}))
        elif isinstance(button, LinkButton) and not _is_address(button):
            found.append(Problem(node_id, f"{place}.url", "bad_address", {"button": button.text}))
    return found


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
