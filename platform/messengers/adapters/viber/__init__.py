"""Bots of Viber. `inbox` parses what the webhook stored, `driver` runs the calls."""

import hashlib
import hmac
import json
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict, Field

from messengers.adapter import (
    Capabilities,
    ChannelFacts,
    Connected,
    HookExpected,
    HookState,
    HttpCall,
    IncomingRequest,
    Messenger,
    Outcome,
    Outgoing,
    Profile,
    Rate,
    RefusedError,
    Steps,
)
from messengers.adapters.viber import sending, updates
from messengers.adapters.viber.calls import call, result
from messengers.content import AttachmentKind
from messengers.statuses import Status
from messengers.updates import RemoteFile, Update

_MB = 1024 * 1024

CAPABILITIES = Capabilities(
    text=7000,
    caption=768,
    markup=False,
    attachments={
        AttachmentKind.IMAGE: 1 * _MB,
        AttachmentKind.VIDEO: 26 * _MB,
        AttachmentKind.AUDIO: 50 * _MB,  # as a file: Viber's bots have neither music nor voice
        AttachmentKind.VOICE: 50 * _MB,
        AttachmentKind.DOCUMENT: 50 * _MB,
    },
    types={
        AttachmentKind.IMAGE: frozenset({"image/jpeg", "image/png", "image/gif"}),
        AttachmentKind.VIDEO: frozenset({"video/mp4"}),
    },
    seconds={AttachmentKind.VIDEO: 180},
    captions=frozenset({AttachmentKind.IMAGE}),
    attachments_per_message=1,
    reply_buttons=24,
    mixed_buttons=24,
    url_buttons=True,
    share_phone=True,
    share_location=True,
    cards=6,
    card_text=120,
    location=True,
    rate=Rate(50),
    per_chat=Rate(1),
    receipts=(Status.SENT, Status.DELIVERED, Status.READ),
    batch=sending.TOGETHER,
)

# Why keys are refused, a webhook cannot be set, or a file is not given. The pages have words for each.
REASONS = (
    *("wrong_token", "no_answer", "too_many_requests", "hook_refused", "hook_missing"),
    *("bot_blocked", "bot_not_found", "bot_suspended", "refused", "file_gone"),
)
_DEVICE = ("primary_device_os", "viber_version", "device_type", "country")


class ViberSettings(BaseModel):
    """What may be known of a bot. The first three it tells itself."""

    model_config = ConfigDict(extra="ignore")

    bot_id: str = ""
    uri: str = ""
    bot_name: str = ""
    sender_name: str = Field(default="", max_length=sending.NAME)
    welcome: str = Field(default="", max_length=7000)  # said to who opens the chat for the first time
    welcome_button: str = Field(default="", max_length=80)
    broadcasts: bool = False  # Viber has allowed this bot to write to many in one call


class ViberSecrets(BaseModel):
    """What Viber gave when the bot was made."""

    token: str = Field(pattern=r"^[0-9A-Za-z]{8,40}(-[0-9A-Za-z]{8,40}){2}$")


class _Account(BaseModel):
    id: str = Field(min_length=1)
    name: str = ""
    uri: str = ""
    icon: str | None = ""
    webhook: str | None = ""
    event_types: list[str] | None = None


class _User(BaseModel):
    name: str = ""
    avatar: str | None = ""
    country: str | None = ""
    language: str | None = ""
    primary_device_os: str | None = ""
    viber_version: str | None = ""
    device_type: str | None = ""


class _Details(BaseModel):
    user: _User


class Viber(Messenger):
    """A bot of Viber."""

    kind: ClassVar[str] = "viber"
    name: ClassVar[str] = "Viber"
    capabilities: ClassVar[Capabilities] = CAPABILITIES
    Settings: ClassVar[type[BaseModel]] = ViberSettings
    Secrets: ClassVar[type[BaseModel] | None] = ViberSecrets

    # ---- out

    def send(self, channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
        """Deliver one message."""
        return sending.send(channel, message)

    def together(self, channel: ChannelFacts, message: Outgoing) -> Hashable | None:
        """Let messages that say the same share a call, where Viber has allowed it."""
        return sending.together(channel, message)

    def send_many(self, channel: ChannelFacts, messages: Sequence[Outgoing]) -> Steps[Sequence[Outcome]]:
        """Deliver up to 300 messages with one call."""
        return sending.send_many(channel, messages)

    # ---- the account

    def account(self, channel: ChannelFacts) -> Steps[Connected]:
        """Ask whose the token is; nothing is changed."""
        return _connected((yield from _asked(channel)))

    def connect(self, channel: ChannelFacts) -> Steps[Connected]:
        """Have events posted to our address, which Viber tries while it is told."""
        account = yield from _asked(channel)
        yield HookExpected(channel)
        wanted = {
            "url": channel.hook_url, "event_types": list(updates.WANTED), "send_name": True, "send_photo": True,
        }  # fmt: skip
        result((yield call(channel, "set_webhook", wanted, patience=30)))
        return _connected(account)

    def disconnect(self, channel: ChannelFacts) -> Steps[None]:
        """Take the webhook down, if it is ours. A token that is dead has none."""
        try:
            hook = yield from self.hook(channel)
        except ValueError:
            return
        if hook is not None and hook.is_ours:
            yield call(channel, "set_webhook", {"url": ""})

    def hook(self, channel: ChannelFacts) -> Steps[HookState | None]:
        """Ask where events are posted. One that does not bring all that we asked for is not ours any more."""
        told = yield from _asked(channel)
        url, events = told.webhook or "", told.event_types
        complete = not events or set(updates.WANTED) <= set(events)
        return HookState(url, url == channel.hook_url and complete)

    # ---- in

    def verify(self, channel: ChannelFacts, request: IncomingRequest) -> None:
        """Refuse what is not signed with the token."""
        named = {name.lower(): value for name, value in request.headers.items()}
        given = named.get("x-viber-content-signature") or request.query.get("sig", "")
        right = hmac.new(channel.secrets["token"].encode(), request.body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(given.lower().encode(errors="replace"), right.encode()):
            raise RefusedError("wrong_signature")

    def handshake(self, channel: ChannelFacts, request: IncomingRequest) -> tuple[int, bytes, str] | None:
        """Let Viber see that somebody lives at our address, while it is being told of it."""
        body = _event(request)
        if body is None or body.get("event") != "webhook":
            return None
        self.verify(channel, request)
        return 200, b"", "text/plain"

    def acknowledge(self, channel: ChannelFacts, request: IncomingRequest) -> tuple[int, bytes, str] | None:
        """Welcome who opens the chat for the first time: nothing else may be said before he writes."""
        words = str(channel.settings.get("welcome") or "").strip()
        body = _event(request) if words else None
        if body is None or body.get("event") != "conversation_started" or body.get("subscribed") is True:
            return None
        brought = body.get("context")
        said: dict[str, Any] = {"sender": {"name": sending.sender_name(channel)}, "type": "text", "text": words}
        if button := str(channel.settings.get("welcome_button") or "").strip():
            key = {
                "Columns": 6, "Rows": 1, "ActionType": "reply", "Text": button, "Silent": True,
                "ActionBody": f"{updates.BEGIN}{brought if isinstance(brought, str) else ''}"[:1000],
            }  # fmt: skip
            said["keyboard"] = {"Type": "keyboard", "DefaultHeight": False, "Buttons": [key]}
        return 200, json.dumps(said, ensure_ascii=False).encode(errors="replace"), "application/json"

    def update_id(self, body: Mapping[str, Any]) -> str:
        """Return a name of an event."""
        return updates.update_id(body)

    def sender_key(self, body: Mapping[str, Any]) -> str:
        """Return whom an event is about."""
        return updates.sender_key(body)

    def parse(self, channel: ChannelFacts, body: Mapping[str, Any]) -> Sequence[Update]:
        """Return what an event says."""
        return updates.parse(body)

    def locate(self, channel: ChannelFacts, ref: str) -> Steps[HttpCall]:
        """Return where a file lies: Viber told its address, which is good for about an hour."""
        yield from ()
        lab = channel.api.rpartition("/")[0]
        if not ref.startswith("https://") and not (lab and ref.startswith(f"{lab}/")):
            raise ValueError("file_gone")
        return HttpCall("GET", ref, timeout=60)

    def profile(self, channel: ChannelFacts, external_id: str) -> Steps[Profile | None]:
        """Ask who a person is. Viber answers that twice in twelve hours."""
        told = result((yield call(channel, "get_user_details", {"id": external_id})))
        user = _Details.model_validate(told).user
        extra = {name: value for name in _DEVICE if (value := getattr(user, name))}
        picture = RemoteFile(AttachmentKind.IMAGE, user.avatar) if user.avatar else None
        return Profile(user.name, user.language or "", extra=extra, picture=picture)

    def deep_link(self, channel: ChannelFacts, payload: str) -> str | None:
        """Return an address that opens the chat on a device that has Viber; opening it brings the payload."""
        uri = channel.settings.get("uri")
        if not uri:
            return None
        facts = {"chatURI": str(uri)} | ({"context": payload} if payload else {})
        return f"viber://pa?{urlencode(facts, quote_via=quote)}"


def _asked(channel: ChannelFacts) -> Steps[_Account]:
    return _Account.model_validate(result((yield call(channel, "get_account_info", {}, patience=10))))


def _connected(account: _Account) -> Connected:
    facts = {"bot_id": account.id, "uri": account.uri, "bot_name": account.name}
    picture = RemoteFile(AttachmentKind.IMAGE, account.icon) if account.icon else None
    return Connected(account.name, facts, picture, account.id)


def _event(request: IncomingRequest) -> dict[str, Any] | None:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
