"""What Viber tells, and what Kaskad is to read in it: `viber` holds the rest of its table."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from messenger_tables import Webhook
from messengers.content import AttachmentKind, Content, Location
from messengers.statuses import Status
from messengers.updates import (
    ButtonPressed,
    MessageReceived,
    ReceiptReceived,
    RemoteFile,
    Sender,
    Started,
    SubscriptionChanged,
    Update,
)

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
STAMP = int(AT.timestamp() * 1000)
TOKEN = 4_912_661_846_655_238_145  # more than a float can hold
NAME = str(TOKEN)
ANN = "01234567890A="
PERSON = {
    "id": ANN, "name": "Ann", "avatar": "https://ex.am/a.jpg", "country": "RU", "language": "ru", "api_version": 10,
}  # fmt: skip
WHO = Sender(ANN, name="Ann", language="ru", extra={"country": "RU"})
BARE = Sender(ANN)


def event(name: str, **more: Any) -> dict[str, Any]:
    return {"event": name, "timestamp": STAMP, "message_token": TOKEN, "chat_hostname": "SN-1_", **more}


def message(**said: Any) -> dict[str, Any]:
    return event("message", sender=PERSON, message=said, silent=False)


def hears(name: str, told: Mapping[str, Any], *updates: Update) -> Webhook:
    turn = "" if told["event"] in ("delivered", "seen", "failed") else ANN
    return Webhook(name, told, f"{told['event']}:{TOKEN}:{ANN}", turn, updates)


def wrote(content: Content | None, *files: RemoteFile, who: Sender = WHO) -> MessageReceived:
    return MessageReceived(who, NAME, content, AT, files=files)


def pressed(message_id: int, button: str, text: str) -> ButtonPressed:
    return ButtonPressed(WHO, NAME, message_id, button, text, AT)


def receipt(status: Status, **more: Any) -> ReceiptReceived:
    return ReceiptReceived(status, AT, external_ids=(NAME,), sender=BARE, **more)


MEDIA = "https://dl.ex.am/x?id=1"
IMAGE, VIDEO, DOCUMENT = AttachmentKind.IMAGE, AttachmentKind.VIDEO, AttachmentKind.DOCUMENT
CONTACT = {"name": "Ann B", "phone_number": "+7 900 000-00-01", "avatar": ""}

WEBHOOKS = [
    hears("words", message(type="text", text="Hello", tracking_data=""), wrote(Content.plain("Hello"))),
    hears(
        "words with nothing known of the writer",
        {
            **message(type="text", text="Hello", tracking_data=None),
            "sender": {"id": ANN, "name": None, "country": None},
        },
        wrote(Content.plain("Hello"), who=BARE),
    ),
    hears("an address", message(type="url", media="https://ex.am/"), wrote(Content.plain("https://ex.am/"))),
    hears(
        "a picture with words",
        message(type="picture", text="Look", media=MEDIA, file_name="a.jpg", size=7),
        wrote(Content.plain("Look"), RemoteFile(IMAGE, MEDIA, "a.jpg", size=7)),
    ),
    hears(
        "a picture",
        message(type="picture", text="", media=MEDIA, file_name="a.jpg", thumbnail="https://ex.am/t"),
        wrote(None, RemoteFile(IMAGE, MEDIA, "a.jpg")),
    ),
    hears(
        "a video",
        message(type="video", media=MEDIA, file_name="a.mp4", size=9, duration=3),
        wrote(None, RemoteFile(VIDEO, MEDIA, "a.mp4", size=9)),
    ),
    hears(
        "a file",
        message(type="file", media=MEDIA, file_name="a.pdf", size=9),
        wrote(None, RemoteFile(DOCUMENT, MEDIA, "a.pdf", size=9)),
    ),
    hears("a sticker", message(type="sticker", sticker_id=46105), wrote(Content.plain("🙂 46105"))),
    hears(
        "a sticker with its picture",
        message(type="sticker", sticker_id=46105, media=MEDIA),
        wrote(None, RemoteFile(IMAGE, MEDIA)),
    ),
    hears(
        "a place",
        message(type="location", location={"lat": 55.75, "lon": 37.61, "address": "Moscow"}),
        wrote(Content.plain("", location=Location(latitude=55.75, longitude=37.61))),
    ),
    hears(
        "somebody's phone number",
        message(type="contact", contact=CONTACT),
        wrote(
            Content.plain("Ann B +79000000001"),
        ),
    ),
    hears(
        "his own phone number",
        message(type="contact", contact=CONTACT, tracking_data="asks_phone"),
        wrote(
            Content.plain("Ann B +79000000001"),
            who=Sender(ANN, name="Ann", language="ru", phone="+79000000001", extra={"country": "RU"}),
        ),
    ),
    hears("a press", message(type="text", text="btn:42:yes:Да: конечно"), pressed(42, "yes", "Да: конечно")),
    hears("words that look like a press", message(type="text", text="42:yes"), wrote(Content.plain("42:yes"))),
    hears("the welcome's button", message(type="text", text="start:promo"), Started(WHO, NAME, AT, "promo")),
    hears(
        "the chat is opened by a link",
        event("conversation_started", type="open", context="promo42", user=PERSON, subscribed=False),
        Started(WHO, NAME, AT, "promo42"),
    ),
    hears("the chat is opened", event("conversation_started", type="open", user=PERSON), Started(WHO, NAME, AT)),
    hears("subscribed", event("subscribed", user=PERSON), SubscriptionChanged(WHO, "", "active", AT)),
    hears("unsubscribed", event("unsubscribed", user_id=ANN), SubscriptionChanged(BARE, "", "blocked", AT)),
    hears("delivered", event("delivered", user_id=ANN), receipt(Status.DELIVERED)),
    hears("seen, with all before it", event("seen", user_id=ANN), receipt(Status.READ, until=AT)),
    hears(
        "failed after all",
        event("failed", user_id=ANN, desc="failure description"),
        receipt(Status.REJECTED, reason="failure description"),
    ),
    Webhook("the check of the address", event("webhook"), f"webhook:{TOKEN}:", "", []),
]

UNREADABLE: list[Mapping[str, Any]] = [
    {},
    event("new_event"),
    {**event("seen", user_id=ANN), "event": ["seen"]},
    event("message"),
    event("message", sender=PERSON),
    event("seen"),
    event("subscribed", user={"id": 7}),
    {**event("subscribed", user=PERSON), "message_token": True},
    {**event("subscribed", user=PERSON), "message_token": 4.9e18},
    {**event("subscribed", user=PERSON), "timestamp": 10**30},
    message(type="text", text=" "),
    message(type="picture"),
    message(type="dance", text="x"),
    message(type="location", location={"lat": 500, "lon": 0}),
    message(type="location"),
]
