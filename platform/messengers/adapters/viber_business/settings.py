"""What is known of a channel that writes to Viber by phone number, whichever provider carries it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from messengers.adapter import ChannelFacts

Provider = Literal["smsc", "smsaero"]


class ViberBusinessSettings(BaseModel):
    """What may be known. `login` is SMSC.ru's, or the e-mail with which one enters SMS Aero."""

    model_config = ConfigDict(extra="ignore")

    provider: Provider
    sender: str = Field(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f]*$")  # registered with Viber
    login: str = Field(default="", max_length=100, pattern=r"^[^\x00-\x1f:]*$")
    per_second: int = Field(default=10, ge=1, le=1000)
    price: float = Field(default=0, ge=0, le=1000)  # of a message, where the provider does not tell
    currency: str = Field(default="RUB", pattern=r"^[A-Z]{3}$")

    @model_validator(mode="after")
    def _is_whole(self) -> "ViberBusinessSettings":
        if self.provider == "smsaero" and not self.login:
            raise ValueError("missing login")
        return self


class ViberBusinessSecrets(BaseModel):
    """What opens the account: an API key, or SMSC.ru's password."""

    password: str = Field(default="", max_length=200)
    apikey: str = Field(default="", max_length=200)
    hook_secret: str = Field(default="", max_length=200)  # with which SMSC.ru signs what it tells

    @model_validator(mode="after")
    def _opens(self) -> "ViberBusinessSecrets":
        if not (self.password or self.apikey):
            raise ValueError("missing apikey")
        return self


def settings_of(channel: ChannelFacts) -> ViberBusinessSettings:
    """Read a channel's settings."""
    return ViberBusinessSettings.model_validate(channel.settings)
