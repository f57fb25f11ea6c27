"""What is known of a channel that sends SMS, whichever provider carries it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from messengers.adapter import ChannelFacts

Provider = Literal["smpp", "smsc", "twilio"]


class SmsSettings(BaseModel):
    """What may be known. Those of one provider mean nothing to the others."""

    model_config = ConfigDict(extra="ignore")

    provider: Provider
    sender: str = Field(default="", max_length=40, pattern=r"^[^\x00-\x1f]*$")
    per_second: int = Field(default=10, ge=1, le=1000)
    valid_hours: int = Field(default=0, ge=0, le=72)  # after which an SMS that was not delivered is dropped
    price: float = Field(default=0, ge=0, le=1000)  # of a part, where the provider does not tell
    currency: str = Field(default="RUB", pattern=r"^[A-Z]{3}$")

    login: str = Field(default="", max_length=100)

    account_sid: str = Field(default="", pattern=r"^(AC[0-9a-fA-F]{32})?$")
    service_sid: str = Field(default="", pattern=r"^(MG[0-9a-fA-F]{32})?$")

    host: str = Field(default="", max_length=253, pattern=r"^[A-Za-z0-9.:-]*$")
    port: int = Field(default=2775, ge=1, le=65535)
    tls: bool = False
    system_id: str = Field(default="", max_length=15, pattern=r"^[\x20-\x7e]*$")
    system_type: str = Field(default="", max_length=12, pattern=r"^[\x20-\x7e]*$")
    binds: Literal["separate", "transceiver"] = "separate"
    window: int = Field(default=10, ge=1, le=500)
    letters: Literal["gsm", "latin1"] = "gsm"  # what the centre means by data coding 0
    long: Literal["header", "parameters", "payload"] = "header"
    hex_ids: bool = False  # ids are told in hexadecimal when a message is taken, and in decimal in receipts

    @model_validator(mode="after")
    def _is_whole(self) -> "SmsSettings":
        wanted = {"smpp": ("host", "system_id"), "smsc": (), "twilio": ("account_sid",)}[self.provider]
        missing = [name for name in wanted if not getattr(self, name)]
        if missing:
            raise ValueError(f"missing {', '.join(missing)}")
        if self.provider == "twilio" and not (self.sender or self.service_sid):
            raise ValueError("missing sender")
        return self


class SmsSecrets(BaseModel):
    """What opens the account: a password (SMPP, SMSC.ru, Twilio's auth token) or SMSC.ru's API key."""

    password: str = Field(default="", max_length=200)
    apikey: str = Field(default="", max_length=200)
    hook_secret: str = Field(default="", max_length=200)  # with which SMSC.ru signs what it tells

    @model_validator(mode="after")
    def _opens(self) -> "SmsSecrets":
        if not (self.password or self.apikey):
            raise ValueError("missing password")
        return self


def settings_of(channel: ChannelFacts) -> SmsSettings:
    """Read a channel's settings."""
    return SmsSettings.model_validate(channel.settings)
