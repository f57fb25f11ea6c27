"""What the widget sends, held to its shape before anything else looks at it. Called by the site chat's views."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from messengers.adapters.site_chat import TEXT_LENGTH

_Id = Annotated[str, StringConstraints(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
_Short = Annotated[str, StringConstraints(max_length=300)]
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SessionBody(_Body):
    """A visitor opens the chat."""

    token: _Short = ""
    page: Annotated[str, StringConstraints(max_length=2_000)] = ""
    title: _Short = ""
    referrer: Annotated[str, StringConstraints(max_length=2_000)] = ""
    language: Annotated[str, StringConstraints(max_length=16)] = ""
    utm: dict[str, _Short] = Field(default_factory=dict, max_length=10)


class PressedButton(_Body):
    """Which button of which message."""

    message_id: int = Field(gt=0, lt=2**63)
    id: str = Field(min_length=1, max_length=32)


class WrittenBody(_Body):
    """A visitor says something: words, files, a button, or his phone number."""

    client_id: _Id
    text: str = Field(default="", max_length=TEXT_LENGTH)
    files: list[_Short] = Field(default_factory=list, max_length=10)
    button: PressedButton | None = None
    phone: Annotated[str, StringConstraints(max_length=32)] = ""

    @model_validator(mode="after")
    def _says_something(self) -> "WrittenBody":
        if not (self.text.strip() or self.files or self.button or self.phone):
            raise ValueError("empty")
        if self.client_id.startswith("press-") and not self.button:
            raise ValueError("reserved")
        return self


class ReceiptsBody(_Body):
    """Which of our messages have arrived at the visitor's page, and which he has seen."""

    delivered: list[int] = Field(default_factory=list, max_length=200)
    read: list[int] = Field(default_factory=list, max_length=200)


def context_of(body: SessionBody) -> dict[str, Any]:
    """Return what agents and reports see of a visit."""
    told = {"page": body.page, "title": body.title, "referrer": body.referrer, "language": body.language}
    utm = {name: body.utm[name] for name in _UTM if body.utm.get(name)}
    return {name: value for name, value in {**told, **utm}.items() if value}
