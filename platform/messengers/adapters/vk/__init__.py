"""Communities of VK. `inbox` parses what the Callback API or the Long Poll told, `driver` runs the calls."""

import hmac
import json
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from messengers.adapter import (
    Capabilities,
    ChannelFacts,
    Connected,
    HookState,
    HttpCall,
    IncomingRequest,
    Messenger,
    News,
    Outcome,
    Outgoing,
    Profile,
    Rate,
    RefusedError,
    Steps,
)
from messengers.adapters.vk import account, missed, sending, updates
from messengers.adapters.vk.calls import call, result
from messengers.content import AttachmentKind
from messengers.statuses import Status
from messengers.updates import RemoteFile, Update

_MB = 1024 * 1024
_REDIRECTS = 3

CAPABILITIES = Capabilities(
    text=4096,
    caption=4096,
    markup=False,
    attachments={
        AttachmentKind.IMAGE: 50 * _MB,
        AttachmentKind.VIDEO: 200 * _MB,  # as a document: a community may not upload videos
        AttachmentKind.VOICE: 200 * _MB,
        AttachmentKind.DOCUMENT: 200 * _MB,
    },
    types={
        AttachmentKind.IMAGE: frozenset({"image/jpeg", "image/png", "image/gif"}),
        AttachmentKind.VOICE: frozenset({"audio/ogg", "audio/opus"}),
    },
    captions=frozenset(AttachmentKind) - {AttachmentKind.VOICE},
    attachments_per_message=10,
    albums=(frozenset({AttachmentKind.IMAGE, AttachmentKind.VIDEO, AttachmentKind.DOCUMENT}),),
    reply_buttons=10,
    mixed_buttons=10,
    button_text=40,
    url_buttons=True,
    share_location=True,
    cards=10,
    card_text=80,
    cards_alike=True,
    location=True,
    rate=Rate(20),
    per_chat=Rate(5),  # VK counts a thousand an hour
    receipts=(Status.SENT, Status.READ),
    idempotent=True,
    edits=True,
    deletes=True,
    deletes_within=24,
    polls=True,
    batch=sending.TOGETHER,
    reuses_files=True,
)

# Why keys are refused, events do not come, or a file is not given. The pages have words for each.
REASONS = (
    *("wrong_token", "not_a_community", "no_right_messages", "no_right_manage", "no_right_photos", "no_right_docs"),
    *("bot_features_off", "hook_refused", "too_many_servers", "long_poll_off"),
    *("access_denied", "captcha_needed", "no_answer", "too_many_requests", "file_gone"),
)

_FIELDS = ("bdate", "city", "country", "domain", "photo_200", "relation", "sex", "timezone")
_SEXES = {1: "female", 2: "male"}
_RELATIONS = {
    1: "single",
    2: "in_a_relationship",
    3: "engaged",
    4: "married",
    5: "complicated",
    6: "searching",
    7: "in_love",
    8: "civil_union",
}


class VkSettings(BaseModel):
    """What may be known of a community. VK tells the first four itself."""

    model_config = ConfigDict(extra="ignore")

    group_id: int = 0
    screen_name: str = ""
    group_name: str = ""
    confirmation_code: str = ""
    link_previews: bool = True


class VkSecrets(BaseModel):
    """A key that was made in the community's settings."""

    token: str = Field(pattern=r"^[A-Za-z0-9._-]{40,500}$")


class _Place(BaseModel):
    title: str = ""


class _Person(BaseModel):
    first_name: str = ""
    last_name: str = ""
    sex: int = 0
    bdate: str = ""
    city: _Place | None = None
    country: _Place | None = None
    relation: int = 0
    timezone: float | None = None
    domain: str = ""
    photo_200: str = ""

    def facts(self) -> dict[str, Any]:
        told = {
            "username": self.domain,
            "sex": _SEXES.get(self.sex),
            "birthdate": self.bdate,
            "city": self.city and self.city.title,
            "country": self.country and self.country.title,
            "relation": _RELATIONS.get(self.relation),
            "timezone": self.timezone,
        }
        return {fact: value for fact, value in told.items() if value not in (None, "")}


class Vk(Messenger):
    """A community of VK."""

    kind: ClassVar[str] = "vk"
    name: ClassVar[str] = "VK"
    capabilities: ClassVar[Capabilities] = CAPABILITIES
    Settings: ClassVar[type[BaseModel]] = VkSettings
    Secrets: ClassVar[type[BaseModel] | None] = VkSecrets
    answers_apart: ClassVar[bool] = True

    # ---- out

    def send(self, channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
        """Deliver one message."""
        return sending.send(channel, message)

    def together(self, channel: ChannelFacts, message: Outgoing) -> Hashable | None:
        """Let short messages share a call, whatever they say."""
        return sending.together(message)

    def send_many(self, channel: ChannelFacts, messages: Sequence[Outgoing]) -> Steps[Sequence[Outcome]]:
        """Deliver up to 25 messages with one call."""
        return sending.send_many(channel, messages)

    def edit(self, channel: ChannelFacts, message: Outgoing, external_id: str) -> Steps[Outcome]:
        """Change a message that was sent: VK lets a community do so for a day."""
        return sending.edit(channel, message, external_id)

    def delete(self, channel: ChannelFacts, to: str, external_id: str) -> Steps[Outcome]:
        """Take back a message that was sent: VK lets a community do so for a day."""
        return sending.delete(channel, to, external_id)

    # ---- the account

    def account(self, channel: ChannelFacts) -> Steps[Connected]:
        """Ask whose the token is; nothing is changed."""
        return account.account(channel)

    def connect(self, channel: ChannelFacts) -> Steps[Connected]:
        """Have events posted to our address, or kept for us where they are fetched."""
        return account.connect(channel)

    def disconnect(self, channel: ChannelFacts) -> Steps[None]:
        """Take our address down."""
        return account.disconnect(channel)

    def hook(self, channel: ChannelFacts) -> Steps[HookState | None]:
        """Ask whether events come to us."""
        return account.hook(channel)

    # ---- in

    def verify(self, channel: ChannelFacts, request: IncomingRequest) -> None:
        """Refuse what does not bear the word that we gave with our address."""
        body = json.loads(request.body)
        given = body.get("secret") if isinstance(body, dict) else None
        right = account.secret(channel).encode()
        if not isinstance(given, str) or not hmac.compare_digest(given.encode(errors="replace"), right):
            raise RefusedError("wrong_secret")

    def handshake(self, channel: ChannelFacts, request: IncomingRequest) -> tuple[int, bytes, str] | None:
        """Answer VK's check of our address with the community's code."""
        if b'"confirmation"' not in request.body:
            return None
        body = json.loads(request.body)
        if not isinstance(body, dict) or body.get("type") != "confirmation":
            return None
        code = channel.settings.get("confirmation_code")
        if not code or body.get("group_id") != channel.settings.get("group_id"):
            raise RefusedError("another_community")
        return 200, str(code).encode(), "text/plain"

    def acknowledge(self, channel: ChannelFacts, request: IncomingRequest) -> tuple[int, bytes, str] | None:
        """Say the one word after which VK does not repeat an event."""
        return (200, b"ok", "text/plain") if request.method == "POST" else None

    def update_id(self, body: Mapping[str, Any]) -> str:
        """Return VK's name of an event."""
        name = body["event_id"]
        if not isinstance(name, str) or not name:
            raise ValueError("event_id is no name")
        return name

    def sender_key(self, body: Mapping[str, Any]) -> str:
        """Return whom an event is about."""
        return updates.sender_key(body)

    def parse(self, channel: ChannelFacts, body: Mapping[str, Any]) -> Sequence[Update]:
        """Return what an event says."""
        return updates.parse(body)

    def poll(self, channel: ChannelFacts, cursor: str, seconds: float) -> Steps[News]:
        """Fetch events by the Long Poll."""
        return account.poll(channel, cursor, seconds)

    def missed(self, channel: ChannelFacts, since: datetime) -> Steps[Sequence[Mapping[str, Any]]]:
        """Read in the talks what no event has told us."""
        return missed.missed(channel, since)

    def answer(self, channel: ChannelFacts, body: Mapping[str, Any]) -> HttpCall | None:
        """Say that a press was heard, or the button would go on turning for a minute."""
        told = body.get("object")
        if body.get("type") != "message_event" or not isinstance(told, dict):
            return None
        event, user, peer = told.get("event_id"), told.get("user_id"), told.get("peer_id")
        if not isinstance(event, str) or type(user) is not int or type(peer) is not int:
            return None
        return call(channel, "messages.sendMessageEventAnswer", event_id=event, user_id=user, peer_id=peer)

    def locate(self, channel: ChannelFacts, ref: str) -> Steps[HttpCall]:
        """Return where a file lies: documents lie behind an address that leads on to another."""
        for _ in range(_REDIRECTS):
            if not _may_be_fetched(channel, ref) or not urlsplit(ref).path.rpartition("/")[2].startswith("doc"):
                break
            reply = yield HttpCall("HEAD", ref, timeout=10)
            further = next((value for name, value in reply.headers.items() if name.lower() == "location"), "")
            if reply.status not in (301, 302, 303, 307, 308) or not further:
                break
            ref = further
        if not _may_be_fetched(channel, ref):
            raise ValueError("file_gone")
        return HttpCall("GET", ref, timeout=60)

    def profile(self, channel: ChannelFacts, external_id: str) -> Steps[Profile | None]:
        """Ask who a person is."""
        people = result((yield call(channel, "users.get", user_ids=[int(external_id)], fields=_FIELDS, lang="ru")))
        if not isinstance(people, list) or not people:
            return None
        person = _Person.model_validate(people[0])
        picture = RemoteFile(AttachmentKind.IMAGE, person.photo_200) if person.photo_200 else None
        return Profile(f"{person.first_name} {person.last_name}".strip(), extra=person.facts(), picture=picture)

    def deep_link(self, channel: ChannelFacts, payload: str) -> str | None:
        """Return an address that opens the talk; the person's next word then brings the payload."""
        name = channel.settings.get("screen_name")
        return f"https://vk.me/{name}" + (f"?ref={quote(payload, safe='')}" if payload else "") if name else None


def _may_be_fetched(channel: ChannelFacts, url: str) -> bool:
    """Say whether an address leads out of the house, or to the lab for who practises there."""
    lab = channel.api.rpartition("/")[0]
    return url.startswith("https://") or (bool(lab) and url.startswith(f"{lab}/"))
