"""What a Page's webhooks tell, and what Kaskad is to read in it: `messenger` holds the rest of its table."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from messenger_tables import Webhook
from messengers.content import AttachmentKind, Content, Location
from messengers.statuses import Status
from messengers.updates import (
    ButtonPressed,
    MemberWrote,
    MessageEdited,
    MessageReceived,
    ReceiptReceived,
    RemoteFile,
    Sender,
    Started,
    Update,
)

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
TIME = int(AT.timestamp() * 1000)
PAGE, ANN = "1055", "7788"
WHO = Sender(ANN)
IMAGE, DOCUMENT = AttachmentKind.IMAGE, AttachmentKind.DOCUMENT
REFERRAL = {"ref": "promo", "source": "SHORTLINK", "type": "OPEN_THREAD"}
CONTEXT = {"source": "SHORTLINK", "type": "OPEN_THREAD"}


def body(thing: str = "page", account: str = PAGE, **event: Any) -> dict[str, Any]:
    told = {"sender": {"id": ANN}, "recipient": {"id": account}, "timestamp": TIME, **event}
    return {"object": thing, "entry": [{"id": account, "time": TIME, "messaging": [told]}]}


def message(**said: Any) -> dict[str, Any]:
    return body(message={"mid": "m_1", **said})


def echo(**said: Any) -> dict[str, Any]:
    told = {"mid": "m_9", "is_echo": True, **said}
    return body(sender={"id": PAGE}, recipient={"id": ANN}, message=told)


def attached(kind: str, **payload: Any) -> dict[str, Any]:
    return {"type": kind, "payload": payload}


def hears(name: str, told: Mapping[str, Any], update_id: str, *updates: Update) -> Webhook:
    return Webhook(name, told, update_id, ANN, updates)


def wrote(content: Content | None, *files: RemoteFile) -> MessageReceived:
    return MessageReceived(WHO, "m_1", content, AT, files=files)


WEBHOOKS = [
    hears("text", message(text="Hello *you*"), "message:m_1", wrote(Content.plain("Hello *you*"))),
    hears(
        "a quick reply",
        message(text="Yes", quick_reply={"payload": "42:yes"}),
        "message:m_1",
        ButtonPressed(WHO, "m_1", 42, "yes", "Yes", AT),
    ),
    hears(
        "a quick reply of another program",
        message(text="Yes", quick_reply={"payload": "YES_PAYLOAD"}),
        "message:m_1",
        ButtonPressed(WHO, "m_1", None, "YES_PAYLOAD", "Yes", AT),
    ),
    hears(
        "a button of a template",
        body(postback={"mid": "m_3", "title": "Yes", "payload": "42:yes"}),
        "postback:m_3",
        ButtonPressed(WHO, "m_3", 42, "yes", "Yes", AT),
    ),
    hears(
        "an entry of the menu",
        body(postback={"mid": "m_3", "title": "Prices", "payload": "PRICES"}),
        "postback:m_3",
        ButtonPressed(WHO, "m_3", None, "PRICES", "Prices", AT),
    ),
    hears(
        "the first press of all",
        body(postback={"mid": "m_3", "title": "Get started", "payload": "GET_STARTED"}),
        "postback:m_3",
        Started(WHO, "m_3", AT),
    ),
    hears(
        "the first press after a link",
        body(postback={"mid": "m_3", "title": "Get started", "payload": "GET_STARTED", "referral": REFERRAL}),
        "postback:m_3",
        Started(WHO, "m_3", AT, "promo", CONTEXT),
    ),
    hears(
        "a link opened by who is known",
        body(referral=REFERRAL),
        f"referral:{ANN}:{TIME}::{ANN}",
        Started(WHO, f"start:{ANN}:{TIME}", AT, "promo", CONTEXT),
    ),
    hears(
        "a message that an advertisement brought",
        message(text="How much?", referral={"ref": "", "source": "ADS", "type": "OPEN_THREAD", "ad_id": "55"}),
        "message:m_1",
        Started(WHO, "start:m_1", AT, "", {"source": "ADS", "type": "OPEN_THREAD", "ad_id": "55"}),
        wrote(Content.plain("How much?")),
    ),
    hears(
        "consent on a site",
        body(optin={"ref": "form"}),
        f"optin:{ANN}:{TIME}::{ANN}",
        Started(WHO, f"start:{ANN}:{TIME}", AT, "form", {"source": "OPTIN"}),
    ),
    hears(
        "pictures and a paper",
        message(attachments=[attached("image", url="https://cdn.ex/1"), attached("file", url="https://cdn.ex/2")]),
        "message:m_1",
        wrote(None, RemoteFile(IMAGE, "https://cdn.ex/1"), RemoteFile(DOCUMENT, "https://cdn.ex/2")),
    ),
    hears(
        "a sticker",
        message(attachments=[attached("image", url="https://cdn.ex/1", sticker_id=369239263222822)]),
        "message:m_1",
        wrote(None, RemoteFile(IMAGE, "https://cdn.ex/1")),
    ),
    hears(
        "a place",
        message(attachments=[{"type": "location", **attached("location", coordinates={"lat": 55.75, "long": 37.61})}]),
        "message:m_1",
        wrote(Content.plain("", location=Location(latitude=55.75, longitude=37.61))),
    ),
    hears(
        "something shared",
        message(attachments=[{"type": "fallback", "title": "News", "url": "https://ex.am/news", "payload": None}]),
        "message:m_1",
        wrote(Content.plain("↪ News https://ex.am/news")),
    ),
    hears(
        "a link that is in the words, too",
        message(
            text="Look https://ex.am/n", attachments=[{"type": "fallback", "title": "N", "url": "https://ex.am/n"}]
        ),
        "message:m_1",
        wrote(Content.plain("Look https://ex.am/n")),
    ),
    hears("what the API does not tell", message(is_unsupported=True), "message:m_1", wrote(Content.plain("[…]"))),
    hears(
        "changed words",
        body(message_edit={"mid": "m_1", "text": "new", "num_edit": 1}),
        f"message_edit:{ANN}:{TIME}:1:m_1",
        MessageEdited(WHO, "m_1", Content.plain("new"), AT),
    ),
    hears(
        "delivered",
        body(delivery={"mids": ["m_9"], "watermark": TIME}),
        f"delivery:{ANN}:{TIME}::{TIME}",
        ReceiptReceived(Status.DELIVERED, AT, sender=WHO, until=AT),
    ),
    hears(
        "read",
        body(read={"watermark": TIME}),
        f"read:{ANN}:{TIME}::{TIME}",
        ReceiptReceived(Status.READ, AT, sender=WHO, until=AT),
    ),
    hears("an echo of what we sent", echo(app_id=900900, metadata="kaskad:42", text="Hi"), "message:m_9"),
    hears("an echo that has lost the app", echo(metadata="kaskad:42", text="Hi"), "message:m_9"),
    hears(
        "what somebody wrote in the Page's inbox",
        echo(app_id=263902037430900, text="I am on it"),
        "message:m_9",
        MemberWrote(WHO, "m_9", Content.plain("I am on it"), AT),
    ),
    hears(
        "a reaction",
        body(reaction={"mid": "m_9", "action": "react", "emoji": "❤"}),
        f"reaction:{ANN}:{TIME}:react:m_9",
    ),
    hears(
        "the talk was handed over",
        body(pass_thread_control={"new_owner_app_id": "1"}),
        f"event:{ANN}:{TIME}::{ANN}",
    ),
]

UNREADABLE: list[dict[str, Any]] = [
    {},
    {"object": "page", "entry": []},
    {"object": "page", "entry": [{"id": PAGE, "time": TIME, "messaging": []}]},
    body(something_new={}),
    body(message={"text": "no id"}),
    body(sender=None, message={"mid": "m_1", "text": "from nobody"}),
    body(recipient=None, message={"mid": "m_1", "is_echo": True, "text": "to nobody"}),
    message(text=["no", "words"]),
]
