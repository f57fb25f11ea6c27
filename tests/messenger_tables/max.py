"""MAX: updates as its bot API delivers them, calls as it wants them, answers as it gives them."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from messenger_tables import Delivery, Tables
from messenger_tables.max_webhooks import DOCUMENT, IMAGE, TOKEN, UNREADABLE, VIDEO, VOICE, WEBHOOKS
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
from messengers.adapters.max.account import secret
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

API = "https://platform-api2.max.ru"
UP = "https://fu.oneme.ru/up?sig=1"
AUDIO = AttachmentKind.AUDIO


def out(content: Content, *, file_ids: Mapping[int, str] | None = None) -> Outgoing:
    return Outgoing(42, "777", content, "42-0", file_ids=file_ids or {})


def asks(method: str, path: str, json: Any = None, **query: Any) -> HttpCall:
    address = f"{API}{path}" + (f"?{urlencode(query)}" if query else "")
    return HttpCall(method, address, json=json, headers={"Authorization": TOKEN})


def says(text: str = "", *attachments: Any, **more: Any) -> HttpCall:
    told = {"text": text} if text else {}
    return asks("POST", "/messages", {**told, **more, "attachments": list(attachments)}, user_id="777")


def told(answer: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(answer).encode())


def refused(status: int, code: str, message: str = "") -> Reply:
    return told({"code": code, "message": message}, status)


def taken(mid: str = "mid.9") -> Reply:
    recipient = {"chat_id": 77, "chat_type": "dialog", "user_id": 777}
    message = {"recipient": recipient, "timestamp": 1, "body": {"mid": mid, "seq": 1, "text": ""}}
    return told({"message": message})


def sends(name: str, what: Outgoing, call: HttpCall, **files: str) -> Delivery:
    return Delivery(name, what, [(call, taken())], Sent("mid.9", {int(one[1:]): held for one, held in files.items()}))


HELLO = Content.plain("Hello")


def fails(name: str, reply: Reply, outcome: Outcome) -> Delivery:
    return Delivery(name, out(HELLO), [(says("Hello"), reply)], outcome)


def attached(kind: AttachmentKind, media: int = 7, **more: Any) -> Attachment:
    return Attachment(**{"kind": kind, "media": media, "name": "f", "content_type": "x/y", "size": 5, **more})


PICTURE = Content.plain("Look", attachments=[attached(IMAGE)])
TYPES = {IMAGE: "image", VIDEO: "video", AUDIO: "audio", VOICE: "audio", DOCUMENT: "file"}


def way(kind: str) -> tuple[HttpCall, Reply]:
    """Where a file is to go; the tokens of films and sounds come with it."""
    answer = {"url": UP} | ({"token": "tok"} if kind in ("video", "audio") else {})
    return asks("POST", "/uploads", type=kind), told(answer)


def goes_up(kind: str, media: int = 7) -> tuple[HttpCall, Reply]:
    answers = {"image": told({"photos": {"k": {"token": "tok"}}}), "file": told({"fileId": 1, "token": "tok"})}
    call = HttpCall("POST", UP, form={}, files={"data": StoredFile(media, "f", "x/y")}, timeout=300.0)
    return call, answers.get(kind, Reply(200, b"<retval>1</retval>"))


def held(kind: str, token: str = "tok") -> dict[str, Any]:
    return {"type": kind, "payload": {"token": token}}


def keyboard(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"type": "inline_keyboard", "payload": {"buttons": [[one] for one in buttons]}}


def stops(name: str, exchange: list[tuple[HttpCall, Reply]], outcome: Outcome) -> Delivery:
    return Delivery(name, out(PICTURE), exchange, outcome)


LONG = "*" + "<" * 2000 + "*"

DELIVERIES = [
    sends(
        "words with formatting",
        out(Content(text="*Hi* _you_ ~no~ `x` <Ann> & [there](https://ex.am/?a=1&b=2)")),
        says(
            "<b>Hi</b> <i>you</i> <s>no</s> <code>x</code> &lt;Ann&gt; &amp; "
            '<a href="https://ex.am/?a=1&amp;b=2">there</a>',
            format="html",
        ),
    ),
    sends("words as they are", out(Content.plain("a < b *c*")), says("a < b *c*")),
    sends("words whose tags would be too many", out(Content(text=LONG)), says("<" * 2000)),
    sends(
        "buttons of every kind",
        out(
            Content.plain(
                "Well?",
                buttons=[
                    ReplyButton(id="yes", text="Yes"),
                    UrlButton(text="Site", url="https://ex.am/x"),
                    SharePhoneButton(text="My number"),
                    ShareLocationButton(text="Where I am"),
                ],
            )
        ),
        says(
            "Well?",
            keyboard(
                {"type": "callback", "text": "Yes", "payload": "42:yes"},
                {"type": "link", "text": "Site", "url": "https://ex.am/x"},
                {"type": "request_contact", "text": "My number"},
                {"type": "request_geo_location", "text": "Where I am"},
            ),
        ),
    ),
    Delivery(
        "without previews of links",
        out(HELLO),
        [
            (
                asks(
                    "POST",
                    "/messages",
                    {"text": "Hello", "attachments": []},
                    user_id="777",
                    disable_link_preview="true",
                ),
                taken(),
            )
        ],
        Sent("mid.9"),
        settings={"link_previews": False},
    ),
    *(
        Delivery(
            f"{kind}, for the first time",
            out(Content.plain("Look", attachments=[attached(kind)])),
            [way(name), goes_up(name), (says("Look", held(name)), taken())],
            Sent("mid.9", {7: f"{name}:tok"}),
        )
        for kind, name in TYPES.items()
    ),
    sends(
        "a file that MAX has",
        out(PICTURE, file_ids={7: "image:old"}),
        says("Look", held("image", "old")),
        m7="image:old",
    ),
    Delivery(
        "a file that MAX has as another kind",
        out(PICTURE, file_ids={7: "file:old"}),
        [way("image"), goes_up("image"), (says("Look", held("image")), taken())],
        Sent("mid.9", {7: "image:tok"}),
    ),
    Delivery(
        "a file that MAX has forgotten",
        out(PICTURE, file_ids={7: "image:old"}),
        [
            (says("Look", held("image", "old")), refused(400, "proto.payload", "Invalid token")),
            way("image"),
            goes_up("image"),
            (says("Look", held("image")), taken()),
        ],
        Sent("mid.9", {7: "image:tok"}),
    ),
    Delivery(
        "several files, one of which MAX has, with a button",
        out(
            Content(attachments=[attached(IMAGE), attached(VIDEO, 8)], buttons=[ReplyButton(id="more", text="More")]),
            file_ids={7: "image:old"},
        ),
        [
            way("video"),
            goes_up("video", 8),
            (
                says(
                    "",
                    held("image", "old"),
                    held("video"),
                    keyboard({"type": "callback", "text": "More", "payload": "42:more"}),
                ),
                taken(),
            ),
        ],
        Sent("mid.9", {7: "image:old", 8: "video:tok"}),
    ),
    stops(
        "a file that is not ready: its name is kept",
        [way("image"), goes_up("image"), (says("Look", held("image")), refused(400, "attachment.not.ready", "Key: x"))],
        RetryAt(5, "attachment_not_ready", counted=False, file_ids={7: "image:tok"}),
    ),
    stops(
        "nowhere to go with a file, for the moment",
        [(way("image")[0], told({}, 503))],
        RetryAt(2, "status_503"),
    ),
    stops(
        "cut off before anything was sent",
        [(way("image")[0], Reply(0, written=True, fault="cut"))],
        RetryAt(2, "cut"),
    ),
    stops("no way at all", [(way("image")[0], told({}))], Rejected("upload_refused")),
    stops(
        "a file that is not taken",
        [way("image"), (goes_up("image")[0], told({"error_code": 4}))],
        Rejected("upload_refused"),
    ),
    stops(
        "a file that is too large",
        [way("image"), (goes_up("image")[0], told({}, 413))],
        Rejected("file_too_large"),
    ),
    stops(
        "a file that was cut off",
        [way("image"), (goes_up("image")[0], Reply(0, written=True, fault="cut"))],
        RetryAt(2, "cut"),
    ),
    sends(
        "a place",
        out(Content(location=Location(latitude=1.5, longitude=2.5))),
        says("", {"type": "location", "latitude": 1.5, "longitude": 2.5}),
    ),
    sends(
        "a place with a name",
        out(Content.plain("", location=Location(latitude=1.5, longitude=2.5, title="A < B"))),
        says("A < B", {"type": "location", "latitude": 1.5, "longitude": 2.5}),
    ),
    fails("taken, in words that we do not know", Reply(200, b"<html>"), Sent()),
    fails(
        "too many, for so long",
        Reply(429, b"{}", {"Retry-After": "7"}),
        RetryAt(7, "too_many_requests", whole_channel=True),
    ),
    fails("too many", refused(429, "too.many.requests"), RetryAt(5, "too_many_requests", whole_channel=True)),
    fails("trouble there", refused(500, "internal.error"), RetryAt(2, "status_500")),
    fails("trouble, and no JSON", Reply(502, b"<html>"), RetryAt(2, "status_502")),
    fails("closed for a while", refused(503, "service.unavailable"), RetryAt(2, "status_503")),
    fails("somebody on the way lost patience", Reply(504, b"<html>"), Uncertain("status_504")),
    fails("it lost patience itself", refused(504, "timeout"), RetryAt(2, "status_504")),
    fails("nobody there", Reply(0, written=False, fault="refused"), RetryAt(5, "refused", True, counted=False)),
    fails("cut off", Reply(0, written=True, fault="cut"), Uncertain("cut")),
    fails(
        "stopped by the person",
        refused(403, "chat.denied", "error.dialog.suspended"),
        Unreachable("blocked", blocked=True),
    ),
    fails("stopped, in other words", refused(403, "error.dialog.suspended"), Unreachable("blocked", blocked=True)),
    fails("another 403", refused(403, "chat.denied", "something new"), Unreachable("forbidden")),
    fails("nobody there by that id", refused(404, "chat.not.found"), Unreachable("never_started")),
    fails("no dialog", refused(400, "proto.payload", "error.dialog.notfound"), Unreachable("never_started")),
    fails("a token that is dead", refused(401, "verify.token", "Invalid access_token"), ChannelBroken("token_revoked")),
    fails("a token that is forbidden", refused(403, "verify.token"), ChannelBroken("token_revoked")),
    fails("a bot that may do nothing", refused(403, "access.denied"), ChannelBroken("access_denied")),
    fails(
        "a bad message", refused(400, "proto.payload", "text: size must be less"), Rejected("text: size must be less")
    ),
    fails("a bad message, and no words", Reply(400, b""), Rejected("status_400")),
]

TABLES = Tables(
    settings={"bot_id": 10002, "username": "shop_bot", "bot_name": "Shop"},
    secrets={"token": TOKEN},
    webhooks=WEBHOOKS,
    unreadable=UNREADABLE,
    deliveries=DELIVERIES,
    sign=lambda facts, _body: {"X-Max-Bot-Api-Secret": secret(facts)},
)
