"""What VK tells, and what Kaskad is to read in it: `vk` holds the rest of its table."""

import json
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
    SubscriptionChanged,
    Update,
)

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
DATE = int(AT.timestamp())
GROUP = 212345678
WHO = Sender("777", language="ru")
SHE = Sender("777")
IMAGE, VOICE, DOCUMENT = AttachmentKind.IMAGE, AttachmentKind.VOICE, AttachmentKind.DOCUMENT


def event(kind: str, told: Any, **more: Any) -> dict[str, Any]:
    return {"group_id": GROUP, "type": kind, "event_id": "e10", "v": "5.199", "object": told, "secret": "s", **more}


def message(**said: Any) -> dict[str, Any]:
    common = {"id": 9, "date": DATE, "peer_id": 777, "from_id": 777, "text": "", "conversation_message_id": 3}
    return {**common, "out": 0, "version": 10003, "random_id": 0, "attachments": [], "fwd_messages": [], **said}


def new(**said: Any) -> dict[str, Any]:
    client = {"button_actions": ["text", "callback"], "keyboard": True, "inline_keyboard": True, "carousel": True}
    return event("message_new", {"message": message(**said), "client_info": {**client, "lang_id": 0}})


def pressed(payload: Any, **more: Any) -> dict[str, Any]:
    told = {"user_id": 777, "peer_id": 777, "event_id": "p1", "payload": payload, "conversation_message_id": 4}
    return event("message_event", {**told, **more})


def hears(name: str, told: Mapping[str, Any], *updates: Update, sender: str = "777") -> Webhook:
    return Webhook(name, told, "e10", sender, updates)


def wrote(content: Content | None, *files: RemoteFile) -> MessageReceived:
    return MessageReceived(WHO, "9", content, AT, files=files)


def attached(kind: str, **held: Any) -> dict[str, Any]:
    return {"type": kind, kind: held}


def size(url: str, side: int) -> dict[str, Any]:
    return {"type": "x", "url": url, "width": side, "height": side}


PHOTO = attached("photo", id=1, owner_id=777, sizes=[size("https://sun9/b.jpg", 900), size("https://sun9/a.jpg", 90)])
DOC = attached("doc", id=2, owner_id=777, title="a", ext="pdf", size=100, url="https://vk.com/doc777_2?hash=h", type=1)
SPOKEN = attached(
    "audio_message", id=3, owner_id=777, duration=2, link_ogg="https://psv4/v.ogg", link_mp3="https://psv4/v.mp3"
)
STICKER = attached(
    "sticker", sticker_id=5, images=[size("https://vk.com/s/64.png", 64), size("https://vk.com/s/512.png", 512)]
)
START = {"text": "Начать", "payload": '{"command":"start"}'}
OURS = {"button": "42:yes", "text": "Да"}

WEBHOOKS = [
    hears("text", new(text="Привет, *ты*"), wrote(Content.plain("Привет, *ты*"))),
    hears("start", new(**START), Started(WHO, "9", AT)),
    hears(
        "start by a link",
        new(**START, ref="promo_42", ref_source="qr"),
        Started(WHO, "9", AT, "promo_42", {"ref_source": "qr"}),
    ),
    hears(
        "the first word after a link",
        new(text="Хочу", ref="promo_42"),
        Started(WHO, "9", AT, "promo_42"),
        wrote(Content.plain("Хочу")),
    ),
    hears(
        "photo with words, the largest size",
        new(text="Вот", attachments=[PHOTO]),
        wrote(Content.plain("Вот"), RemoteFile(IMAGE, "https://sun9/b.jpg")),
    ),
    hears(
        "document",
        new(attachments=[DOC]),
        wrote(None, RemoteFile(DOCUMENT, "https://vk.com/doc777_2?hash=h", "a.pdf", size=100)),
    ),
    hears(
        "voice",
        new(attachments=[SPOKEN]),
        wrote(None, RemoteFile(VOICE, "https://psv4/v.ogg", content_type="audio/ogg")),
    ),
    hears("sticker", new(attachments=[STICKER]), wrote(None, RemoteFile(IMAGE, "https://vk.com/s/512.png"))),
    hears(
        "graffiti",
        new(attachments=[attached("graffiti", id=1, owner_id=777, url="https://vk.com/g.png")]),
        wrote(None, RemoteFile(IMAGE, "https://vk.com/g.png")),
    ),
    hears(
        "video, which VK does not give away",
        new(text="См.", attachments=[attached("video", id=5, owner_id=-1, title="Кофе")]),
        wrote(Content.plain("См.\nКофе https://vk.com/video-1_5")),
    ),
    hears(
        "music",
        new(attachments=[attached("audio", id=5, owner_id=1, artist="Ann", title="Song", url="https://x.mp3")]),
        wrote(Content.plain("Ann — Song")),
    ),
    hears(
        "a link that stands in the text, too",
        new(text="https://ex.am", attachments=[attached("link", url="https://ex.am", title="Example")]),
        wrote(Content.plain("https://ex.am")),
    ),
    hears(
        "something new of VK's",
        new(attachments=[attached("hologram", id=1)]),
        wrote(Content.plain("[hologram]")),
    ),
    hears(
        "forwarded",
        new(text="Так?", fwd_messages=[{"text": "раз\nдва", "from_id": 5, "attachments": [PHOTO]}]),
        wrote(Content.plain("Так?\n> раз\n> два"), RemoteFile(IMAGE, "https://sun9/b.jpg")),
    ),
    hears(
        "location",
        new(geo={"type": "point", "coordinates": {"latitude": 55.75, "longitude": 37.61}, "place": {"title": "Кафе"}}),
        wrote(Content.plain("", location=Location(latitude=55.75, longitude=37.61, title="Кафе"))),
    ),
    hears(
        "press of a button that was shown as words",
        new(text="Да", payload=json.dumps(OURS)),
        ButtonPressed(WHO, "9", 42, "yes", "Да", AT),
    ),
    hears(
        "words with a payload of another program's",
        new(text="Купить", payload='{"cmd":1}'),
        wrote(Content.plain("Купить")),
    ),
    hears("press", pressed(OURS), ButtonPressed(SHE, "press:p1", 42, "yes", "Да", None)),
    hears("press, as text", pressed(json.dumps(OURS)), ButtonPressed(SHE, "press:p1", 42, "yes", "Да", None)),
    hears(
        "press of another program's button",
        pressed({"n": 42}),
        ButtonPressed(SHE, "press:p1", None, '{"n": 42}', "", None),
    ),
    hears("press that says nothing", pressed({})),
    hears(
        "edited",
        event("message_edit", message(text="новое", update_time=DATE + 60)),
        MessageEdited(SHE, "9", Content.plain("новое"), datetime.fromtimestamp(DATE + 60, UTC)),
    ),
    hears("edited by us", event("message_edit", message(text="новое", from_id=-GROUP, out=1))),
    hears(
        "allowed by a widget",
        event("message_allow", {"user_id": 777, "key": "promo"}),
        SubscriptionChanged(SHE, "", "active", None),
        Started(SHE, "allow:e10", None, "promo"),
    ),
    hears(
        "allowed",
        event("message_allow", {"user_id": 777, "key": ""}),
        SubscriptionChanged(SHE, "", "active", None),
    ),
    hears("denied", event("message_deny", {"user_id": 777}), SubscriptionChanged(SHE, "", "blocked", None)),
    hears(
        "read",
        event("message_read", {"from_id": 777, "peer_id": 777, "read_message_id": 12, "conversation_message_id": 5}),
        ReceiptReceived(Status.READ, None, sender=SHE, upto=12),
    ),
    hears(
        "read by the community",
        event("message_read", {"from_id": -GROUP, "peer_id": 777, "read_message_id": 12, "conversation_message_id": 5}),
    ),
    hears(
        "an administrator answered in VK",
        event("message_reply", message(text="Уже еду", from_id=-GROUP, out=1, admin_author_id=5)),
        MemberWrote(SHE, "9", Content.plain("Уже еду"), AT),
    ),
    hears("a program answered", event("message_reply", message(text="Уже еду", from_id=-GROUP, out=1, random_id=6))),
    hears(
        "written in a group chat",
        new(text="Hi", peer_id=2_000_000_001, action={"type": "chat_invite_user"}),
        sender="2000000001",
    ),
    hears("left the community", event("group_leave", {"user_id": 777, "self": 1})),
]

UNREADABLE = [
    event("message_new", {"message": {"id": "x"}}),
    event("message_new", None),
    new(),
    new(date=10**20, text="late"),
    event("message_event", {"user_id": 777}),
    event("message_read", {"from_id": 777, "peer_id": 777, "read_message_id": -1}),
    {"object": {}},
]
