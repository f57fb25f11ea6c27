"""Telegram: updates as the Bot API delivers them, calls as it wants them, answers as it gives them."""

import json
from collections.abc import Mapping
from typing import Any

from messenger_tables import Delivery, Tables
from messenger_tables.telegram_webhooks import AUDIO, DOCUMENT, IMAGE, UNREADABLE, VIDEO, VOICE, WEBHOOKS, file
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
from messengers.adapters.telegram import _hook_secret
from messengers.content import (
    Attachment,
    AttachmentKind,
    Content,
    Location,
    ReplyButton,
    ShareLocationButton,
    SharePhoneButton,
    UrlButton,
)

TOKEN = "123456:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghi"
API = f"https://api.telegram.org/bot{TOKEN}"

TALK = "777"


def out(content: Content, *, bulk: bool = False, file_ids: Mapping[int, str] | None = None) -> Outgoing:
    return Outgoing(42, TALK, content, "42-0", file_ids=file_ids or {}, bulk=bulk)


def calls(method: str, **parameters: Any) -> HttpCall:
    return HttpCall("POST", f"{API}/{method}", json={"chat_id": 777, **parameters})


def uploads(method: str, files: Mapping[str, StoredFile], **form: str) -> HttpCall:
    return HttpCall("POST", f"{API}/{method}", form={"chat_id": "777", **form}, files=files, timeout=120.0)


def took(result: Any) -> Reply:
    return Reply(200, json.dumps({"ok": True, "result": result}).encode())


def refused(code: int, description: str, **parameters: Any) -> Reply:
    told = {"ok": False, "error_code": code, "description": description, "parameters": parameters}
    return Reply(code, json.dumps(told).encode())


def sends(name: str, what: Outgoing, call: HttpCall, result: Any, **file_ids: Any) -> Delivery:
    told = result if isinstance(result, list) else [result]
    ids = ",".join(str(one["message_id"]) for one in told)
    return Delivery(name, what, [(call, took(result))], Sent(ids, file_ids.get("file_ids", {})))


HELLO = Content.plain("Hello")
SAYS_HELLO = calls("sendMessage", text="Hello")


def fails(name: str, reply: Reply, outcome: Outcome) -> Delivery:
    return Delivery(name, out(HELLO), [(SAYS_HELLO, reply)], outcome)


def attached(kind: AttachmentKind, media: int = 7, **more: Any) -> Attachment:
    return Attachment(**{"kind": kind, "media": media, "name": "f", "content_type": "x/y", "size": 5, **more})


FILE = StoredFile(7, "f", "x/y")
METHODS = {IMAGE: "Photo", VIDEO: "Video", AUDIO: "Audio", VOICE: "Voice", DOCUMENT: "Document"}

DELIVERIES = [
    sends(
        "words with formatting",
        out(Content(text="*Hi* <Ann> & [you](https://ex.am/?a=1&b=2)")),
        calls(
            "sendMessage",
            text='<b>Hi</b> &lt;Ann&gt; &amp; <a href="https://ex.am/?a=1&amp;b=2">you</a>',
            parse_mode="HTML",
        ),
        {"message_id": 77},
    ),
    sends(
        "words as they are", out(Content.plain("a < b *c*")), calls("sendMessage", text="a < b *c*"), {"message_id": 1}
    ),
    sends(
        "buttons",
        out(
            Content.plain(
                "Well?",
                buttons=[ReplyButton(id="yes", text="Yes"), UrlButton(text="Site", url="https://ex.am/x")],
            )
        ),
        calls(
            "sendMessage",
            text="Well?",
            reply_markup={
                "inline_keyboard": [
                    [{"text": "Yes", "callback_data": "42:yes"}],
                    [{"text": "Site", "url": "https://ex.am/x"}],
                ]
            },
        ),
        {"message_id": 1},
    ),
    sends(
        "a phone number asked for, with another button and a link",
        out(
            Content.plain(
                "Who?",
                buttons=[
                    SharePhoneButton(text="My number"),
                    ShareLocationButton(text="Where I am"),
                    ReplyButton(id="no", text="No"),
                    UrlButton(text="Why", url="https://ex.am/why"),
                ],
            )
        ),
        calls(
            "sendMessage",
            text="Who?\nWhy: https://ex.am/why",
            reply_markup={
                "keyboard": [
                    [{"text": "My number", "request_contact": True}],
                    [{"text": "Where I am", "request_location": True}],
                    [{"text": "No"}],
                ],
                "resize_keyboard": True,
                "one_time_keyboard": True,
            },
        ),
        {"message_id": 1},
    ),
    *(
        sends(
            f"{kind}, for the first time",
            out(Content.plain("Look", attachments=[attached(kind)])),
            uploads(f"send{name}", {name.lower(): FILE}, caption="Look"),
            {"message_id": 1, name.lower(): [file("a"), file("b")] if kind is IMAGE else file("b")},
            file_ids={7: "b"},
        )
        for kind, name in METHODS.items()
    ),
    sends(
        "a file that Telegram has",
        out(Content(attachments=[attached(IMAGE)]), file_ids={7: "known"}),
        calls("sendPhoto", photo="known"),
        {"message_id": 1, "photo": [file("known")]},
        file_ids={7: "known"},
    ),
    Delivery(
        "a file that Telegram has forgotten",
        out(Content(attachments=[attached(IMAGE)]), file_ids={7: "old"}),
        [
            (calls("sendPhoto", photo="old"), refused(400, "Bad Request: wrong file identifier/HTTP URL specified")),
            (uploads("sendPhoto", {"photo": FILE}), took({"message_id": 2, "photo": [file("new")]})),
        ],
        Sent("2", {7: "new"}),
    ),
    sends(
        "a moving picture",
        out(Content(attachments=[attached(IMAGE, content_type="image/gif")])),
        uploads("sendAnimation", {"animation": StoredFile(7, "f", "image/gif")}),
        {"message_id": 1, "animation": file("g"), "document": file("g")},
        file_ids={7: "g"},
    ),
    Delivery(
        "voice to somebody who wants none",
        out(Content(attachments=[attached(VOICE)])),
        [
            (uploads("sendVoice", {"voice": FILE}), refused(400, "Bad Request: VOICE_MESSAGES_FORBIDDEN")),
            (uploads("sendAudio", {"audio": FILE}), took({"message_id": 3, "audio": file("a")})),
        ],
        Sent("3"),
    ),
    sends(
        "an album, one file of which Telegram has",
        out(Content.plain("Both", attachments=[attached(IMAGE), attached(VIDEO, 8)]), file_ids={8: "v"}),
        uploads(
            "sendMediaGroup",
            {"file0": FILE},
            media=json.dumps(
                [{"type": "photo", "media": "attach://file0", "caption": "Both"}, {"type": "video", "media": "v"}]
            ),
        ),
        [{"message_id": 1, "photo": [file("p")]}, {"message_id": 2, "video": file("v")}],
        file_ids={7: "p", 8: "v"},
    ),
    sends(
        "a place",
        out(Content(location=Location(latitude=1.5, longitude=2.5))),
        calls("sendLocation", latitude=1.5, longitude=2.5),
        {"message_id": 1},
    ),
    sends(
        "a place with a name",
        out(Content(location=Location(latitude=1.5, longitude=2.5, title="Cafe"))),
        calls("sendVenue", latitude=1.5, longitude=2.5, title="Cafe", address="Cafe"),
        {"message_id": 1},
    ),
    Delivery(
        "a chat that has moved",
        out(HELLO),
        [
            (
                SAYS_HELLO,
                refused(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-9),
            ),
            (HttpCall("POST", f"{API}/sendMessage", json={"text": "Hello", "chat_id": -9}), took({"message_id": 5})),
        ],
        Sent("5"),
    ),
    fails("taken, in words that we do not know", Reply(200, b"<html>"), Sent()),
    fails(
        "too many",
        refused(429, "Too Many Requests: retry after 7", retry_after=7),
        RetryAt(7, "too_many_requests", whole_channel=True),
    ),
    fails("too many, and nothing else said", Reply(429, b""), RetryAt(30, "too_many_requests", whole_channel=True)),
    fails("trouble there", refused(502, "Bad Gateway"), RetryAt(2, "status_502")),
    fails("trouble, and no JSON", Reply(500, b"<html>"), RetryAt(2, "status_500")),
    fails("somebody on the way lost patience", Reply(504, b"<html>"), Uncertain("status_504")),
    fails("it lost patience itself", refused(504, "Gateway Timeout"), RetryAt(2, "status_504")),
    fails("nobody there", Reply(0, written=False, fault="refused"), RetryAt(5, "refused", True, counted=False)),
    fails("cut off", Reply(0, written=True, fault="cut"), Uncertain("cut")),
    fails("blocked", refused(403, "Forbidden: bot was blocked by the user"), Unreachable("blocked", blocked=True)),
    fails("gone", refused(403, "Forbidden: user is deactivated"), Unreachable("deactivated", blocked=True)),
    fails(
        "never started",
        refused(403, "Forbidden: bot can't initiate conversation with a user"),
        Unreachable("never_started"),
    ),
    fails("unknown chat", refused(400, "Bad Request: chat not found"), Unreachable("never_started")),
    fails("another 403", refused(403, "Forbidden: something new"), Unreachable("forbidden")),
    fails("revoked", refused(401, "Unauthorized"), ChannelBroken("token_revoked")),
    fails("no such bot", refused(404, "Not Found"), ChannelBroken("token_revoked")),
    fails("too long", refused(400, "Bad Request: message is too long"), Rejected("message is too long")),
    fails("too large", refused(413, "Request Entity Too Large"), Rejected("file_too_large")),
]

TABLES = Tables(
    settings={"bot_id": 123456, "username": "shop_bot", "bot_name": "Shop"},
    secrets={"token": TOKEN},
    webhooks=WEBHOOKS,
    unreadable=UNREADABLE,
    deliveries=DELIVERIES,
    sign=lambda facts, _body: {"X-Telegram-Bot-Api-Secret-Token": _hook_secret(facts)},
)
