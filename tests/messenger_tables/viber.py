"""Viber: events as it posts them, calls as it wants them, answers as it gives them."""

import json
from typing import Any

from messenger_tables import Delivery, Tables
from messenger_tables.signing import by_viber
from messenger_tables.viber_webhooks import UNREADABLE, WEBHOOKS
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
from messengers.content import (
    Attachment,
    AttachmentKind,
    Card,
    Content,
    Location,
    ReplyButton,
    ShareLocationButton,
    SharePhoneButton,
    UrlButton,
)

TOKEN = "445da6az1s345z78-dazcczb2542zv51a-e0vc5fva17480im9"
ANN = "01234567890A="
URL = "https://kaskad.example/media/abc"
URLS = {7: f"{URL}/cup.jpg", 8: f"{URL}/film.mp4", 9: f"{URL}/price.pdf"}


def out(content: Content, **more: Any) -> Outgoing:
    return Outgoing(42, ANN, content, "42-0", **{"media_urls": URLS, **more})


def calls(**said: Any) -> HttpCall:
    return HttpCall(
        "POST",
        "https://chatapi.viber.com/pa/send_message",
        json={"receiver": ANN, "sender": {"name": "Shop"}, **said},
        headers={"X-Viber-Auth-Token": TOKEN},
        timeout=20.0,
    )


def took() -> Reply:
    told = {"status": 0, "status_message": "ok", "message_token": 491266184665523145, "billing_status": 1}
    return Reply(200, json.dumps(told).encode())


def says(status: int, words: str = "said") -> Reply:
    return Reply(200, json.dumps({"status": status, "status_message": words}).encode())


def sends(name: str, what: Content, **said: Any) -> Delivery:
    return Delivery(name, out(what), [(calls(**said), took())], Sent("491266184665523145"))


HELLO = Content.plain("Hello")


def fails(name: str, reply: Reply, outcome: Outcome) -> Delivery:
    return Delivery(name, out(HELLO), [(calls(type="text", text="Hello"), reply)], outcome)


def attached(kind: AttachmentKind, media: int, name: str, content_type: str) -> Attachment:
    return Attachment(kind=kind, media=media, name=name, content_type=content_type, size=5)


PICTURE = attached(AttachmentKind.IMAGE, 7, "cup.jpg", "image/jpeg")
FILM = attached(AttachmentKind.VIDEO, 8, "film.mp4", "video/mp4")
PRICE = attached(AttachmentKind.DOCUMENT, 9, "Прайс.pdf", "application/pdf")
NAMELESS = attached(AttachmentKind.VOICE, 9, "Прайс", "audio/ogg")
YES = ReplyButton(id="yes", text="Да <3")
SITE = UrlButton(text="Site", url="https://ex.am/x")
PHONE = SharePhoneButton(text="My phone")
PLACE = ShareLocationButton(text="My place")

ROW = {"Columns": 6, "Rows": 1}
YES_KEY = {**ROW, "ActionType": "reply", "ActionBody": "btn:42:yes:Да <3", "Text": "Да &lt;3", "Silent": True}
SITE_KEY = {**ROW, "ActionType": "open-url", "ActionBody": "https://ex.am/x", "Text": "Site"}
PHONE_KEY = {**ROW, "ActionType": "share-phone", "ActionBody": "phone", "Text": "My phone"}
PLACE_KEY = {**ROW, "ActionType": "location-picker", "ActionBody": "location", "Text": "My place"}


def keyboard(*keys: dict[str, Any]) -> dict[str, Any]:
    return {"Type": "keyboard", "DefaultHeight": False, "Buttons": list(keys)}


STILL = {"Columns": 6, "ActionType": "none", "ActionBody": "none"}
CARDS = Content(cards=[Card(title="Cup", text="1 < 2", image=PICTURE, buttons=[YES, SITE]), Card(title="Tea")])
CAROUSEL = {
    "type": "rich_media",
    "min_api_version": 7,
    "alt_text": "Cup\n1 < 2\nSite: https://ex.am/x\n\nTea",
    "rich_media": {
        "Type": "rich_media",
        "ButtonsGroupColumns": 6,
        "ButtonsGroupRows": 7,
        "BgColor": "#FFFFFF",
        "Buttons": [
            {**STILL, "Rows": 3, "Image": URLS[7]},
            {**STILL, "Rows": 2, "Text": "<b>Cup</b><br>1 &lt; 2", "TextHAlign": "left", "TextVAlign": "top"},
            {**YES_KEY, "TextSize": "medium"},
            {**SITE_KEY, "TextSize": "medium"},
            {**STILL, "Rows": 5, "Text": "<b>Tea</b>", "TextHAlign": "left", "TextVAlign": "top"},
            {**STILL, "Rows": 2},
        ],
    },
}
ASKS = Content.plain("Who?", buttons=[PHONE, YES])
ASKING = {
    "type": "text", "text": "Who?", "keyboard": keyboard(PHONE_KEY, YES_KEY), "min_api_version": 3,
    "tracking_data": "asks_phone",
}  # fmt: skip
BROKEN = {
    2: "token_revoked", 7: "bot_blocked", 8: "bot_not_found", 9: "bot_suspended", 10: "hook_missing", 15: "bot_blocked",
    23: "free_messages_used_up", 24: "no_money",
}  # fmt: skip
REJECTED = {
    1: "wrong_address", 3: "wrong_data: said", 4: "missing_data: said", 13: "app_too_old",
    14: "not_for_this_version: said", 16: "not_allowed_here", 17: "not_allowed_here", 18: "not_allowed_here",
    20: "broadcast_not_allowed", 22: "payments_not_served",
}  # fmt: skip

DELIVERIES = [
    sends("words", HELLO, type="text", text="Hello"),
    sends(
        "buttons",
        Content.plain("Well?", buttons=[YES, SITE]),
        type="text",
        text="Well?",
        keyboard=keyboard(YES_KEY, SITE_KEY),
    ),
    sends("a phone number asked for", ASKS, **ASKING),
    sends(
        "a place asked for",
        Content.plain("Where?", buttons=[PLACE]),
        type="text",
        text="Where?",
        keyboard=keyboard(PLACE_KEY),
        min_api_version=3,
    ),
    sends(
        "a picture with words and a button",
        Content.plain("Cup", attachments=[PICTURE], buttons=[SITE]),
        type="picture",
        text="Cup",
        media=URLS[7],
        keyboard=keyboard(SITE_KEY),
    ),
    sends("a video", Content(attachments=[FILM], markup=False), type="video", media=URLS[8], size=5),
    sends(
        "a video of which it is known how long it lasts",
        Content(attachments=[FILM.model_copy(update={"seconds": 180, "width": 640, "height": 360})], markup=False),
        type="video",
        media=URLS[8],
        size=5,
        duration=180,
    ),
    sends(
        "a file",
        Content(attachments=[PRICE], markup=False),
        type="file",
        media=URLS[9],
        size=5,
        file_name="Прайс.pdf",
    ),
    sends(
        "a file whose name has no ending",
        Content(attachments=[NAMELESS], markup=False),
        type="file",
        media=URLS[9],
        size=5,
        file_name="price.pdf",
    ),
    sends(
        "a place",
        Content(location=Location(latitude=55.75, longitude=37.61), markup=False),
        type="location",
        location={"lat": 55.75, "lon": 37.61},
    ),
    sends("cards, every one filled", CARDS, **CAROUSEL),
    Delivery(
        "a file without an address", out(Content(attachments=[FILM]), media_urls={}), [], Rejected("file_missing")
    ),
    Delivery("a card without one", out(CARDS, media_urls={}), [], Rejected("file_missing")),
    Delivery(
        "an app too old to share a phone number",
        out(ASKS),
        [(calls(**ASKING), says(13)), (calls(type="text", text="Who?", keyboard=keyboard(YES_KEY)), took())],
        Sent("491266184665523145"),
    ),
    Delivery(
        "an app too old for cards",
        out(CARDS),
        [(calls(**CAROUSEL), says(13)), (calls(type="text", text=CAROUSEL["alt_text"]), took())],
        Sent("491266184665523145"),
    ),
    *[fails(f"status {status}", says(status), ChannelBroken(reason)) for status, reason in BROKEN.items()],
    *[fails(f"status {status}", says(status), Rejected(reason)) for status, reason in REJECTED.items()],
    fails("not registered", says(5), Unreachable("not_registered")),
    fails("not subscribed", says(6), Unreachable("not_subscribed", blocked=True)),
    fails("no device", says(11), Unreachable("no_suitable_device")),
    fails("a country that is not served", says(21), Unreachable("country_not_served")),
    fails("a hundred messages without an answer", says(12), RetryAt(3600.0, "too_many_unanswered")),
    fails("a general error", says(-1), RetryAt(5.0, "error_-1")),
    fails("an error nobody knows", says(77), RetryAt(5.0, "error_77")),
    fails("status 19", says(19), RetryAt(5.0, "broadcast_failed")),
    fails("a server's error", Reply(502, b"<html>"), RetryAt(5.0, "status_502")),
    fails("a gateway that lost patience", Reply(504, b"<html>"), Uncertain("status_504")),
    fails("too many calls", Reply(429), RetryAt(10.0, "too_many_requests", whole_channel=True)),
    fails("something else", Reply(404), Rejected("status_404")),
    fails("an answer that cannot be read", Reply(200, b"<html>"), Sent()),
    fails("an answer without a token", says(0), Sent()),
    fails("cut after it left", Reply(0, fault="cut"), Uncertain("cut")),
    fails(
        "nobody there",
        Reply(0, written=False, fault="refused"),
        RetryAt(5.0, "refused", whole_channel=True, counted=False),
    ),
]

TABLES = Tables(
    settings={"bot_id": "pa:1", "uri": "shop", "bot_name": "Shop"},
    secrets={"token": TOKEN},
    webhooks=WEBHOOKS,
    unreadable=UNREADABLE,
    deliveries=DELIVERIES,
    sign=by_viber,
)
