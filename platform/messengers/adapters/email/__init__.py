"""E-mail: letters out by SMTP, letters in by IMAP. `inbox` parses what the listener stored, `driver` runs the calls."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel

from messengers.adapter import (
    Capabilities,
    ChannelFacts,
    Connected,
    HttpCall,
    IncomingRequest,
    Messenger,
    News,
    Outcome,
    Outgoing,
    Rate,
    SessionCall,
    Steps,
    Unreachable,
)
from messengers.adapters.email import account, leaving, reading
from messengers.adapters.email.account import REASONS
from messengers.adapters.email.outcomes import outcome
from messengers.adapters.email.settings import EmailSecrets, EmailSettings, is_address, normalised, settings_of
from messengers.adapters.email.writing import FILES, starting, submission
from messengers.content import AttachmentKind
from messengers.statuses import Status
from messengers.updates import Update

__all__ = ["REASONS", "Email"]

CAPABILITIES = Capabilities(
    text=20_000,
    caption=20_000,
    markup=True,
    attachments=dict.fromkeys(AttachmentKind, FILES),
    attachments_per_message=10,
    reply_buttons=40,
    url_buttons=True,
    call_buttons=True,
    cards=10,
    cards_with_text=True,
    rate=Rate(300, 3600),
    receipts=(Status.SENT,),
    polls=True,
    subjects=True,
)
_PAYLOAD = re.compile(r"[A-Za-z0-9_.~-]{1,100}")


class Email(Messenger):
    """A mailbox."""

    kind: ClassVar[str] = "email"
    name: ClassVar[str] = "E-mail"
    capabilities: ClassVar[Capabilities] = CAPABILITIES
    Settings: ClassVar[type[BaseModel]] = EmailSettings
    Secrets: ClassVar[type[BaseModel] | None] = EmailSecrets

    # ---- out

    def rate(self, channel: ChannelFacts) -> Rate:
        """Return what the provider allows, as far as people have told us."""
        return Rate(settings_of(channel).per_hour, 3600)

    def send(self, channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
        """Hand over one letter."""
        if not is_address(message.to):
            return Unreachable("wrong_address")
        call, name = submission(channel, message)
        reply = yield call
        return outcome(reply, name)

    # ---- the account

    def account(self, channel: ChannelFacts) -> Steps[Connected]:
        """Sign in to both servers; nothing is changed."""
        return account.check(channel)

    def connect(self, channel: ChannelFacts) -> Steps[Connected]:
        """Note where the inbox ends: what is in it now is not answered."""
        return account.connect(channel)

    # ---- in

    def poll(self, channel: ChannelFacts, cursor: str, seconds: float) -> Steps[News]:
        """Wait for letters."""
        return account.poll(channel, cursor, seconds)

    def locate(self, channel: ChannelFacts, ref: str) -> Steps[HttpCall | SessionCall]:
        """Return the call that fetches a file of a letter."""
        return account.part(channel, ref)

    def handshake(self, channel: ChannelFacts, request: IncomingRequest) -> tuple[int, bytes, str] | None:
        """Show who follows the link under a letter what he is asked."""
        return leaving.page(channel, request)

    def verify(self, channel: ChannelFacts, request: IncomingRequest) -> None:
        """Refuse what does not come by an address that stood in a letter of ours."""
        leaving.verify(channel, request)

    def read_request(self, channel: ChannelFacts, request: IncomingRequest, now: datetime) -> Mapping[str, Any] | None:
        """Keep who left: his mail program posts to the address that stood in a letter's header."""
        return leaving.read(channel, request, now)

    def acknowledge(self, channel: ChannelFacts, request: IncomingRequest) -> tuple[int, bytes, str] | None:
        """Tell who left on the page that it is done."""
        return leaving.done(request)

    def update_id(self, body: Mapping[str, Any]) -> str:
        """Return the letter's number in its inbox."""
        return reading.update_id(body)

    def sender_key(self, body: Mapping[str, Any]) -> str:
        """Return whose address it is from."""
        return reading.sender_key(body)

    def normalise(self, external_id: str) -> str:
        """Return an address in small letters, its domain as DNS has it."""
        return normalised(external_id)

    def parse(self, channel: ChannelFacts, body: Mapping[str, Any]) -> Sequence[Update]:
        """Return what a letter says."""
        return reading.parse(channel, body)

    def deep_link(self, channel: ChannelFacts, payload: str) -> str | None:
        """Return an address that opens a letter to us with `payload` in its subject."""
        return starting(settings_of(channel).address, payload) if _PAYLOAD.fullmatch(payload) else None
