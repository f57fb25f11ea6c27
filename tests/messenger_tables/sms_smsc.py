"""SMS by SMSC.ru: its calls and its answers. `sms` joins them to the table."""

import json
from typing import Any

from messenger_tables import Delivery
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

SETTINGS = {"provider": "smsc", "login": "shop"}
SECRETS = {"password": "secret"}
NUMBER = "466021714"  # of the message whose key is 42-0
WHO = {"login": "shop", "psw": "secret", "charset": "utf-8", "fmt": "3"}


def out() -> Outgoing:
    return Outgoing(42, "79991234567", Content.plain("Привет"), "42-0")


def asks(script: str, **form: str) -> HttpCall:
    return HttpCall("POST", f"https://smsc.ru/sys/{script}", form={**WHO, **form}, timeout=20.0)


def says(**told: Any) -> Reply:
    return Reply(200, json.dumps(told).encode())


SENDS = asks("send.php", phones="+79991234567", mes="Привет", id=NUMBER, cost="3")
LOOKS = asks("status.php", phone="+79991234567", id=NUMBER)
TAKEN = Sent(f"79991234567:{NUMBER}")
LOST = RetryAt(15.0, "lost_on_the_way")


def row(name: str, outcome: Outcome, *replies: Reply, **settings: Any) -> Delivery:
    exchange = list(zip((SENDS, LOOKS), replies, strict=False))
    return Delivery(f"SMSC.ru: {name}", out(), exchange, outcome, {**SETTINGS, **settings}, SECRETS)


def code(number: int) -> Reply:
    return says(error="no", error_code=number, id=int(NUMBER))


FULL = Delivery(
    "SMSC.ru: a sender's name, a time that it is good for, and a key instead of a password",
    out(),
    [
        (
            HttpCall(
                "POST",
                "https://smsc.ru/sys/send.php",
                form={
                    "apikey": "k", "charset": "utf-8", "fmt": "3", "phones": "+79991234567", "mes": "Привет",
                    "id": NUMBER, "cost": "3", "sender": "SHOP", "valid": "4",
                },
                timeout=20.0,
            ),
            says(id=int(NUMBER), cnt=1, cost="2.5", balance="100.1"),
        )
    ],
    TAKEN,
    {**SETTINGS, "sender": "SHOP", "valid_hours": 4},
    {"apikey": "k"},
)  # fmt: skip

DELIVERIES = [
    FULL,
    row("words", TAKEN, says(id=int(NUMBER), cnt=1, cost="2.5", balance="100.1")),
    row("taken, in words that we do not know", TAKEN, Reply(200, b"OK")),
    row("wrong parameters", Rejected("wrong_parameters"), code(1)),
    row("wrong password", ChannelBroken("token_revoked"), code(2)),
    row("no money", ChannelBroken("no_money"), code(3)),
    row("blocked for too many errors", RetryAt(300.0, "ip_blocked", whole_channel=True), code(4)),
    row("a text that is not allowed", Rejected("text_or_sender_refused"), code(6)),
    row("no such number", Unreachable("wrong_number"), code(7)),
    row("it cannot be delivered", Unreachable("cannot_be_delivered"), code(8)),
    row("something new", Rejected("no"), code(77)),
    row("too many, and this one is not there", RetryAt(20.0, "too_many_requests", whole_channel=True), code(9),
        says(status=-3, last_date="", last_timestamp=0)),
    row("a repeat of one that is there", TAKEN, code(9), says(status=0, last_timestamp=1)),
    row("cut off, and it is there", TAKEN, Reply(0, fault="cut"), says(status=-1)),
    row("cut off, and it is not there", LOST, Reply(0, fault="cut"), says(status=-3)),
    row("cut off, and nobody says", Uncertain("lost_on_the_way"), Reply(0, fault="cut"), Reply(0, fault="cut")),
    row("cut off, and it cannot say", Uncertain("lost_on_the_way"), Reply(0, fault="cut"), code(9)),
    row("a gateway lost patience, and it is there", TAKEN, Reply(504), says(status=1)),
    row("nobody there", RetryAt(5.0, "refused", True, counted=False), Reply(0, written=False, fault="refused")),
    row("trouble there", RetryAt(5.0, "status_502"), Reply(502, b"<html>")),
    row("too many, says the web server", RetryAt(20.0, "too_many_requests", whole_channel=True), Reply(429)),
    row("forbidden, says the web server", Rejected("status_403"), Reply(403)),
]  # fmt: skip
