"""What Messenger and Instagram have in common: the Send API of Pages, one webhook for each app."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from messengers.adapter import (
    ChannelFacts,
    Connected,
    HookState,
    HttpCall,
    IncomingRequest,
    Messenger,
    Outcome,
    Outgoing,
    Steps,
)
from messengers.content import AttachmentKind, Content
from messengers.protocols.meta_messaging import hooks, missed, sending, updates
from messengers.protocols.meta_messaging.calls import app_id
from messengers.updates import Update

# Why keys are refused or a webhook cannot be set, on both. The pages have words for each.
REASONS = (
    *("wrong_token", "wrong_app_secret", "token_of_another_app", "no_page_token", "rights_missing"),
    *("missing_pages_messaging", "missing_pages_manage_metadata"),
    *("hook_refused", "no_answer", "too_many_requests", "file_gone"),
)
MEDIA_WEIGHT = 4  # of sound and film fewer may leave


class MetaSecrets(BaseModel):
    """What the app's page at Meta shows."""

    token: str = Field(pattern=r"^[A-Za-z0-9]{20,600}$")
    app_secret: str = Field(pattern=r"^[0-9a-f]{32}$")


class MetaMessenger(Messenger):
    """A Page's side of Messenger or of Instagram."""

    thing: ClassVar[str]  # what an app subscribes to
    platform: ClassVar[str]  # where files are for
    Secrets: ClassVar[type[BaseModel] | None] = MetaSecrets

    # ---- out

    def weight(self, content: Content) -> int:
        """Return what a part costs of the rate."""
        heavy = {AttachmentKind.VIDEO, AttachmentKind.AUDIO, AttachmentKind.VOICE}
        return MEDIA_WEIGHT if any(file.kind in heavy for file in content.attachments) else 1

    def send(self, channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
        """Deliver one message."""
        return sending.send(channel, message, self.platform)

    # ---- the account

    def connect(self, channel: ChannelFacts) -> Steps[Connected]:
        """Have news delivered to this installation, unless they are already."""
        account = yield from self.account(channel)
        yield from hooks.take(_knowing(channel, account), self.thing)
        return account

    def disconnect(self, channel: ChannelFacts) -> Steps[None]:
        """Have this Page's news delivered no more."""
        yield from hooks.let_go(channel, self.thing)

    def hook(self, channel: ChannelFacts) -> Steps[HookState | None]:
        """Ask where news are delivered."""
        return (yield from hooks.look(channel, self.thing))

    # ---- in

    def verify(self, channel: ChannelFacts, request: IncomingRequest) -> None:
        """Refuse what the app's secret did not sign."""
        hooks.verify(channel, request)

    def handshake(self, channel: ChannelFacts, request: IncomingRequest) -> tuple[int, bytes, str] | None:
        """Answer Meta's question whether the address is ours."""
        return hooks.handshake(channel, request)

    def unpack(self, body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Divide a request's body into events."""
        return updates.unpack(body)

    def account_of(self, body: Mapping[str, Any]) -> str:
        """Return whose an event is."""
        return updates.account_of(body)

    def update_id(self, body: Mapping[str, Any]) -> str:
        """Return what an event is known by."""
        return updates.update_id(body)

    def sender_key(self, body: Mapping[str, Any]) -> str:
        """Return whom an event is from."""
        return updates.sender_key(body)

    def parse(self, channel: ChannelFacts, body: Mapping[str, Any]) -> Sequence[Update]:
        """Return what an event says; nothing of an account that shares the address and is no channel here."""
        told = updates.parse(body, app_id(channel))
        return told if not channel.account or channel.account == updates.account_of(body) else []

    def missed(self, channel: ChannelFacts, since: datetime) -> Steps[Sequence[Mapping[str, Any]]]:
        """Read in the account's inbox what no webhook has told us."""
        return missed.missed(channel, self.thing, self.platform, since)

    def locate(self, channel: ChannelFacts, ref: str) -> Steps[HttpCall]:
        """Return the call that fetches a file: its address needs no token, and soon it is worth nothing."""
        yield from ()
        if not ref.startswith(("https://", channel.api or "https://")):
            raise ValueError("file_gone")
        return HttpCall("GET", ref, timeout=60)


def _knowing(channel: ChannelFacts, account: Connected) -> ChannelFacts:
    """Return the channel with what was just found out of it."""
    return replace(channel, settings={**channel.settings, **account.facts}, account=account.account)
