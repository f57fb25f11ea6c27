"""Bots of MAX. `inbox` parses what the webhook or the listener stored, `driver` runs the calls."""

import hmac
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

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
    Rate,
    RefusedError,
    Steps,
)
from messengers.adapters.max import account, sending, updates
from messengers.adapters.max.calls import call, result
from messengers.content import AttachmentKind
from messengers.statuses import Status
from messengers.updates import Update

_MB = 1024 * 1024
_VISUAL = frozenset({AttachmentKind.IMAGE, AttachmentKind.VIDEO})
_IMAGES = frozenset(f"image/{form}" for form in ("jpeg", "png", "gif", "tiff", "bmp", "heic"))
_VIDEOS = frozenset(f"video/{form}" for form in ("mp4", "quicktime", "x-matroska", "webm"))

CAPABILITIES = Capabilities(
    text=4000,
    caption=4000,  # words and files are one message: there is no other limit
    markup=True,
    attachments={
        AttachmentKind.IMAGE: 50 * _MB,
        AttachmentKind.VIDEO: 250 * _MB,
        AttachmentKind.AUDIO: 256 * _MB,
        AttachmentKind.VOICE: 256 * _MB,
        AttachmentKind.DOCUMENT: 4096 * _MB,
    },
    types={AttachmentKind.IMAGE: _IMAGES, AttachmentKind.VIDEO: _VIDEOS},
    attachments_per_message=10,
    albums=(_VISUAL,),  # a document must be the only file of its message
    reply_buttons=30,
    url_buttons=True,
    share_phone=True,
    share_location=True,
    mixed_buttons=30,
    location=True,
    rate=Rate(30),
    per_chat=Rate(30),  # MAX states no limit for one person
    receipts=(Status.SENT,),
    edits=True,
    deletes=True,
    polls=True,
    reuses_files=True,
)

# Why keys are refused, a webhook cannot be set, or news cannot be fetched. The pages have words for each.
REASONS = (
    *("wrong_token", "no_answer", "too_many_requests", "certificate_unknown"),
    *("hook_refused", "hook_set", "file_gone"),
)
_LONGEST_PAYLOAD = 512  # of a link; a longer one is dropped


class MaxSettings(BaseModel):
    """What may be known of a bot. The first three it tells itself."""

    model_config = ConfigDict(extra="ignore")

    bot_id: int = 0
    username: str = ""
    bot_name: str = ""
    link_previews: bool = True


class MaxSecrets(BaseModel):
    """What business.max.ru shows."""

    token: str = Field(pattern=r"^[\x21-\x7e]{20,500}$")


class _Videos(BaseModel):
    urls: dict[str, str | None] | None = None


class Max(Messenger):
    """A bot of MAX."""

    kind: ClassVar[str] = "max"
    name: ClassVar[str] = "MAX"
    capabilities: ClassVar[Capabilities] = CAPABILITIES
    Settings: ClassVar[type[BaseModel]] = MaxSettings
    Secrets: ClassVar[type[BaseModel] | None] = MaxSecrets
    answers_apart: ClassVar[bool] = True

    # ---- out

    def send(self, channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
        """Deliver one message."""
        return sending.send(channel, message)

    def edit(self, channel: ChannelFacts, message: Outgoing, external_id: str) -> Steps[Outcome]:
        """Change a message that was sent."""
        return sending.edit(channel, message, external_id)

    def delete(self, channel: ChannelFacts, to: str, external_id: str) -> Steps[Outcome]:
        """Take back a message that was sent."""
        return sending.delete(channel, to, external_id)

    # ---- the account

    def account(self, channel: ChannelFacts) -> Steps[Connected]:
        """Ask whose the token is; nothing is changed."""
        return account.account(channel)

    def connect(self, channel: ChannelFacts) -> Steps[Connected]:
        """Have updates delivered to our webhook, or to nobody where they are fetched."""
        return account.connect(channel)

    def disconnect(self, channel: ChannelFacts) -> Steps[None]:
        """Take our webhook down."""
        return account.disconnect(channel)

    def hook(self, channel: ChannelFacts) -> Steps[HookState | None]:
        """Ask whether updates are delivered to us."""
        return account.hook(channel)

    # ---- in

    def verify(self, channel: ChannelFacts, request: IncomingRequest) -> None:
        """Refuse what does not bear the secret that we gave with the webhook."""
        given = {name.lower(): value for name, value in request.headers.items()}.get("x-max-bot-api-secret", "")
        if not hmac.compare_digest(given.encode(), account.secret(channel).encode()):
            raise RefusedError("wrong_secret")

    def update_id(self, body: Mapping[str, Any]) -> str:
        """Return what an update is known by."""
        return updates.update_id(body)

    def sender_key(self, body: Mapping[str, Any]) -> str:
        """Return whom an update is from."""
        return updates.sender_key(body)

    def parse(self, channel: ChannelFacts, body: Mapping[str, Any]) -> Sequence[Update]:
        """Return what an update says."""
        return updates.parse(body, channel.secrets["token"], channel.settings.get("bot_id") or 0)

    def poll(self, channel: ChannelFacts, cursor: str, seconds: float) -> Steps[News]:
        """Fetch updates."""
        return account.poll(channel, cursor, seconds)

    def answer(self, channel: ChannelFacts, body: Mapping[str, Any]) -> HttpCall | None:
        """Say that a press was heard, or the button would go on turning. MAX wants a word with it."""
        press = body.get("callback")
        name = press.get("callback_id") if isinstance(press, Mapping) else None
        if not isinstance(name, str) or not name:
            return None
        try:
            name.encode()
        except UnicodeEncodeError:
            return None
        return call(channel, "POST", "/answers", query={"callback_id": name}, json={"notification": "✓"})

    def locate(self, channel: ChannelFacts, ref: str) -> Steps[HttpCall]:
        """Return where a file lies; of a video MAX tells that by its token alone."""
        if ref.startswith(updates.VIDEO):
            token = quote(ref.removeprefix(updates.VIDEO), safe="")
            urls = result(_Videos, (yield call(channel, "GET", f"/videos/{token}", patience=10))).urls or {}
            files = {name: url for name, url in urls.items() if url and name.startswith("mp4_")}
            ref = files[max(files, key=_height)] if files else ""
        if not _may_be_fetched(channel, ref):
            raise ValueError("file_gone")
        return HttpCall("GET", ref, timeout=60)

    def deep_link(self, channel: ChannelFacts, payload: str) -> str | None:
        """Return an address that opens the bot; Start then brings the payload."""
        username = channel.settings.get("username")
        if not username or len(payload) > _LONGEST_PAYLOAD:
            return None
        return f"https://max.ru/{username}" + (f"?start={quote(payload, safe='')}" if payload else "")


def _height(name: str) -> int:
    number = name.removeprefix("mp4_")
    return int(number) if number.isdecimal() else 0


def _may_be_fetched(channel: ChannelFacts, address: str) -> bool:
    """Say whether an address leads out of the house, or to the lab for who practises there."""
    lab = channel.api.rpartition("/")[0]
    return address.startswith("https://") or (bool(lab) and address.startswith(f"{lab}/"))
