"""SMS by SMPP: what is submitted and what a centre answers. `sms` joins them to the table."""

from typing import Any

from messenger_tables import Delivery
from messengers.adapter import (
    ChannelBroken,
    Outcome,
    Outgoing,
    Rejected,
    Reply,
    RetryAt,
    Sent,
    Uncertain,
    Unreachable,
)
from messengers.content import Content
from messengers.protocols.smpp import Refusal, ShortMessage, SmppAccount, SmppSubmit, Taken

SETTINGS = {"provider": "smpp", "host": "smpp.operator.example", "system_id": "shop", "sender": "SHOP"}
SECRETS = {"password": "secret"}
ACCOUNT = SmppAccount("smpp.operator.example", 2775, "shop", "secret", role="transmitter")
REFERENCE = bytes.fromhex("7416")  # of the message whose key is 42-0


def out(text: str) -> Outgoing:
    return Outgoing(42, "79991234567", Content.plain(text), "42-0")


def short(data: bytes, **more: Any) -> ShortMessage:
    return ShortMessage(
        **{"source": "SHOP", "source_ton": 5, "source_npi": 0, "to": "79991234567", "data": data} | more
    )


def submits(*messages: ShortMessage, account: SmppAccount = ACCOUNT) -> SmppSubmit:
    return SmppSubmit(account, "42-0", messages)


def took(*ids: str) -> Reply:
    return Reply(200, Taken(ids=list(ids)).model_dump_json().encode())


def sends(name: str, text: str, *messages: ShortMessage, **settings: Any) -> Delivery:
    ids = [f"m{number}" for number, _message in enumerate(messages)]
    exchange = [(submits(*messages), took(*ids))]
    return Delivery(f"SMPP: {name}", out(text), exchange, Sent(ids[-1]), {**SETTINGS, **settings}, SECRETS)


def fails(name: str, reply: Reply, outcome: Outcome, **settings: Any) -> Delivery:
    exchange = [(submits(short(b"Hello")), reply)]
    return Delivery(f"SMPP: {name}", out("Hello"), exchange, outcome, {**SETTINGS, **settings}, SECRETS)


def status(number: int, *, binding: bool = False) -> Reply:
    return Reply(422, Refusal(command_status=number, binding=binding).model_dump_json().encode())


def header(part: int, total: int) -> bytes:
    return bytes((5, 0, 3, REFERENCE[0], total, part))


def parameters(part: int, total: int) -> tuple[tuple[int, bytes], ...]:
    return (0x020C, REFERENCE), (0x020E, bytes((total,))), (0x020F, bytes((part,)))


LONG = "Привет, " * 10  # 80 letters
FIRST, SECOND = LONG[:67].encode("utf-16-be"), LONG[67:].encode("utf-16-be")

DELIVERIES = [
    sends("words", "Hello @ {you}", short(b"Hello \x00 \x1b\x28you\x1b\x29")),
    sends("Russian words", "Привет", short("Привет".encode("utf-16-be"), coding=8)),
    sends("an emoji", "😀", short("😀".encode("utf-16-be"), coding=8)),
    sends(
        "long words, each part with a header, and a receipt of the last",
        LONG,
        short(header(1, 2) + FIRST, coding=8, esm_class=0x40, receipt=0),
        short(header(2, 2) + SECOND, coding=8, esm_class=0x40),
    ),
    sends(
        "long words, told by parameters",
        LONG,
        short(FIRST, coding=8, receipt=0, tlvs=parameters(1, 2)),
        short(SECOND, coding=8, tlvs=parameters(2, 2)),
        long="parameters",
    ),
    sends("long words, as one payload", LONG, short(LONG.encode("utf-16-be"), coding=8), long="payload"),
    sends("a centre that reads Latin-1", "Olé [1]", short(b"Ol\xe9 [1]"), letters="latin1"),
    sends("and what is not in it", "5 €", short("5 €".encode("utf-16-be"), coding=8), letters="latin1"),
    sends("from a short number", "Hi", short(b"Hi", source="1234", source_ton=3), sender="1234"),
    sends("from a number", "Hi", short(b"Hi", source="79001112233", source_ton=1, source_npi=1), sender="+79001112233"),
    sends("from nobody", "Hi", short(b"Hi", source="", source_ton=0), sender=""),
    sends("good for 26 hours", "Hi", short(b"Hi", validity="000001020000000R"), valid_hours=26),
    Delivery(
        "SMPP: a centre that tells ids in two ways",
        out("Hello"),
        [(submits(short(b"Hello")), took("1F"))],
        Sent("31"),
        {**SETTINGS, "hex_ids": True},
        SECRETS,
    ),
    fails("ids in words that we do not know", took("zz"), Sent("zz"), hex_ids=True),
    fails("taken without an id", took(""), Sent("")),
    fails("taken, in words that we do not know", Reply(200, b"?"), Uncertain("unreadable_answer")),
    fails("throttled", status(0x58), RetryAt(5.0, "throttled", whole_channel=True)),
    fails("its queue is full", status(0x14), RetryAt(10.0, "queue_full", whole_channel=True)),
    fails("an error of its own", status(0x08), RetryAt(10.0, "system_error")),
    fails("not submitted", status(0x45), RetryAt(10.0, "submit_failed")),
    fails("no such number", status(0x0B), Unreachable("wrong_number")),
    fails("a sender that is not allowed", status(0x0A), Rejected("wrong_sender")),
    fails("a wrong length", status(0x01), Rejected("wrong_length")),
    fails("a wrong parameter", status(0xC4), Rejected("wrong_parameter")),
    fails("something new", status(0x400), Rejected("status_0x400")),
    fails("a wrong password", status(0x0E, binding=True), ChannelBroken("token_revoked")),
    fails("a session that is still there", status(0x05, binding=True), RetryAt(30.0, "already_bound", True)),
    fails("too many sessions", status(0x0D, binding=True), RetryAt(30.0, "bind_refused", True)),
    fails("not let in for something new", status(0x99, binding=True), RetryAt(30.0, "status_0x99", True)),
    fails("nobody there", Reply(0, written=False, fault="refused"), RetryAt(5.0, "refused", True, counted=False)),
    fails("the session died before the answer", Reply(0, fault="cut"), Uncertain("cut")),
]
