"""Facebook Messenger: a Page writes. `protocols.meta_messaging` holds what Instagram does in the same way."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from messengers.adapter import Capabilities, ChannelFacts, Connected, Profile, Rate, Steps
from messengers.content import AttachmentKind
from messengers.protocols.meta_messaging import account, messenger
from messengers.protocols.meta_messaging.calls import call, result
from messengers.protocols.meta_messaging.payloads import START
from messengers.statuses import Status
from messengers.updates import RemoteFile

_MB = 1024 * 1024

CAPABILITIES = Capabilities(
    text=2000,
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
    attachments_per_message=1,
    reply_buttons=13,
    url_buttons=True,
    call_buttons=True,
    button_text=20,
    mixed_buttons=3,
    text_with_mixed_buttons=640,
    file_buttons=False,
    cards=10,
    card_text=80,
    rate=Rate(40),  # more would hide the Page's own inbox
    per_chat=Rate(5),
    receipts=(Status.SENT, Status.DELIVERED, Status.READ),
    window=24,
    window_for_members=24 * 7,
    reuses_files=True,
)
RIGHTS = ("pages_messaging", "pages_manage_metadata")
REASONS = messenger.REASONS


class MessengerSettings(BaseModel):
    """What may be known of a Page. All but the app it tells itself."""

    model_config = ConfigDict(extra="ignore")

    app_id: str = Field(pattern=r"^\d{5,25}$")
    page_id: str = ""
    page_name: str = ""
    username: str = ""
    token_expires_at: str = ""  # empty: never


class _Person(BaseModel):
    first_name: str = ""
    last_name: str = ""
    profile_pic: str = ""


class FacebookMessenger(messenger.MetaMessenger):
    """A Page of Facebook."""

    kind: ClassVar[str] = "messenger"
    name: ClassVar[str] = "Facebook Messenger"
    thing: ClassVar[str] = "page"
    platform: ClassVar[str] = "messenger"
    capabilities: ClassVar[Capabilities] = CAPABILITIES
    Settings: ClassVar[type[BaseModel]] = MessengerSettings

    def account(self, channel: ChannelFacts) -> Steps[Connected]:
        """Ask whose the token is; nothing is changed."""
        return account.page(channel, RIGHTS)

    def connect(self, channel: ChannelFacts) -> Steps[Connected]:
        """Have news delivered to us, and let a first talk begin with a button: it brings what a link says."""
        connected = yield from super().connect(channel)
        path = f"{connected.facts['page_id']}/messenger_profile"
        result((yield call(channel, "POST", path, get_started={"payload": START})))
        return connected

    def profile(self, channel: ChannelFacts, external_id: str) -> Steps[Profile | None]:
        """Ask who a person is."""
        told = result((yield call(channel, "GET", external_id, fields="first_name,last_name,profile_pic")))
        try:
            person = _Person.model_validate_json(told)
        except ValidationError:
            raise ValueError("no_answer") from None
        picture = RemoteFile(AttachmentKind.IMAGE, person.profile_pic) if person.profile_pic else None
        return Profile(f"{person.first_name} {person.last_name}".strip(), picture=picture)

    def deep_link(self, channel: ChannelFacts, payload: str) -> str | None:
        """Return an address that opens the Page's chat; the first press in it brings the payload."""
        page = channel.settings.get("username") or channel.settings.get("page_id")
        return f"https://m.me/{page}" + (f"?ref={payload}" if payload else "") if page else None
