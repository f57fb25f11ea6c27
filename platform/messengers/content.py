"""What is said, in no messenger's own words: one shape for bots, mailings, chats and the API.

`fit` cuts it to what a messenger can carry; adapters translate the result.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StringConstraints, model_validator


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AttachmentKind(StrEnum):
    """What a file is to the person who gets it."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    VOICE = "voice"
    DOCUMENT = "document"


class Attachment(_Part):
    """A file that Kaskad holds. `media` is the id of a `messengers.Media` row of the same workspace.

    What a person sent is `remote` until we have fetched it from his messenger, and `lost` if we cannot.
    """

    kind: AttachmentKind
    media: int
    name: str = ""
    content_type: str = ""
    size: int = Field(default=0, ge=0, description="bytes")
    seconds: int = Field(default=0, ge=0, description="of a film or a sound; 0: not known")
    width: int = Field(default=0, ge=0, description="pixels; 0: not known")
    height: int = Field(default=0, ge=0)
    state: Literal["stored", "remote", "lost"] = "stored"


class Location(_Part):
    """A place on the map, in degrees."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    title: str = ""


ButtonText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class ReplyButton(_Part):
    """Pressed, it comes back as `ButtonPressed` with this id. The id is unique in its message."""

    kind: Literal["reply"] = "reply"
    id: str = Field(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9_-]+$")
    text: ButtonText


class UrlButton(_Part):
    """Opens a page."""

    kind: Literal["url"] = "url"
    text: ButtonText
    url: HttpUrl


class CallButton(_Part):
    """Dials a number (E.164)."""

    kind: Literal["call"] = "call"
    text: ButtonText
    phone: str = Field(pattern=r"^\+[1-9]\d{6,14}$")


class SharePhoneButton(_Part):
    """Asks the person for his phone number."""

    kind: Literal["share_phone"] = "share_phone"
    text: ButtonText


class ShareLocationButton(_Part):
    """Asks the person where he is."""

    kind: Literal["share_location"] = "share_location"
    text: ButtonText


Button = Annotated[
    ReplyButton | UrlButton | CallButton | SharePhoneButton | ShareLocationButton, Field(discriminator="kind")
]


class Card(_Part):
    """One card of a carousel."""

    title: str = Field(min_length=1, max_length=80)
    text: str = Field(default="", max_length=400)
    image: Attachment | None = None
    buttons: list[Button] = Field(default_factory=list, max_length=3)


class Template(_Part):
    """A message that the messenger has approved beforehand, with what stands in its gaps, in their order.

    The content's text says what the person reads; its first attachment is the header's, its reply buttons are the
    template's own quick replies, in their order.
    """

    name: str = Field(min_length=1, max_length=512)
    language: str = Field(min_length=2, max_length=16)
    header: list[str] = Field(default_factory=list, max_length=1)
    body: list[str] = Field(default_factory=list, max_length=50)
    header_names: list[str] = Field(default_factory=list, description="of gaps that have names, in the same order")
    body_names: list[str] = Field(default_factory=list)
    urls: dict[int, str] = Field(default_factory=dict, description="the changing end of an address, by its button")
    replies: list[int] = Field(default_factory=list, description="places of quick replies, where others stand between")


class Content(_Part):
    """One message. `subject` is for e-mail alone, `template` for where nothing else may be said.

    `text` of what Kaskad sends is in a small markup: *bold*, _italic_, ~struck~, `code`, [words](address), and a
    backslash before a mark that is meant literally. What people write to us has `markup` off and is shown as it is.
    """

    text: str = Field(default="", max_length=20_000)
    markup: bool = True
    attachments: list[Attachment] = Field(default_factory=list, max_length=10)
    location: Location | None = None
    buttons: list[Button] = Field(default_factory=list, max_length=40)
    cards: list[Card] = Field(default_factory=list, max_length=10)
    subject: str = Field(default="", max_length=200)
    template: Template | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Content":
        if not (self.text.strip() or self.attachments or self.location or self.cards):
            raise ValueError("empty_content")
        ids = [button.id for button in self.buttons if isinstance(button, ReplyButton)]
        if len(ids) != len(set(ids)):
            raise ValueError("repeated_button_id")
        return self

    @classmethod
    def plain(cls, text: str, **parts: object) -> "Content":
        """Return what a person wrote: nothing in it is markup."""
        return cls.model_validate({"text": text, "markup": False, **parts})
