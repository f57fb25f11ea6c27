"""What MAX tells, and what Kaskad is to read in it: `max` holds the rest of its table."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from messenger_tables import Webhook
from messengers.content import AttachmentKind, Content, Location
from messengers.updates import (
    ButtonPressed,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    RemoteFile,
    Sender,
    Started,
    SubscriptionChanged,
    Update,
)

TOKEN = "f9LHodD0cOLabcdefghijklmnopqrstuvwxyz0123456789-_ABCDEF"
AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
NOW = int(AT.timestamp() * 1000)
ANN = {"user_id": 42, "first_name": "Ann", "last_name": "B", "username": "ann", "is_bot": False}
ANN |= {"last_activity_time": NOW, "name": "Ann B"}
BOT = {"user_id": 10002, "first_name": "Shop", "username": "shop_bot", "is_bot": True, "last_activity_time": NOW}
WHO = Sender("42", name="Ann B", language="ru", extra={"username": "ann"})
SAME = Sender("42", name="Ann B", extra={"username": "ann"})
DIALOG = {"chat_id": 77, "chat_type": "dialog", "user_id": 10002}
IMAGE, VIDEO, VOICE, DOCUMENT = (
    *(AttachmentKind.IMAGE, AttachmentKind.VIDEO),
    *(AttachmentKind.VOICE, AttachmentKind.DOCUMENT),
)


def body(kind: str, **told: Any) -> dict[str, Any]:
    return {"update_type": kind, "timestamp": NOW, **told}


def message(*attachments: Mapping[str, Any], text: str = "", **more: Any) -> dict[str, Any]:
    said = {"mid": "mid.1", "seq": 1, "text": text} | ({"attachments": list(attachments)} if attachments else {})
    return {"sender": ANN, "recipient": DIALOG, "timestamp": NOW, "body": said, **more}


def created(*attachments: Mapping[str, Any], text: str = "", **more: Any) -> dict[str, Any]:
    return body("message_created", user_locale="ru", message=message(*attachments, text=text, **more))


def hears(name: str, told: Mapping[str, Any], *updates: Update, sender: str = "42", about: str = "mid.1") -> Webhook:
    return Webhook(name, told, f"{told['update_type']}:{about}:{NOW}", sender, updates)


def wrote(content: Content | None, *files: RemoteFile, who: Sender = WHO) -> MessageReceived:
    return MessageReceived(who, "mid.1", content, AT, files=files)


def card(phone: str = "79991234567", token: str = TOKEN) -> dict[str, Any]:
    told = f"BEGIN:VCARD\r\nVERSION:3.0\r\nTEL;TYPE=cell:{phone}\r\nFN:Ann B\r\nEND:VCARD\r\n"
    proof = hmac.new(token.encode(), told.encode(), hashlib.sha256).hexdigest()
    return {"type": "contact", "payload": {"vcf_info": told, "hash": proof, "max_info": ANN}}


PHOTO = {"type": "image", "payload": {"photo_id": 1, "token": "t/+", "url": "https://i.oneme.ru/i?r=1"}}
CLIP = {
    "type": "video",
    "payload": {"url": "https://m.ok.ru/v", "token": "vid"},
    "width": 9,
    "height": 9,
    "duration": 1,
}
WORDS = {"type": "audio", "payload": {"url": "https://vu.okcdn.ru/a", "token": "aud"}, "transcription": None}
PAPER = {"type": "file", "payload": {"url": "https://fd.oneme.ru/f", "token": "doc"}, "filename": "a.pdf", "size": 100}
STICKER = {"type": "sticker", "payload": {"url": "https://i.oneme.ru/s", "code": "c"}, "width": 9, "height": 9}
SHARE = {"type": "share", "payload": {"url": "https://ex.am/", "token": "s"}, "title": "Example", "description": None}
PLACE = {"type": "location", "latitude": 55.75, "longitude": 37.61}
KEYS = [[{"type": "callback", "text": "Yes", "payload": "7:yes", "intent": "default"}]]
KEYBOARD = {"type": "inline_keyboard", "callback_id": "f9", "payload": {"buttons": KEYS}}
OURS = {**message(KEYBOARD, text="Well?"), "sender": BOT, "recipient": {**DIALOG, "user_id": 42}}
CALLBACK = {"timestamp": NOW, "callback_id": "f9", "user": ANN}


def pressed(payload: str | None = "7:yes", **more: Any) -> dict[str, Any]:
    callback = CALLBACK | ({"payload": payload} if payload is not None else {})
    return body("message_callback", user_locale="ru", **{"callback": callback, "message": OURS, **more})


def press(message_id: int | None, button: str, text: str = "") -> ButtonPressed:
    return ButtonPressed(WHO, f"press:f9:{NOW}", message_id, button, text, AT)


OWN = Sender("42", name="Ann B", language="ru", phone="+79991234567", extra={"username": "ann"})
HANDED = {
    "type": "forward",
    "sender": BOT,
    "message": {"mid": "mid.0", "seq": 0, "text": "News", "attachments": [PHOTO]},
}
REPLY = {"type": "reply", "sender": BOT, "message": {"mid": "mid.0", "seq": 0, "text": "Well?"}}
GROUP = {"chat_id": -7, "chat_type": "chat", "user_id": None}

WEBHOOKS = [
    hears("text", created(text="Hello *you*"), wrote(Content.plain("Hello *you*"))),
    hears("text with its link's preview", created(SHARE, text="See ex.am"), wrote(Content.plain("See ex.am"))),
    hears("a shared page", created(SHARE), wrote(Content.plain("Example\nhttps://ex.am/"))),
    hears(
        "photos with words",
        created(PHOTO, PHOTO, text="Look"),
        wrote(Content.plain("Look"), *[RemoteFile(IMAGE, "https://i.oneme.ru/i?r=1")] * 2),
    ),
    hears("video", created(CLIP), wrote(None, RemoteFile(VIDEO, "video:vid"))),
    hears("voice", created(WORDS), wrote(None, RemoteFile(VOICE, "https://vu.okcdn.ru/a"))),
    hears("document", created(PAPER), wrote(None, RemoteFile(DOCUMENT, "https://fd.oneme.ru/f", "a.pdf", size=100))),
    hears("sticker", created(STICKER), wrote(None, RemoteFile(IMAGE, "https://i.oneme.ru/s"))),
    hears("place", created(PLACE), wrote(Content.plain("", location=Location(latitude=55.75, longitude=37.61)))),
    hears("own phone number", created(card()), wrote(Content.plain("Ann B +79991234567"), who=OWN)),
    hears(
        "own phone number, as people at home write it",
        created(card("8 (999) 123-45-67")),
        wrote(Content.plain("Ann B +79991234567"), who=OWN),
    ),
    hears("a number that is not signed", created(card(token="x")), wrote(Content.plain("Ann B +79991234567"))),
    hears(
        "handed on",
        created(text="Is it so?", link=HANDED),
        wrote(Content.plain("Is it so?\n\nNews"), RemoteFile(IMAGE, "https://i.oneme.ru/i?r=1")),
    ),
    hears("an answer to what was said", created(text="Yes", link=REPLY), wrote(Content.plain("Yes"))),
    hears("start by hand", created(text="/start promo42"), Started(WHO, "mid.1", AT, "promo42")),
    hears(
        "start",
        body("bot_started", chat_id=77, user=ANN, payload="promo42", user_locale="ru"),
        Started(WHO, f"bot_started:42:{NOW}", AT, "promo42"),
        about="42",
    ),
    hears(
        "start, and nothing more",
        body("bot_started", chat_id=77, user=ANN, payload=None),
        Started(SAME, f"bot_started:42:{NOW}", AT),
        about="42",
    ),
    hears(
        "stopped",
        body("bot_stopped", chat_id=77, user=ANN, user_locale="ru"),
        SubscriptionChanged(WHO, "", "blocked", AT),
        about="42",
    ),
    hears(
        "the dialog removed",
        body("dialog_removed", chat_id=77, user=ANN, user_locale="ru"),
        SubscriptionChanged(WHO, "", "blocked", AT),
        about="42",
    ),
    hears(
        "edited",
        body("message_edited", message=message(text="new")),
        MessageEdited(SAME, "mid.1", Content.plain("new"), AT),
    ),
    hears("edited to a file alone", body("message_edited", message=message(PHOTO))),
    hears(
        "removed",
        body("message_removed", message_id="mid.1", chat_id=77, user_id=42),
        MessageDeleted(Sender("42"), "mid.1", AT),
    ),
    hears("removed by us", body("message_removed", message_id="mid.1", chat_id=77, user_id=10002), sender="10002"),
    hears("a button pressed", pressed(), press(7, "yes", "Yes"), about="f9"),
    hears("a button of somebody else's", pressed("menu", message=None), press(None, "menu"), about="f9"),
    hears("a button whose message is gone", pressed(message=None), press(7, "yes"), about="f9"),
    hears("a button that says nothing", pressed(None, message=None), about="f9"),
    hears("a button in a group", pressed(message={**OURS, "recipient": GROUP}), about="f9"),
    hears("a message in a group", created(text="Hi", recipient=GROUP)),
    hears("our own message", created(text="Hi", sender=BOT), sender="10002"),
    hears("a channel's post, which nobody has signed", created(text="Hi", sender=None), sender=""),
    hears("something new", body("dialog_muted", chat_id=77, user=ANN, muted_until=NOW), about="42"),
]

UNREADABLE: list[Mapping[str, Any]] = [
    {},
    {"update_type": "message_created"},
    body("message_created"),
    body("message_created", message={"body": {}}),
    created(),
    created({"type": "hologram", "payload": {}}),
    created(text="x", timestamp=10**30),
    body("message_callback", callback={"callback_id": "f9"}),
    body("bot_started", user={"user_id": "Ann"}),
    body("message_removed", message_id=None, user_id=42),
]
