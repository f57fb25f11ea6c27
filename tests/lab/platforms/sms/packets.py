"""SMPP 3.4 on the wire, as a centre reads and writes it."""

import struct
from dataclasses import dataclass, field

HEADER = struct.Struct(">IIII")
LONGEST = 70_000  # octets of a packet
RESPONSE = 0x80000000
GENERIC_NACK = 0x80000000
ROLES = {0x01: "receiver", 0x02: "transmitter", 0x09: "transceiver"}
SUBMIT_SM, DELIVER_SM, UNBIND, ENQUIRE_LINK = 0x04, 0x05, 0x06, 0x15

SAR_REFERENCE, SAR_TOTAL, SAR_PART, PAYLOAD = 0x020C, 0x020E, 0x020F, 0x0424
RECEIPTED_ID, STATE = 0x001E, 0x0427
UDH, IS_RECEIPT = 0x40, 0x04


class BrokenError(ValueError):
    """The other side does not speak SMPP."""


@dataclass(slots=True)
class Packet:
    """One packet."""

    command: int
    status: int
    number: int
    body: bytes = b""

    def written(self) -> bytes:
        """Return its octets."""
        return HEADER.pack(HEADER.size + len(self.body), self.command, self.status, self.number) + self.body


@dataclass(slots=True)
class Submitted:
    """What a submit_sm says. `joins` is (reference, total, part) of one of several."""

    source: str
    to: str
    coding: int
    receipt: bool
    validity: str
    data: bytes
    in_payload: bool = False
    header: bytes = b""
    joins: tuple[int, int, int] | None = None
    tlvs: dict[int, bytes] = field(default_factory=dict)


def read_bind(body: bytes) -> tuple[str, str]:
    """Return the system id and the password."""
    given = _Body(body)
    return given.text(16), given.text(9)


def read_submit(body: bytes) -> Submitted:
    """Read a submit_sm."""
    given = _Body(body)
    given.text(6)
    given.octets(2)
    source = given.text(21)
    given.octets(2)
    to = given.text(21)
    esm, _protocol, _priority = given.octets(3)
    given.text(17)
    validity = given.text(17)
    receipt, _replace, coding, _default, length = given.octets(5)
    data = given.octets(length)
    tlvs = given.tlvs()
    told = Submitted(source, to, coding, bool(receipt & 1), validity, data, tlvs=tlvs)
    if PAYLOAD in tlvs:
        if length:
            raise BrokenError("words in two places")
        told.data, told.in_payload = tlvs[PAYLOAD], True
    if esm & UDH:
        end = told.data[0] + 1 if told.data else 0
        told.header, told.data = told.data[:end], told.data[end:]
        told.joins = _joins(told.header)
    elif SAR_REFERENCE in tlvs:
        told.joins = tuple(int.from_bytes(tlvs.get(tag, b""), "big") for tag in (SAR_REFERENCE, SAR_TOTAL, SAR_PART))
    return told


def deliver_body(source: str, to: str, data: bytes, coding: int, esm: int, tlvs: dict[int, bytes]) -> bytes:
    """Write a deliver_sm."""
    written = b"".join(struct.pack(">HH", tag, len(value)) + value for tag, value in tlvs.items())
    return b"".join(
        (
            b"\0\x01\x01", source.encode("latin-1") + b"\0", b"\x01\x01", to.encode("latin-1") + b"\0",
            bytes((esm, 0, 0)), b"\0\0", bytes((0, 0, coding, 0, len(data))), data, written,
        )
    )  # fmt: skip


def _joins(header: bytes) -> tuple[int, int, int] | None:
    rest = header[1:]
    while len(rest) >= 2:
        kind, value, rest = rest[0], rest[2 : 2 + rest[1]], rest[2 + rest[1] :]
        if kind == 0 and len(value) == 3:
            return value[0], value[1], value[2]
        if kind == 8 and len(value) == 4:
            return int.from_bytes(value[:2], "big"), value[2], value[3]
    return None


class _Body:
    def __init__(self, body: bytes) -> None:
        self._rest = body

    def text(self, longest: int) -> str:
        value, end, self._rest = self._rest.partition(b"\0")
        if not end or len(value) >= longest:
            raise BrokenError(f"a text of more than {longest} octets")
        return value.decode("latin-1")

    def octets(self, count: int) -> bytes:
        value, self._rest = self._rest[:count], self._rest[count:]
        if len(value) < count:
            raise BrokenError("it ends too early")
        return value

    def tlvs(self) -> dict[int, bytes]:
        found = {}
        while self._rest:
            tag, length = struct.unpack(">HH", self.octets(4))
            found[tag] = self.octets(length)
        return found
