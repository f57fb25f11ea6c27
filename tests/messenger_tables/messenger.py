"""Messenger: webhooks as a Page gets them, calls as the Send API wants them, answers as the Graph API gives them.

Instagram's table uses the same words.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from messenger_tables import Delivery, Tables
from messenger_tables.messenger_webhooks import ANN, UNREADABLE, WEBHOOKS
from messenger_tables.signing import by_meta
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
from messengers.content import (
    Attachment,
    AttachmentKind,
    CallButton,
    Card,
    Content,
    ReplyButton,
    UrlButton,
)

TOKEN = "EAAtokenOfThePage1234567890"
APP_SECRET = "0123456789abcdef0123456789abcdef"
SECRETS = {"token": TOKEN, "app_secret": APP_SECRET}
PROOF = hmac.new(APP_SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
API = "https://graph.facebook.com/v23.0"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
PAGE_CALLS = f"{API}/1055"
META = {"metadata": "kaskad:42"}
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def out(content: Content, **more: Any) -> Outgoing:
    return Outgoing(42, ANN, content, "42-0", **more)


def says(message: Mapping[str, Any], kind: str = "RESPONSE", **more: Any) -> HttpCall:
    said = {"recipient": {"id": ANN}, "messaging_type": kind, **more, "message": {**message, **META}}
    return HttpCall("POST", f"{PAGE_CALLS}/messages?appsecret_proof={PROOF}", json=said, headers=HEADERS)


def uploads(kind: str, file: StoredFile, platform: str = "messenger") -> HttpCall:
    said = {"attachment": {"type": kind, "payload": {"is_reusable": True}}}
    return HttpCall(
        "POST",
        f"{PAGE_CALLS}/message_attachments?appsecret_proof={PROOF}",
        form={"message": json.dumps(said), "platform": platform},
        files={"filedata": file},
        headers=HEADERS,
        timeout=120.0,
    )


def shows(kind: str, name: str) -> HttpCall:
    return says({"attachment": {"type": kind, "payload": {"attachment_id": name}}})


def took(**told: Any) -> Reply:
    return Reply(200, json.dumps(told or {"recipient_id": ANN, "message_id": "m_77"}).encode())


def refused(code: int, subcode: int = 0, status: int = 400, **headers: str) -> Reply:
    told = {"message": "No", "type": "OAuthException", "code": code, "error_subcode": subcode, "fbtrace_id": "A"}
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps({"error": told}).encode(), given)


def sends(name: str, what: Outgoing, call: HttpCall) -> Delivery:
    return Delivery(name, what, [(call, took())], Sent("m_77"))


HELLO = Content.plain("Hello")
SAYS_HELLO = says({"text": "Hello"})
YES, NO = ReplyButton(id="yes", text="Yes"), ReplyButton(id="no", text="No")
SITE = UrlButton(text="Site", url="https://ex.am/x")  # type: ignore[arg-type]


def fails(name: str, reply: Reply, outcome: Outcome) -> Delivery:
    return Delivery(name, out(HELLO), [(SAYS_HELLO, reply)], outcome)


def attached(kind: AttachmentKind, media: int = 7, **more: Any) -> Attachment:
    return Attachment(**{"kind": kind, "media": media, "name": "f.bin", "content_type": "x/y", "size": 5, **more})


FILE = StoredFile(7, "f.bin", "x/y")
IMAGE = AttachmentKind.IMAGE
TYPES = {
    IMAGE: "image",
    AttachmentKind.VIDEO: "video",
    AttachmentKind.AUDIO: "audio",
    AttachmentKind.VOICE: "audio",
    AttachmentKind.DOCUMENT: "file",
}
PICTURE = out(Content(attachments=[attached(IMAGE)]))
UPLOADS = uploads("image", FILE)


def template(**payload: Any) -> dict[str, Any]:
    return {"attachment": {"type": "template", "payload": payload}}


TOO_MANY = "too_many_requests"
USAGE = json.dumps({"1055": [{"type": "messenger", "call_count": 100, "estimated_time_to_regain_access": 3}]})
FATES = [
    fails("taken, in words that we do not know", Reply(200, b"<html>"), Sent()),
    fails("the day is over", refused(10, 2018278), Rejected("window_closed")),
    fails("a marketing message without the right to one", refused(10, 2018065), Rejected("window_closed")),
    fails("not available", refused(551, 1545041), Unreachable("forbidden", blocked=True)),
    fails("takes no messages", refused(200, 1545041), Unreachable("forbidden", blocked=True)),
    fails("nobody of that id", refused(100, 2018001), Unreachable("never_started")),
    fails("has not agreed", refused(230, 2018144), Unreachable("forbidden")),
    fails("an app that is not published", refused(200, 2018028), Rejected("No")),
    fails("the token is dead", refused(190, 463, 401), ChannelBroken("token_revoked")),
    fails("the session is over", refused(102), ChannelBroken("token_revoked")),
    fails("the right was taken away", refused(200), ChannelBroken("rights_missing")),
    fails("the right was never given", refused(10), ChannelBroken("rights_missing")),
    fails("Meta has blocked it", refused(368), ChannelBroken("blocked_by_meta")),
    *(fails(f"too many: {code}", refused(code), RetryAt(60, TOO_MANY, True)) for code in (4, 17, 32, 613, 80006)),
    fails("too many, for so long", refused(613, Retry_After="7"), RetryAt(7, TOO_MANY, True)),
    fails("too many, for minutes", refused(80006, X_Business_Use_Case_Usage=USAGE), RetryAt(180, TOO_MANY, True)),
    fails(
        "too many, and a header of nonsense", refused(4, X_Business_Use_Case_Usage="[]"), RetryAt(60, TOO_MANY, True)
    ),
    fails("too many, in no words", Reply(429, b""), RetryAt(60, TOO_MANY, True)),
    fails("trouble there", refused(2, status=500), RetryAt(5, "error_2")),
    fails("something unknown there", refused(1, status=500), RetryAt(5, "error_1")),
    fails(
        "trouble that will pass",
        Reply(400, b'{"error": {"message": "x", "code": 99, "is_transient": true}}'),
        RetryAt(5, "error_99"),
    ),
    fails("trouble, and no JSON", Reply(502, b"<html>"), RetryAt(5, "status_502")),
    fails("somebody on the way lost patience", Reply(504, b"<html>"), Uncertain("status_504")),
    fails("nobody there", Reply(0, written=False, fault="refused"), RetryAt(5, "refused", True, counted=False)),
    fails("cut off", Reply(0, written=True, fault="cut"), Uncertain("cut")),
    fails("too long", refused(100, 2018320), Rejected("No")),
]

DELIVERIES = [
    sends("words", out(HELLO), SAYS_HELLO),
    sends("a mailing's words", out(HELLO, bulk=True), says({"text": "Hello"}, "UPDATE")),
    sends(
        "a person of the team, days later",
        out(HELLO, by_member=True, heard_at=LONG_AGO),
        says({"text": "Hello"}, "MESSAGE_TAG", tag="HUMAN_AGENT"),
    ),
    sends("a bot, days later", out(HELLO, heard_at=LONG_AGO), SAYS_HELLO),
    Delivery(
        "a person of the team where the app has no right to that",
        out(HELLO, by_member=True, heard_at=LONG_AGO),
        [(says({"text": "Hello"}, "MESSAGE_TAG", tag="HUMAN_AGENT"), refused(10))],
        Rejected("No"),
    ),
    sends(
        "reply buttons",
        out(Content.plain("Well?", buttons=[YES, NO])),
        says(
            {
                "text": "Well?",
                "quick_replies": [
                    {"content_type": "text", "title": "Yes", "payload": "42:yes"},
                    {"content_type": "text", "title": "No", "payload": "42:no"},
                ],
            }
        ),
    ),
    sends(
        "buttons of several kinds",
        out(Content.plain("Well?", buttons=[YES, SITE, CallButton(text="Call", phone="+79991234567")])),
        says(
            template(
                template_type="button",
                text="Well?",
                buttons=[
                    {"type": "postback", "title": "Yes", "payload": "42:yes"},
                    {"type": "web_url", "title": "Site", "url": "https://ex.am/x"},
                    {"type": "phone_number", "title": "Call", "payload": "+79991234567"},
                ],
            )
        ),
    ),
    sends(
        "a carousel",
        out(
            Content(
                cards=[
                    Card(
                        title="Tea",
                        text="Green",
                        image=attached(IMAGE),
                        buttons=[ReplyButton(id="tea", text="I would like to have this")],
                    ),
                    Card(title="Coffee"),
                ]
            ),
            media_urls={7: "https://kaskad.example/media/7.jpg"},
        ),
        says(
            template(
                template_type="generic",
                elements=[
                    {
                        "title": "Tea",
                        "image_url": "https://kaskad.example/media/7.jpg",
                        "subtitle": "Green",
                        "buttons": [{"type": "postback", "title": "I would like to hav…", "payload": "42:tea"}],
                    },
                    {"title": "Coffee", "subtitle": "…"},
                ],
            )
        ),
    ),
    *(
        Delivery(
            f"{kind}, for the first time",
            out(Content(attachments=[attached(kind)])),
            [(uploads(name, FILE), took(attachment_id="555")), (shows(name, "555"), took())],
            Sent("m_77", {7: "555"}),
        )
        for kind, name in TYPES.items()
    ),
    Delivery(
        "a file whose name has letters that uploads refuse",
        out(Content(attachments=[attached(AttachmentKind.DOCUMENT, name="Договор.pdf")])),
        [
            (uploads("file", StoredFile(7, "document.pdf", "x/y")), took(attachment_id="555")),
            (shows("file", "555"), took()),
        ],
        Sent("m_77", {7: "555"}),
    ),
    sends(
        "a file that Meta has",
        out(Content(attachments=[attached(IMAGE)]), file_ids={7: "known"}),
        shows("image", "known"),
    ),
    Delivery(
        "a file that Meta has forgotten",
        out(Content(attachments=[attached(IMAGE)]), file_ids={7: "old"}),
        [
            (shows("image", "old"), refused(100, 2018109)),
            (UPLOADS, took(attachment_id="555")),
            (shows("image", "555"), took()),
        ],
        Sent("m_77", {7: "555"}),
    ),
    Delivery(
        "an upload that was cut: the message has not left",
        PICTURE,
        [(UPLOADS, Reply(0, written=True, fault="cut"))],
        RetryAt(5, "cut"),
    ),
    Delivery(
        "nobody there to take the file",
        PICTURE,
        [(UPLOADS, Reply(0, written=False, fault="refused"))],
        RetryAt(5, "refused", True, counted=False),
    ),
    Delivery("a file that Meta refuses", PICTURE, [(UPLOADS, refused(100, 2018047))], Rejected("No")),
    Delivery("an upload answered in strange words", PICTURE, [(UPLOADS, took(x=1))], RetryAt(5, "upload_unreadable")),
    Delivery(
        "an upload that somebody on the way gave up",
        PICTURE,
        [(UPLOADS, Reply(504, b"<html>"))],
        RetryAt(5, "status_504"),
    ),
    Delivery(
        "a file that went up though its message must wait",
        PICTURE,
        [(UPLOADS, took(attachment_id="555")), (shows("image", "555"), refused(613))],
        RetryAt(60, TOO_MANY, True, file_ids={7: "555"}),
    ),
    Delivery(
        "a message about a file, cut off",
        PICTURE,
        [(UPLOADS, took(attachment_id="555")), (shows("image", "555"), Reply(0, written=True, fault="cut"))],
        Uncertain("cut"),
    ),
    *FATES,
]

TABLES = Tables(
    settings={"app_id": "900900", "page_id": "1055", "page_name": "Shop", "username": "shop"},
    secrets=SECRETS,
    webhooks=WEBHOOKS,
    unreadable=UNREADABLE,
    deliveries=DELIVERIES,
    sign=by_meta,
)
