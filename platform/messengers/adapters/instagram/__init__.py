"""Instagram: a professional account that belongs to a Page writes. `protocols.meta_messaging` holds most of it."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from messengers.adapter import Capabilities, ChannelFacts, Connected, Profile, Rate, Steps
from messengers.content import AttachmentKind
from messengers.protocols.meta_messaging import account, messenger
from messengers.protocols.meta_messaging.calls import call, result
from messengers.statuses import Status
from messengers.updates import RemoteFile

_MB = 1024 * 1024
_SOUND = frozenset({"audio/aac", "audio/x-m4a", "audio/m4a", "audio/mp4", "audio/wav", "audio/x-wav", "video/mp4"})

CAPABILITIES = Capabilities(
    text=1000,
    text_in_bytes=True,
    caption=0,
    captions=frozenset(),
    markup=False,
    attachments={
        AttachmentKind.IMAGE: 8 * _MB,
        AttachmentKind.VIDEO: 25 * _MB,
        AttachmentKind.AUDIO: 25 * _MB,
        AttachmentKind.VOICE: 25 * _MB,
        AttachmentKind.DOCUMENT: 25 * _MB,
    },
    types={
        AttachmentKind.IMAGE: frozenset({"image/png", "image/jpeg", "image/gif"}),
        AttachmentKind.VIDEO: frozenset(
            {"video/mp4", "video/ogg", "video/avi", "video/x-msvideo", "video/quicktime", "video/webm"}
        ),
        AttachmentKind.AUDIO: _SOUND,
        AttachmentKind.VOICE: _SOUND,
        AttachmentKind.DOCUMENT: frozenset({"application/pdf"}),
    },
    attachments_per_message=1,
    reply_buttons=13,
    url_buttons=True,
    button_text=20,
    mixed_buttons=3,
    text_with_mixed_buttons=640,
    file_buttons=False,
    cards=10,
    card_text=80,
    rate=Rate(40),
    per_chat=Rate(5),
    receipts=(Status.SENT, Status.READ),
    window=24,
    window_for_members=24 * 7,
    reuses_files=True,
)
RIGHTS = ("instagram_basic", "instagram_manage_messages", "pages_manage_metadata", "pages_messaging")
REASONS = (
    *messenger.REASONS,
    *("no_instagram_account", "missing_instagram_basic", "missing_instagram_manage_messages"),
)


class InstagramSettings(BaseModel):
    """What may be known of an account. All but the app it tells itself."""

    model_config = ConfigDict(extra="ignore")

    app_id: str = Field(pattern=r"^\d{5,25}$")
    page_id: str = ""
    page_name: str = ""
    account_id: str = ""
    username: str = ""
    token_expires_at: str = ""  # empty: never


class _Person(BaseModel):
    name: str = ""
    username: str = ""
    profile_pic: str = ""
    follower_count: int | None = None
    is_user_follow_business: bool | None = None
    is_business_follow_user: bool | None = None
    is_verified_user: bool | None = None


class Instagram(messenger.MetaMessenger):
    """A professional account of Instagram."""

    kind: ClassVar[str] = "instagram"
    name: ClassVar[str] = "Instagram"
    thing: ClassVar[str] = "instagram"
    platform: ClassVar[str] = "instagram"
    capabilities: ClassVar[Capabilities] = CAPABILITIES
    Settings: ClassVar[type[BaseModel]] = InstagramSettings

    def account(self, channel: ChannelFacts) -> Steps[Connected]:
        """Ask whose the token is; nothing is changed."""
        return account.instagram(channel, RIGHTS)

    def profile(self, channel: ChannelFacts, external_id: str) -> Steps[Profile | None]:
        """Ask who a person is, and whether he follows us."""
        fields = ",".join(_Person.model_fields)
        told = result((yield call(channel, "GET", external_id, fields=fields)))
        try:
            person = _Person.model_validate_json(told)
        except ValidationError:
            raise ValueError("no_answer") from None
        extra = person.model_dump(exclude={"name", "profile_pic"}, exclude_none=True)
        picture = RemoteFile(AttachmentKind.IMAGE, person.profile_pic) if person.profile_pic else None
        facts = {name: value for name, value in extra.items() if value != ""}
        return Profile(person.name or person.username, extra=facts, picture=picture)

    def deep_link(self, channel: ChannelFacts, payload: str) -> str | None:
        """Return an address that opens the chat; the first message, or the next opening, brings the payload."""
        username = channel.settings.get("username")
        return f"https://ig.me/m/{username}" + (f"?ref={payload}" if payload else "") if username else None
