"""What is asked of an SMPP session, and how its answers are told. Pure: `transports.smpp` carries it."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pydantic import BaseModel, Field

from messengers.adapter import SessionCall

TRANSPORT = "smpp"
REFUSED = 422  # the status of a reply that bears a centre's `command_status`

Role = Literal["transmitter", "receiver", "transceiver"]

OK = 0x00
TEMPORARY = 0x64  # what arrived is to be sent again later


@dataclass(frozen=True, slots=True)
class SmppAccount:
    """Where an SMS centre is and who we are there. `inside` lets it be a machine of our own network: the lab's."""

    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    system_type: str = ""
    tls: bool = False
    role: Role = "transceiver"
    window: int = 10  # messages that may be unanswered at once
    inside: bool = False


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """One `submit_sm`. `tlvs` are optional parameters by their tags."""

    source: str
    source_ton: int
    source_npi: int
    to: str
    data: bytes
    coding: int = 0
    esm_class: int = 0
    receipt: int = 1
    validity: str = ""
    tlvs: tuple[tuple[int, bytes], ...] = ()


@dataclass(slots=True)
class SmppSubmit(SessionCall):
    """Submit a message's parts, in order. What was taken under this key already is not submitted again."""

    transport: ClassVar[str] = TRANSPORT
    account: SmppAccount
    key: str
    messages: tuple[ShortMessage, ...]
    timeout: float = 30.0


@dataclass(slots=True)
class SmppListen(SessionCall):
    """Say that what came up to number `heard` of `session` is safe, and wait for more."""

    transport: ClassVar[str] = TRANSPORT
    account: SmppAccount
    session: str
    heard: int
    seconds: float


@dataclass(slots=True)
class SmppCheck(SessionCall):
    """Bind and leave again."""

    transport: ClassVar[str] = TRANSPORT
    account: SmppAccount
    timeout: float = 10.0


class Taken(BaseModel):
    """The answer to parts that were all taken: the centre's ids of them."""

    ids: list[str]


class Refusal(BaseModel):
    """The answer to what was refused. `binding` says that the session itself was."""

    command_status: int
    binding: bool = False


class Delivered(BaseModel):
    """One `deliver_sm`: number `n` of its session, come `at` (seconds since 1970)."""

    n: int
    at: int
    source: str = ""
    to: str = ""
    esm: int = 0
    coding: int = 0
    data: str = ""  # in hex
    receipted: str = ""
    state: int = 0
    reference: int | None = None
    total: int = 0
    part: int = 0


class Heard(BaseModel):
    """The answer to `SmppListen`."""

    session: str
    now: int
    news: list[Delivered] = Field(default_factory=list)

    @classmethod
    def read(cls, body: bytes) -> "Heard":
        """Read it from a reply."""
        return cls.model_validate_json(body)
