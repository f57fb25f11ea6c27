"""WhatsApp's Cloud API: a number of a business writes. Webhooks come to an address of the channel's own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from messengers.adapter import (
    Capabilities,
    ChannelFacts,
    Connected,
    HookState,
    HttpCall,
    IncomingRequest,
    Messenger,
    Outcome,
    Outgoing,
    Rate,
    Steps,
)
from messengers.adapters.whatsapp import account, numbers, sending, templates, updates
from messengers.content import AttachmentKind
from messengers.protocols import graph
from messengers.protocols.meta_messaging.calls import call, result
from messengers.protocols.meta_messaging.hooks import verify
from messengers.statuses import Status
from messengers.template_parts import NewTemplate, ToldTemplate
from messengers.updates import Update

_MB = 1024 * 1024

CAPABILITIES = Capabilities(
    text=4000,  # 4096 with the marks of formatting, which Meta counts, too
    caption=1000,  # 1024, likewise
    markup=True,
    captions=frozenset({AttachmentKind.IMAGE, AttachmentKind.VIDEO, AttachmentKind.DOCUMENT}),
    attachments={
        AttachmentKind.IMAGE: 5 * _MB,
        AttachmentKind.VIDEO: 16 * _MB,
        AttachmentKind.AUDIO: 16 * _MB,
        AttachmentKind.VOICE: 16 * _MB,
        AttachmentKind.DOCUMENT: 100 * _MB,
    },
    types={
        AttachmentKind.IMAGE: frozenset({"image/jpeg", "image/png"}),
        AttachmentKind.VIDEO: frozenset({"video/mp4", "video/3gpp"}),
        AttachmentKind.AUDIO: frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}),
        AttachmentKind.VOICE: frozenset({"audio/ogg"}),
    },
    attachments_per_message=1,
    reply_buttons=10,
    url_buttons=True,
    button_text=20,
    mixed_buttons=1,
    text_with_buttons=1000,
    file_buttons=False,
    caption_buttons=3,
    cards=10,
    cards_alike=True,
    cards_full=True,
    card_text=76,  # 160 with its title
    location=True,
    rate=Rate(80),
    per_chat=Rate(200, 1200),  # one in six seconds for long, and ten at once
    receipts=(Status.SENT, Status.DELIVERED, Status.READ),
    by_phone=True,
    window=24,
    templates=True,
    reuses_files=True,
)
HIGH_RATE = Rate(1000)  # of a number whose throughput Meta has raised

# Why keys are refused or a webhook cannot be set. The pages have words for each.
REASONS = (
    *("wrong_token", "wrong_app_secret", "token_of_another_app", "rights_missing"),
    *("missing_whatsapp_business_messaging", "missing_whatsapp_business_management"),
    *("account_unknown", "no_number", "number_unknown", "several_numbers", "number_not_registered"),
    *("messages_not_subscribed", "hook_refused", "no_answer", "too_many_requests", "file_gone"),
)


class WhatsAppSettings(BaseModel):
    """What may be known of a number. All but the app it tells itself, where the token leads to one number only."""

    model_config = ConfigDict(extra="ignore")

    app_id: str = Field(pattern=r"^\d{5,25}$")
    phone_number_id: str = Field(default="", pattern=r"^\d{0,25}$")
    waba_id: str = Field(default="", pattern=r"^\d{0,25}$")
    phone: str = ""
    verified_name: str = ""
    quality: str = ""
    throughput: str = ""
    limit_tier: str = ""
    daily_limit: int = 0  # people who may be written to first in a day; -1: any number, 0: not known
    restriction: str = ""  # what Meta forbids it at the moment, and until when
    restriction_words: str = ""
    restricted_until: str = ""
    alert: str = ""  # Meta's last warning, in its own words


class WhatsAppSecrets(BaseModel):
    """A system user's token, and the app's secret."""

    token: str = Field(pattern=r"^[A-Za-z0-9]{20,600}$")
    app_secret: str = Field(pattern=r"^[0-9a-f]{32}$")


class _File(BaseModel):
    url: str = ""


class WhatsApp(Messenger):
    """A number of WhatsApp Business."""

    kind: ClassVar[str] = "whatsapp"
    name: ClassVar[str] = "WhatsApp"
    capabilities: ClassVar[Capabilities] = CAPABILITIES
    Settings: ClassVar[type[BaseModel]] = WhatsAppSettings
    Secrets: ClassVar[type[BaseModel] | None] = WhatsAppSecrets

    # ---- out

    def rate(self, channel: ChannelFacts) -> Rate:
        """Return 80 a second, or a thousand for a number that Meta has raised."""
        return HIGH_RATE if channel.settings.get("throughput") == "HIGH" else self.capabilities.rate

    def send(self, channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
        """Deliver one message."""
        return sending.send(channel, message)

    # ---- the account

    def account(self, channel: ChannelFacts) -> Steps[Connected]:
        """Ask which number the token writes from; nothing is changed."""
        return account.account(channel)

    def connect(self, channel: ChannelFacts) -> Steps[Connected]:
        """Have the number's news delivered to this channel's address."""
        found = yield from self.account(channel)
        known = replace(channel, settings={**channel.settings, **found.facts}, account=found.account)
        yield from account.take_hook(known)
        # What Meta had against it before may be over: it tells again what is not.
        return replace(found, facts={**found.facts, "restriction": "", "restricted_until": "", "alert": ""})

    def disconnect(self, channel: ChannelFacts) -> Steps[None]:
        """Have them delivered no more."""
        yield from account.let_go(channel)

    def hook(self, channel: ChannelFacts) -> Steps[HookState | None]:
        """Ask where news are delivered."""
        return (yield from account.look(channel))

    # ---- templates

    def templates(self, channel: ChannelFacts) -> Steps[Sequence[ToldTemplate]]:
        """Return the templates of the number's business account."""
        return templates.templates(channel)

    def create_template(self, channel: ChannelFacts, wanted: NewTemplate) -> Steps[ToldTemplate]:
        """Send one for approval."""
        return templates.create(channel, wanted)

    def delete_template(self, channel: ChannelFacts, name: str, external_id: str) -> Steps[None]:
        """Delete one."""
        return templates.delete(channel, name, external_id)

    # ---- in

    def verify(self, channel: ChannelFacts, request: IncomingRequest) -> None:
        """Refuse what the app's secret did not sign."""
        verify(channel, request)

    def handshake(self, channel: ChannelFacts, request: IncomingRequest) -> tuple[int, bytes, str] | None:
        """Answer Meta's question whether the address is ours."""
        return graph.handshake(channel, request)

    def unpack(self, body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Divide a request's body into messages and statuses."""
        return updates.unpack(body)

    def account_of(self, body: Mapping[str, Any]) -> str:
        """Return the number that an update is for."""
        return updates.account_of(body)

    def update_id(self, body: Mapping[str, Any]) -> str:
        """Return what an update is known by."""
        return updates.update_id(body)

    def sender_key(self, body: Mapping[str, Any]) -> str:
        """Return whom an update is from."""
        return updates.sender_key(body)

    def normalise(self, external_id: str) -> str:
        """Return a phone's digits in one form; an id that is no phone stays as it is."""
        return numbers.normalised(external_id)

    def parse(self, channel: ChannelFacts, body: Mapping[str, Any]) -> Sequence[Update]:
        """Return what an update says; nothing of a number that shares the address and is no channel here."""
        told, account = updates.parse(body), updates.account_of(body)
        return told if not (account and channel.account) or account == channel.account else []

    def locate(self, channel: ChannelFacts, ref: str) -> Steps[HttpCall]:
        """Ask where a file lies: for five minutes, and for the token's bearer only."""
        reply = yield call(channel, "GET", ref, phone_number_id=sending.number(channel))
        refusal = graph.error(reply) if reply.status != 200 else None
        if refusal is not None and refusal.code == 100:
            raise ValueError("file_gone")
        url = account.read(_File, result(reply)).url
        if not url.startswith(("https://", channel.api or "https://")):
            raise ValueError("file_gone")
        return HttpCall("GET", url, headers={"Authorization": f"Bearer {channel.secrets['token']}"}, timeout=60)

    def deep_link(self, channel: ChannelFacts, payload: str) -> str | None:
        """Return an address that opens a chat; the payload stands there as words that the person sends."""
        digits = "".join(letter for letter in str(channel.settings.get("phone", "")) if letter.isdecimal())
        asked = "?" + urlencode({"text": payload}) if payload else ""
        return f"https://wa.me/{digits}{asked}" if digits else None
