"""What Telegram tells, and what Kaskad is to read in it: `telegram` holds the rest of its table."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from messenger_tables import Webhook
from messengers.content import (
    AttachmentKind,
    Content,
    Location,
)
from messengers.updates import (
    ButtonPressed,
    MessageEdited,
    MessageReceived,
    RemoteFile,
    Sender,
    Started,
    SubscriptionChanged,
    Update,
)

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
DATE = int(AT.timestamp())
ANN = {"id": 777, "is_bot": False, "first_name": "Ann", "last_name": "B", "username": "ann", "language_code": "ru"}
CHAT = {"id": 777, "type": "private", "first_name": "Ann", "last_name": "B", "username": "ann"}
WHO = Sender("777", name="Ann B", language="ru", extra={"username": "ann"})
GROUP = {"id": -1001, "type": "supergroup", "title": "Friends"}


def body(**kind: Any) -> dict[str, Any]:
    return {"update_id": 10, **kind}


def message(**said: Any) -> dict[str, Any]:
    return {"message_id": 5, "date": DATE, "from": ANN, "chat": CHAT, **said}


def hears(name: str, told: Mapping[str, Any], *updates: Update, sender: str = "777") -> Webhook:
    return Webhook(name, told, "10", sender, updates)


def wrote(content: Content | None, *files: RemoteFile, who: Sender = WHO, album: str = "") -> MessageReceived:
    return MessageReceived(who, "777:5", content, AT, files=files, album=album)


def file(file_id: str, **more: Any) -> dict[str, Any]:
    return {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_size": 100, **more}


SIZE = {"width": 90, "height": 67}
MENU = {"inline_keyboard": [[{"text": "Yes", "callback_data": "42:yes"}, {"text": "Site", "url": "https://ex.am"}]]}
OURS = {"message_id": 4, "date": DATE, "chat": CHAT, "text": "Well?", "reply_markup": MENU}


def pressed(data: str, **more: Any) -> dict[str, Any]:
    query = {"id": "99", "from": ANN, "message": OURS, "chat_instance": "1", "data": data}
    return body(callback_query=query | more)


def membership(status: str) -> dict[str, Any]:
    member = {"user": {"id": 123456, "is_bot": True, "first_name": "Shop"}, "status": status}
    change = {"chat": CHAT, "from": ANN, "date": DATE, "old_chat_member": member, "new_chat_member": member}
    return body(my_chat_member=change)


CONTACT = {"phone_number": "79991234567", "first_name": "Ann", "user_id": 777}
IMAGE, VIDEO, AUDIO = AttachmentKind.IMAGE, AttachmentKind.VIDEO, AttachmentKind.AUDIO
VOICE, DOCUMENT = AttachmentKind.VOICE, AttachmentKind.DOCUMENT

WEBHOOKS = [
    hears("text", body(message=message(text="Hello *you*")), wrote(Content.plain("Hello *you*"))),
    hears("start", body(message=message(text="/start")), Started(WHO, "777:5", AT)),
    hears("start with a payload", body(message=message(text="/start promo_42")), Started(WHO, "777:5", AT, "promo_42")),
    hears(
        "photo with words, the largest size",
        body(message=message(photo=[file("A", **SIZE), file("B", **SIZE)], caption="Look")),
        wrote(Content.plain("Look"), RemoteFile(IMAGE, "B", size=100)),
    ),
    hears(
        "one of an album",
        body(message=message(photo=[file("A", **SIZE)], media_group_id="13")),
        wrote(None, RemoteFile(IMAGE, "A", size=100), album="13"),
    ),
    hears(
        "document",
        body(message=message(document=file("D", file_name="a.pdf", mime_type="application/pdf"))),
        wrote(None, RemoteFile(DOCUMENT, "D", "a.pdf", "application/pdf", 100)),
    ),
    hears(
        "voice",
        body(message=message(voice=file("V", duration=3, mime_type="audio/ogg"))),
        wrote(None, RemoteFile(VOICE, "V", content_type="audio/ogg", size=100)),
    ),
    hears(
        "video",
        body(message=message(video=file("M", **SIZE, duration=1))),
        wrote(None, RemoteFile(VIDEO, "M", size=100)),
    ),
    hears(
        "round video",
        body(message=message(video_note=file("N", length=240, duration=1))),
        wrote(None, RemoteFile(VIDEO, "N", size=100)),
    ),
    hears(
        "animation, which is told of twice",
        body(message=message(animation=file("G", **SIZE, duration=1), document=file("G"))),
        wrote(None, RemoteFile(VIDEO, "G", size=100)),
    ),
    hears("audio", body(message=message(audio=file("S", duration=9))), wrote(None, RemoteFile(AUDIO, "S", size=100))),
    hears(
        "sticker",
        body(message=message(sticker=file("K", **SIZE, type="regular", emoji="👍", is_animated=False, is_video=False))),
        wrote(Content.plain("👍"), RemoteFile(IMAGE, "K", size=100)),
    ),
    hears(
        "location",
        body(message=message(location={"latitude": 55.75, "longitude": 37.61})),
        wrote(Content.plain("", location=Location(latitude=55.75, longitude=37.61))),
    ),
    hears(
        "venue",
        body(
            message=message(
                location={"latitude": 1, "longitude": 2},
                venue={"location": {"latitude": 1, "longitude": 2}, "title": "Cafe", "address": "Main 1"},
            )
        ),
        wrote(Content.plain("", location=Location(latitude=1, longitude=2, title="Cafe, Main 1"))),
    ),
    hears(
        "own phone number",
        body(message=message(contact=CONTACT)),
        wrote(
            Content.plain("Ann +79991234567"),
            who=Sender("777", name="Ann B", language="ru", phone="+79991234567", extra={"username": "ann"}),
        ),
    ),
    hears(
        "somebody else's phone number",
        body(message=message(contact=CONTACT | {"user_id": 778})),
        wrote(Content.plain("Ann +79991234567")),
    ),
    hears("dice", body(message=message(dice={"emoji": "🎲", "value": 6})), wrote(Content.plain("🎲 6"))),
    hears(
        "edited",
        body(edited_message=message(text="new", edit_date=DATE + 60)),
        MessageEdited(WHO, "777:5", Content.plain("new"), datetime.fromtimestamp(DATE + 60, UTC)),
    ),
    hears("press", pressed("42:yes"), ButtonPressed(WHO, "press:99", 42, "yes", "Yes", None)),
    hears(
        "press of another program's button",
        pressed(
            "buy", message=OURS | {"reply_markup": {"inline_keyboard": [[{"text": "Buy", "callback_data": "buy"}]]}}
        ),
        ButtonPressed(WHO, "press:99", None, "buy", "Buy", None),
    ),
    hears(
        "press under a message too old to be told",
        pressed("42:yes", message={"chat": CHAT, "message_id": 4, "date": 0}),
        ButtonPressed(WHO, "press:99", 42, "yes", "", None),
    ),
    hears("press that says nothing: a game's", pressed("", message={"chat": CHAT, "message_id": 4, "date": 0})),
    hears(
        "press of a button without words",
        pressed("buy", message=OURS | {"reply_markup": {"inline_keyboard": [[{"text": " ", "callback_data": "buy"}]]}}),
        ButtonPressed(WHO, "press:99", None, "buy", " ", None),
    ),
    hears("blocked", membership("kicked"), SubscriptionChanged(WHO, "", "blocked", AT)),
    hears("let in again", membership("member"), SubscriptionChanged(WHO, "", "active", AT)),
    hears("pinned", body(message=message(pinned_message=OURS))),
    hears("written in a group", body(message=message(chat=GROUP, text="Hi"))),
    hears("a kind that we never asked for", body(poll={"id": "1", "question": "?", "options": []}), sender=""),
]

UNREADABLE = [body(message={"message_id": "x"}), body(message=message(story={"id": 1})), {"message": {}}]
