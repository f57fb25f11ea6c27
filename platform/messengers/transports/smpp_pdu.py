"""SMPP 3.4 on the wire: how its packets are written and read. Pure; `smpp_session` speaks with it."""

import struct
from dataclasses import dataclass, field

from messengers.protocols.smpp import ShortMessage, SmppAccount

VERSION = 0x34
RESPONSE = 0x80000000
GENERIC_NACK = 0x80000000
BIND = {"receiver": 0x01, "transmitter": 0x02, "transceiver": 0x09}
SUBMIT_SM = 0x04
DELIVER_SM = 0x05
UNBIND = 0x06
ENQUIRE_LINK = 0x15
ALERT_NOTIFICATION = 0x102

RECEIPTED_MESSAGE_ID = 0x001E
SAR_REFERENCE = 0x020C
SAR_TOTAL = 0x020E
SAR_PART = 0x020F
MESSAGE_PAYLOAD = 0x0424
MESSAGE_STATE = 0x0427

NO_SUCH_COMMAND = 0x03  # a status

HEADER = 16
LONGEST = 70_000  # octets of a packet: a payload of 64 KB and its frame
_UDH = 0x40
_JOINED_8, _JOINED_16 = 0x00, 0x08  # elements of a header that say which part of what this is


class BrokenPacketError(ValueError):
    """What came is not SMPP."""


@dataclass(slots=True)
class Packet:
    """A packet without its length."""

    command: int
    status: int = 0
    number: int = 0
    body: bytes = b""

    def written(self) -> bytes:
        """Return it as it goes over the wire."""
        return struct.pack(">IIII", HEADER + len(self.body), self.command, self.status, self.number) + self.body


def read_length(header: bytes) -> int:
    """Return how many octets follow a header."""
    length = int(struct.unpack_from(">I", header)[0])
    if not HEADER <= length <= LONGEST:
        raise BrokenPacketError(f"a packet of {length} octets")
    return length - HEADER


def read_packet(header: bytes, body: bytes) -> Packet:
    """Put a packet together."""
    _length, command, status, number = struct.unpack(">IIII", header)
    return Packet(command, status, number, body)


def bind_body(account: SmppAccount) -> bytes:
    """Return what a bind says."""
    return (
        _text(account.system_id, 16)
        + _text(account.password, 9)
        + _text(account.system_type, 13)
        + bytes((VERSION, 0, 0))
        + _text("", 41)
    )


def submit_body(message: ShortMessage) -> bytes:
    """Return what a submit_sm says."""
    short, tlvs = message.data, list(message.tlvs)
    if len(short) > 254:
        short, tlvs = b"", [*tlvs, (MESSAGE_PAYLOAD, message.data)]
    return b"".join(
        (
            _text("", 6),
            bytes((message.source_ton, message.source_npi)),
            _text(message.source, 21),
            bytes((1, 1)),
            _text(message.to, 21),
            bytes((message.esm_class, 0, 0)),
            _text("", 17),
            _text(message.validity, 17),
            bytes((message.receipt, 0, message.coding, 0, len(short))),
            short,
            *(struct.pack(">HH", tag, len(value)) + value for tag, value in tlvs),
        )
    )


@dataclass(slots=True)
class Deliver:
    """What a deliver_sm says. `part` of `total` under `reference` where it is one of several."""

    source: str = ""
    to: str = ""
    esm: int = 0
    coding: int = 0
    data: bytes = b""
    reference: int | None = None
    total: int = 0
    part: int = 0
    tlvs: dict[int, bytes] = field(default_factory=dict)

    @property
    def receipted(self) -> str:
        """Return the id of the message of which this is a receipt."""
        return self.tlvs.get(RECEIPTED_MESSAGE_ID, b"").split(b"\0")[0].decode("latin-1")

    @property
    def state(self) -> int:
        """Return what the receipt says of it; 0 when that stands in its text alone."""
        return int.from_bytes(self.tlvs.get(MESSAGE_STATE, b"")[:1], "big")


def read_deliver(body: bytes) -> Deliver:
    """Read a deliver_sm; BrokenPacketError when it cannot be."""
    reader = _Reader(body)
    reader.text()
    reader.octets(2)
    told = Deliver(source=reader.text())
    reader.octets(2)
    told.to = reader.text()
    told.esm, _protocol, _priority = reader.octets(3)
    reader.text()
    reader.text()
    _receipt, _replace, told.coding, _default, length = reader.octets(5)
    told.data = reader.octets(length)
    told.tlvs = reader.tlvs()
    told.data = told.data or told.tlvs.get(MESSAGE_PAYLOAD, b"")
    if told.esm & _UDH:
        _take_header(told)
    elif SAR_REFERENCE in told.tlvs:
        told.reference = int.from_bytes(told.tlvs[SAR_REFERENCE], "big")
        told.total = int.from_bytes(told.tlvs.get(SAR_TOTAL, b""), "big")
        told.part = int.from_bytes(told.tlvs.get(SAR_PART, b""), "big")
    if not 1 < told.total < 256 or not 0 < told.part <= told.total:
        told.reference, told.total, told.part = None, 0, 0
    return told


def read_message_id(body: bytes) -> str:
    """Return the id in a submit_sm_resp."""
    return body.split(b"\0")[0][:64].decode("latin-1")


def message_id_body() -> bytes:
    """Return what a deliver_sm_resp says: a message id that is always empty."""
    return b"\0"


def _take_header(told: Deliver) -> None:
    """Take the user data header off the words, and what it says of parts."""
    if not told.data:
        return
    end = told.data[0] + 1
    header, told.data = told.data[1:end], told.data[end:]
    while len(header) >= 2:
        kind, length = header[0], header[1]
        value, header = header[2 : 2 + length], header[2 + length :]
        if kind == _JOINED_8 and len(value) == 3:
            told.reference, told.total, told.part = value
        elif kind == _JOINED_16 and len(value) == 4:
            told.reference, told.total, told.part = int.from_bytes(value[:2], "big"), value[2], value[3]


def _text(value: str, longest: int) -> bytes:
    return value.encode("latin-1", "replace").replace(b"\0", b"")[: longest - 1] + b"\0"


class _Reader:
    def __init__(self, body: bytes) -> None:
        self._body, self._place = body, 0

    def text(self) -> str:
        end = self._body.find(b"\0", self._place)
        if end < 0:
            raise BrokenPacketError("a text without an end")
        value, self._place = self._body[self._place : end], end + 1
        return value.decode("latin-1")

    def octets(self, count: int) -> bytes:
        value = self._body[self._place : self._place + count]
        if len(value) < count:
            raise BrokenPacketError("a packet that ends too early")
        self._place += count
        return value

    def tlvs(self) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        while len(self._body) - self._place >= 4:
            tag, length = struct.unpack(">HH", self.octets(4))
            found[tag] = self.octets(length)
        return found
