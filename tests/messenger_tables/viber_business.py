"""Viber by phone number: what SMSC.ru and SMS Aero are asked, what they answer and post."""

import json
from datetime import UTC, datetime
from typing import Any

from messenger_tables import Delivery, Tables, Webhook
from messenger_tables.signing import by_address
from messengers.adapter import (
    ChannelBroken,
    HttpCall,
    Outcome,
    Outgoing,
    Rejected,
    Reply,
    RetryAt,
    Sent,
    StoredFile,
    Uncertain,
    Unreachable,
)
from messengers.content import Attachment, AttachmentKind, Content, UrlButton
from messengers.statuses import Status
from messengers.updates import MessageReceived, ReceiptReceived, Sender, SubscriptionChanged

ANN = "79000000001"
AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
STAMP = int(AT.timestamp())
SMSC = {"provider": "smsc", "sender": "Shop", "login": "shop"}
AERO = {"provider": "smsaero", "sender": "Shop", "login": "shop@ex.am"}
SECRETS = {"apikey": "key-1"}
NUMBER = "466021714"  # of the message 42-0, at SMSC.ru


def out(content: Content, to: str = ANN) -> Outgoing:
    return Outgoing(42, to, content, "42-0", media_urls={7: "https://kaskad.example/media/abc/cup.jpg"})


def smsc(script: str, files: dict[str, StoredFile] | None = None, **form: str) -> HttpCall:
    given = {"apikey": "key-1", "charset": "utf-8", "fmt": "3", **form}
    return HttpCall("POST", f"https://smsc.ru/sys/{script}", form=given, files=files, timeout=60.0 if files else 20.0)


def by_smsc(text: str, files: dict[str, StoredFile] | None = None) -> HttpCall:
    return smsc("send.php", files, viber="1", sender="Shop", phones=f"+{ANN}", mes=text, id=NUMBER, cost="3")


def by_aero(**given: Any) -> HttpCall:
    return HttpCall(
        "POST", "https://gate.smsaero.ru/v2/viber/send",
        json={"number": ANN, "sign": "Shop", "channel": "OFFICIAL", **given},
        headers={"Authorization": "Basic c2hvcEBleC5hbTprZXktMQ=="}, timeout=20.0,
    )  # fmt: skip


def told(code: int = 200, /, **facts: Any) -> Reply:
    return Reply(code, json.dumps(facts).encode())


HELLO = Content.plain("Hello")
PICTURE = Attachment(kind=AttachmentKind.IMAGE, media=7, name="cup.jpg", content_type="image/jpeg", size=5)
FULL = Content.plain("Hello", attachments=[PICTURE], buttons=[UrlButton(text="Site", url="https://ex.am/x")])
TOOK = told(id=int(NUMBER), cnt=1, cost="2.5", balance="100")
AWAY = Reply(0, written=False, fault="refused")
CUT = Reply(0, fault="cut")
NOBODY_THERE = RetryAt(5.0, "refused", whole_channel=True, counted=False)
LOOKS = smsc("status.php", phone=f"+{ANN}", id=NUMBER)
TAKEN = Sent(f"{ANN}:{NUMBER}")
TOO_MANY = RetryAt(20.0, "too_many_requests", whole_channel=True)


def fails(name: str, reply: Reply, outcome: Outcome, *more: tuple[HttpCall, Reply]) -> Delivery:
    return Delivery(f"SMSC.ru: {name}", out(HELLO), [(by_smsc("Hello"), reply), *more], outcome)


def aero(name: str, reply: Reply, outcome: Outcome) -> Delivery:
    call = by_aero(text="Hello")
    return Delivery(f"SMS Aero: {name}", out(HELLO), [(call, reply)], outcome, settings=AERO)


def no(code: int) -> Reply:
    return told(error="said", error_code=code)


DELIVERIES = [
    Delivery("SMSC.ru: words", out(HELLO), [(by_smsc("Hello"), TOOK)], TAKEN),
    Delivery(
        "SMSC.ru: a picture, and a button that stands in the text",
        out(FULL),
        [(by_smsc("Hello\nSite: https://ex.am/x", {"file0": StoredFile(7, "cup.jpg", "image/jpeg")}), TOOK)],
        TAKEN,
    ),
    Delivery(
        "SMSC.ru: too long with its address",
        out(Content.plain("x" * 999, buttons=[UrlButton(text="Site", url="https://ex.am/x")])),
        [],
        Rejected("too_long"),
    ),
    Delivery("what is no phone", out(HELLO, "Ann"), [], Unreachable("wrong_number")),
    fails("parameters", no(1), Rejected("wrong_parameters")),
    fails("a password that is over", no(2), ChannelBroken("token_revoked")),
    fails("no money", no(3), ChannelBroken("no_money")),
    fails("an address that is blocked", no(4), RetryAt(300.0, "ip_blocked", whole_channel=True)),
    fails("a date", no(5), Rejected("wrong_date")),
    fails("a sender", no(6), Rejected("text_or_sender_refused")),
    fails("a wrong number", no(7), Unreachable("wrong_number")),
    fails("no Viber there", no(8), Unreachable("cannot_be_delivered")),
    fails("too many, and it is not there", no(9), TOO_MANY, (LOOKS, told(status=-3))),
    fails("it was there already", no(9), TAKEN, (LOOKS, told(status=0))),
    fails("something new", no(10), Rejected("said")),
    fails("cut, and it is there", CUT, TAKEN, (LOOKS, told(status=1))),
    fails("cut, and it is not there", CUT, RetryAt(15.0, "lost_on_the_way"), (LOOKS, told(status=-3))),
    fails("cut, and nobody tells", CUT, Uncertain("lost_on_the_way"), (LOOKS, CUT)),
    fails("nobody there", AWAY, NOBODY_THERE),
    fails("a server's error", Reply(502, b"<html>"), RetryAt(5.0, "status_502")),
    fails("too many calls", Reply(429), TOO_MANY),
    fails("an answer that cannot be read", Reply(200, b"<html>"), TAKEN),
    aero("words", told(success=True, data={"id": 77, "status": 0, "cost": 2.5}, message=None), Sent("77")),
    Delivery(
        "SMS Aero: a picture and a button",
        out(FULL),
        [
            (
                by_aero(
                    text="Hello",
                    imageUrl="https://kaskad.example/media/abc/cup.jpg",
                    textButton="Site",
                    linkButton="https://ex.am/x",
                ),
                told(success=True, data=[{"id": 77}]),
            )
        ],
        Sent("77"),
        settings=AERO,
    ),
    aero("a key that is over", told(401, success=False, message="Unauthorized"), ChannelBroken("token_revoked")),
    aero("no money", told(result="no credits"), ChannelBroken("no_money")),
    aero("no money by its status", Reply(402), ChannelBroken("no_money")),
    aero(
        "a sender that is not ours",
        told(400, success=False, message="Validation error.", data={"sign": ["wrong"]}),
        ChannelBroken("wrong_sender"),
    ),
    aero(
        "a wrong number",
        told(400, success=False, message="Validation error.", data={"number": ["wrong"]}),
        Unreachable("wrong_number"),
    ),
    aero("refused", told(result="reject", reason="bad text"), Rejected("bad text")),
    aero("too many", Reply(429), TOO_MANY),
    aero("a server's error", told(503, success=False), RetryAt(5.0, "status_503")),
    aero("a gateway that lost patience", Reply(504, b"<html>"), Uncertain("status_504")),
    aero("an answer that cannot be read", Reply(200, b"<html>"), Sent()),
    aero("cut", CUT, Uncertain("cut")),
    aero("nobody there", AWAY, NOBODY_THERE),
]


def state(status: int, **more: str) -> dict[str, Any]:
    fields = {"id": "12", "phone": ANN, "status": str(status), "time": "01.05.2026 15:00:00", "ts": str(STAMP), **more}
    return {"smsc": fields, "at": STAMP + 5}


def hears(status: int, what: Status, reason: str = "", **more: str) -> Webhook:
    said = ReceiptReceived(what, AT, external_ids=(f"{ANN}:12",), reason=reason)
    return Webhook(f"SMSC.ru: status {status}", state(status, **more), f"smsc:{ANN}:12:{status}", "", [said])


def aero_says(status: int, word: str, *what: Status, reason: str = "") -> Webhook:
    body = {"smsaero": {"id": "77", "status": str(status), "extendStatus": word}, "at": STAMP}
    said = [ReceiptReceived(one, AT, external_ids=("77",), reason=reason) for one in what]
    return Webhook(f"SMS Aero: {word}", body, f"smsaero:77:{status}:{word}", "", said)


WEBHOOKS = [
    hears(0, Status.SENT),
    hears(1, Status.DELIVERED),
    hears(2, Status.READ),
    hears(4, Status.READ),
    hears(3, Status.UNREACHABLE, "expired"),
    hears(20, Status.UNREACHABLE, "cannot_be_delivered (6)", err="6"),
    hears(22, Status.UNREACHABLE, "wrong_number"),
    hears(23, Status.REJECTED, "forbidden"),
    hears(24, Status.REJECTED, "no_money"),
    hears(25, Status.UNREACHABLE, "number_unavailable"),
    Webhook("SMSC.ru: a state nobody knows", state(99), f"smsc:{ANN}:12:99", "", []),
    Webhook(
        "SMSC.ru: an answer",
        {"smsc": {"phone": "89000000001", "mes": "Да", "sms_id": "5", "to": "Shop"}, "at": STAMP},
        "smsc:received:5",
        ANN,
        [MessageReceived(Sender(ANN, phone=f"+{ANN}"), "5", Content.plain("Да"), AT)],
    ),
    Webhook(
        "SMSC.ru: STOP",
        {"smsc": {"phone": ANN, "mes": "Стоп", "sms_id": "6", "to": "Shop"}, "at": STAMP},
        "smsc:received:6",
        ANN,
        [
            MessageReceived(Sender(ANN, phone=f"+{ANN}"), "6", Content.plain("Стоп"), AT),
            SubscriptionChanged(Sender(ANN, phone=f"+{ANN}"), "", "unsubscribed", AT),
        ],
    ),
    aero_says(1, "delivery", Status.DELIVERED),
    aero_says(1, "read", Status.READ),
    aero_says(2, "not delivered", Status.UNREACHABLE, reason="not_delivered"),
    aero_says(3, "send", Status.SENT),
    aero_says(6, "reject", Status.REJECTED, reason="refused_by_provider"),
    aero_says(8, "moderation"),
]

UNREADABLE = [
    {},
    {"smsc": {}},
    {"smsc": {"phone": ANN}},
    {"smsc": {"phone": ANN, "id": "1", "status": "x"}},
    {"smsc": {"phone": ANN, "mes": "Hi"}, "at": STAMP},
    {"smsaero": {"id": 0, "status": 1}},
    {"smsaero": {"status": 1}},
]

TABLES = Tables(
    settings=SMSC,
    secrets=SECRETS,
    webhooks=WEBHOOKS,
    unreadable=UNREADABLE,
    deliveries=DELIVERIES,
    query=by_address,
)
