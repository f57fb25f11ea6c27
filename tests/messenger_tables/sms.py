"""SMS: what is called for a message at each provider, and what the answers mean. Twilio's stand here."""

import json
from collections.abc import Mapping
from typing import Any

from messenger_tables import Delivery, Tables
from messenger_tables.signing import by_twilio
from messenger_tables.sms_smpp import DELIVERIES as OF_SMPP
from messenger_tables.sms_smsc import DELIVERIES as OF_SMSC
from messenger_tables.sms_webhooks import UNREADABLE, WEBHOOKS
from messengers.adapter import (
    ChannelBroken,
    HttpCall,
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

SID = "AC" + "0" * 31 + "1"
SERVICE = "MG" + "0" * 31 + "2"
URL = f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages.json"
KEY = {"Authorization": "Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTp0b2tlbg=="}
SETTINGS = {"provider": "twilio", "account_sid": SID, "sender": "+14155550100", "price": 2.5, "currency": "USD"}
SECRETS = {"password": "token"}


def out(text: str = "Hello", to: str = "79991234567") -> Outgoing:
    return Outgoing(42, to, Content.plain(text), "42-0")


def posts(**more: str) -> HttpCall:
    form = {
        "To": "+79991234567", "Body": "Hello", "StatusCallback": "https://kaskad.example/hooks/key",
        "From": "+14155550100", **more,
    }  # fmt: skip
    return HttpCall("POST", URL, form=form, headers=KEY)


def took(sid: str = "SM1") -> Reply:
    return Reply(201, json.dumps({"sid": sid, "status": "queued", "num_segments": "1", "error_code": None}).encode())


def refused(status: int, code: int, message: str = "No", headers: Mapping[str, str] | None = None) -> Reply:
    told = {"code": code, "message": message, "status": status, "more_info": "https://www.twilio.com/docs/errors"}
    return Reply(status, json.dumps(told).encode(), headers or {})


def fails(name: str, reply: Reply, outcome: Outcome) -> Delivery:
    return Delivery(f"Twilio: {name}", out(), [(posts(), reply)], outcome)


def sends(name: str, what: Outgoing, call: HttpCall, settings: Mapping[str, Any] | None = None) -> Delivery:
    return Delivery(f"Twilio: {name}", what, [(call, took())], Sent("SM1"), settings)


WITH_SERVICE = HttpCall(
    "POST",
    URL,
    form={
        "To": "+79991234567", "Body": "Hello", "StatusCallback": "https://kaskad.example/hooks/key",
        "MessagingServiceSid": SERVICE,
    },
    headers=KEY,
)  # fmt: skip

DELIVERIES = [
    sends("words", out(), posts()),
    sends("Russian words", out("Привет 😀"), posts(Body="Привет 😀")),
    sends("a name for a sender", out(), posts(From="Shop"), {**SETTINGS, "sender": "Shop"}),
    sends("a messaging service", out(), WITH_SERVICE, {**SETTINGS, "sender": "", "service_sid": SERVICE}),
    sends("good for two hours", out(), posts(ValidityPeriod="7200"), {**SETTINGS, "valid_hours": 2}),
    sends("good for longer than may be", out(), posts(ValidityPeriod="36000"), {**SETTINGS, "valid_hours": 48}),
    Delivery("to what is no number", out(to="MyShop"), [], Unreachable("wrong_number")),
    fails("taken, in words that we do not know", Reply(201, b"<html>"), Sent()),
    fails("too many", refused(429, 20429), RetryAt(2.0, "too_many_requests", whole_channel=True)),
    fails(
        "too many, and when again",
        refused(429, 20429, headers={"Retry-After": "7"}),
        RetryAt(7.0, "too_many_requests", whole_channel=True),
    ),
    fails("its queue is full", refused(400, 21611), RetryAt(30.0, "queue_full", whole_channel=True)),
    fails("no such number", refused(400, 21211), Unreachable("wrong_number")),
    fails("no mobile", refused(400, 21614), Unreachable("not_mobile")),
    fails("said STOP", refused(400, 21610), Unreachable("unsubscribed", blocked=True)),
    fails("a country that is not allowed", refused(400, 21408), Unreachable("country_not_allowed")),
    fails("wrong token", refused(401, 20003), ChannelBroken("token_revoked")),
    fails("wrong token, without words", Reply(401, b""), ChannelBroken("token_revoked")),
    fails("suspended", refused(403, 20005), ChannelBroken("account_suspended")),
    fails("a sender of somebody else", refused(400, 21606), ChannelBroken("wrong_sender")),
    fails("too long", refused(400, 21617), Rejected("too_long")),
    fails("something new", refused(400, 99999, "Strange"), Rejected("Strange")),
    fails("something new, without words", Reply(400, b""), Rejected("status_400")),
    fails("trouble there", Reply(503, b""), RetryAt(5.0, "status_503")),
    fails("a gateway lost patience", Reply(504, b""), Uncertain("status_504")),
    fails("nobody there", Reply(0, written=False, fault="refused"), RetryAt(5.0, "refused", True, counted=False)),
    fails("cut off", Reply(0, fault="cut"), Uncertain("cut")),
    *OF_SMSC,
    *OF_SMPP,
]

TABLES = Tables(
    settings=SETTINGS,
    secrets=SECRETS,
    webhooks=WEBHOOKS,
    unreadable=UNREADABLE,
    deliveries=DELIVERIES,
    sign=by_twilio,
)
