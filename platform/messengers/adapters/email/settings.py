"""What is known of a mailbox: its address, the servers that carry its letters, how fast it may write."""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from messengers.adapter import ChannelFacts
from messengers.protocols.letter_writing import is_key, unix_lines
from messengers.protocols.mail import Dkim, ImapAccount, Security, SmtpAccount

_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[a-z0-9-]+(?:\.[a-z0-9-]+)*"
)
_HOST = r"^[A-Za-z0-9.:-]+$"
_PLAIN = r"^[^\x00-\x1f\x7f]*$"


class EmailSettings(BaseModel):
    """What may be known. `begun` is where the inbox ended when it was connected: what is older stays there."""

    model_config = ConfigDict(extra="ignore")

    address: str = Field(min_length=3, max_length=200)
    sender_name: str = Field(default="", max_length=100, pattern=_PLAIN)
    login: str = Field(default="", max_length=200, pattern=_PLAIN)  # where it is another than the address
    imap_login: str = Field(default="", max_length=200, pattern=_PLAIN)

    smtp_host: str = Field(min_length=1, max_length=253, pattern=_HOST)
    smtp_port: int = Field(default=465, ge=1, le=65535)
    smtp_security: Security = "tls"
    imap_host: str = Field(min_length=1, max_length=253, pattern=_HOST)
    imap_port: int = Field(default=993, ge=1, le=65535)
    imap_security: Security = "tls"

    per_hour: int = Field(default=300, ge=1, le=1_000_000)
    plus: bool = False  # letters to box+anything@… come to box@…
    signature: str = Field(default="", max_length=2000, pattern=r"^[^\x00]*$")
    dkim_domain: str = Field(default="", max_length=253, pattern=r"^[A-Za-z0-9.-]*$")
    dkim_selector: str = Field(default="", max_length=63, pattern=r"^[A-Za-z0-9._-]*$")
    begun: str = Field(default="", max_length=50)

    @field_validator("address")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        address = normalised(value)
        if not is_address(address):
            raise ValueError("not an address")
        return address

    @property
    def domain(self) -> str:
        """What stands behind the @."""
        return self.address.rpartition("@")[2]


class EmailSecrets(BaseModel):
    """What opens the mailbox; an application's password where the provider wants one."""

    password: str = Field(min_length=1, max_length=200)
    imap_password: str = Field(default="", max_length=200)  # where it is another
    dkim_key: str = Field(default="", max_length=10_000)

    @field_validator("dkim_key")
    @classmethod
    def _has_plain_lines(cls, value: str) -> str:
        return unix_lines(value)

    @model_validator(mode="after")
    def _signs(self) -> "EmailSecrets":
        if self.dkim_key and not is_key(self.dkim_key):
            raise ValueError("not a private key")
        return self


def settings_of(channel: ChannelFacts) -> EmailSettings:
    """Read a channel's settings."""
    return EmailSettings.model_validate(channel.settings)


def normalised(address: str) -> str:
    """Return an address in small letters, its domain as DNS has it."""
    local, _, domain = address.strip().lower().rpartition("@")
    try:
        domain = domain.rstrip(".").encode("idna").decode()
    except UnicodeError:
        return address.strip().lower()
    return f"{local}@{domain}" if local else domain


def is_address(address: str) -> bool:
    """Say whether a letter can be sent there."""
    return len(address) <= 254 and len(address.rpartition("@")[0]) <= 64 and bool(_ADDRESS.fullmatch(address))


def smtp_of(channel: ChannelFacts) -> SmtpAccount:
    """Return through whom letters leave. A practice channel's servers are on the lab's machine, whatever it says."""
    settings, inside = settings_of(channel), bool(channel.api)
    return SmtpAccount(
        host="127.0.0.1" if inside else settings.smtp_host,
        port=settings.smtp_port,
        security=_security(settings.smtp_security, inside=inside),
        login=settings.login or settings.address,
        password=channel.secrets.get("password", ""),
        inside=inside,
    )


def imap_of(channel: ChannelFacts) -> ImapAccount:
    """Return where letters come in."""
    settings, inside = settings_of(channel), bool(channel.api)
    return ImapAccount(
        host="127.0.0.1" if inside else settings.imap_host,
        port=settings.imap_port,
        security=_security(settings.imap_security, inside=inside),
        login=settings.imap_login or settings.login or settings.address,
        password=channel.secrets.get("imap_password", "") or channel.secrets.get("password", ""),
        inside=inside,
    )


def dkim_of(channel: ChannelFacts) -> Dkim | None:
    """Return with what letters are signed; None where the provider does it."""
    settings, key = settings_of(channel), channel.secrets.get("dkim_key", "")
    if not (settings.dkim_domain and settings.dkim_selector and key):
        return None
    return Dkim(settings.dkim_domain, settings.dkim_selector, key)


def _security(wanted: Security, *, inside: bool) -> Literal["tls", "starttls", "none"]:
    return "starttls" if wanted == "none" and not inside else wanted
