"""VK: events as the Callback API delivers them, calls as VK wants them, answers as it gives them."""

import json
from collections.abc import Mapping
from typing import Any

from messenger_tables import Delivery, Tables
from messenger_tables.signing import by_vk
from messenger_tables.vk_webhooks import DOCUMENT, GROUP, IMAGE, UNREADABLE, VOICE, WEBHOOKS
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
    Unreachable,
)
from messengers.adapters.vk.writing import random_id
from messengers.content import (
    Attachment,
    AttachmentKind,
    Card,
    Content,
    Location,
    ReplyButton,
    ShareLocationButton,
    UrlButton,
)

TOKEN = "vk1.a." + "Ab0_-" * 12
API = "https://api.vk.com/method"
COMMON = {"access_token": TOKEN, "v": "5.199"}
RANDOM_ID = str(random_id("key", "42-0"))
VIDEO = AttachmentKind.VIDEO


def out(content: Content, *, key: str = "42-0", to: str = "777", file_ids: Mapping[int, str] | None = None) -> Outgoing:
    return Outgoing(42, to, content, key, file_ids=file_ids or {})


def calls(method: str, **parameters: str) -> HttpCall:
    return HttpCall("POST", f"{API}/{method}", form={**COMMON, **parameters})


def sends(**parameters: str) -> HttpCall:
    return calls("messages.send", peer_id="777", random_id=RANDOM_ID, **parameters)


def puts(url: str, field: str, content_type: str = "x/y") -> HttpCall:
    return HttpCall("POST", url, form={}, files={field: StoredFile(7, "f", content_type)}, timeout=120.0)


def took(response: Any, **more: Any) -> Reply:
    return Reply(200, json.dumps({"response": response, **more}).encode())


def refused(code: int, words: str = "No") -> Reply:
    asked = [{"key": "method", "value": "messages.send"}]
    return Reply(200, json.dumps({"error": {"error_code": code, "error_msg": words, "request_params": asked}}).encode())


def told(**answer: Any) -> Reply:
    return Reply(200, json.dumps(answer).encode())


def written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def keyboard(*rows: list[dict[str, Any]]) -> str:
    return written({"inline": True, "one_time": False, "buttons": [[{"action": one} for one in row] for row in rows]})


def reply_button(number: str, text: str) -> dict[str, str]:
    return {"type": "callback", "label": text, "payload": written({"button": f"42:{number}", "text": text})}


def attached(kind: AttachmentKind, media: int = 7, **more: Any) -> Attachment:
    return Attachment(**{"kind": kind, "media": media, "name": "f", "content_type": "x/y", "size": 5, **more})


HELLO = Content.plain("Привет")
SAYS_HELLO = sends(message="Привет")
TEN = [ReplyButton(id=f"b{number}", text=f"Да {number}") for number in range(10)]


def fails(name: str, reply: Reply, outcome: Outcome) -> Delivery:
    return Delivery(name, out(HELLO), [(SAYS_HELLO, reply)], outcome)


def said(name: str, content: Content, call: HttpCall) -> Delivery:
    return Delivery(name, out(content), [(call, took(801))], Sent("801"))


# ---- files

PHOTO_SERVER = (
    calls("photos.getMessagesUploadServer", peer_id="777"),
    took({"upload_url": "https://pu.vk.com/p", "album_id": -64, "user_id": 0, "group_id": GROUP}),
)
PHOTO_UP = [
    PHOTO_SERVER,
    (puts("https://pu.vk.com/p", "photo"), told(server=12, photo='[{"photo":"x"}]', hash="h")),
    (
        calls("photos.saveMessagesPhoto", photo='[{"photo":"x"}]', server="12", hash="h"),
        took([{"id": 45, "owner_id": -GROUP, "access_key": "acc"}]),
    ),
]
PHOTO = f"photo-{GROUP}_45_acc"
LOOK = sends(message="Вот", attachment=PHOTO)
PICTURE = out(Content.plain("Вот", attachments=[attached(IMAGE)]))
DOC_SERVER = (
    calls("docs.getMessagesUploadServer", type="doc", peer_id="777"),
    took({"upload_url": "https://pu.vk.com/d"}),
)
DOC_UP = [
    DOC_SERVER,
    (puts("https://pu.vk.com/d", "file"), told(file="777|1|x")),
    (calls("docs.save", file="777|1|x", title="f"), took({"type": "doc", "doc": {"id": 2, "owner_id": 777}})),
]
VOICE_UP = [
    (
        calls("docs.getMessagesUploadServer", type="audio_message", peer_id="777"),
        took({"upload_url": "https://pu.vk.com/d"}),
    ),
    (puts("https://pu.vk.com/d", "file"), told(file="777|1|x")),
    (
        calls("docs.save", file="777|1|x", title="f"),
        took({"type": "audio_message", "audio_message": {"id": 3, "owner_id": 777, "access_key": "k"}}),
    ),
]
GIF = attached(IMAGE, content_type="image/gif")

FILES = [
    Delivery("a picture, for the first time", PICTURE, [*PHOTO_UP, (LOOK, took(801))], Sent("801", {7: PHOTO})),
    Delivery(
        "a picture that VK has",
        out(Content.plain("Вот", attachments=[attached(IMAGE)]), file_ids={7: PHOTO}),
        [(LOOK, took(801))],
        Sent("801"),
    ),
    Delivery(
        "a picture that VK does not have any more",
        out(Content.plain("Вот", attachments=[attached(IMAGE)]), file_ids={7: "photo-1_1"}),
        [(sends(message="Вот", attachment="photo-1_1"), refused(100)), *PHOTO_UP, (LOOK, took(801))],
        Sent("801", {7: PHOTO}),
    ),
    *(
        Delivery(
            f"{kind}, which is a document there",
            out(Content(attachments=[attached(kind)])),
            [*DOC_UP, (sends(attachment="doc777_2"), took(801))],
            Sent("801", {7: "doc777_2"}),
        )
        for kind in (DOCUMENT, VIDEO)
    ),
    Delivery(
        "a moving picture",
        out(Content(attachments=[GIF])),
        [
            DOC_SERVER,
            (puts("https://pu.vk.com/d", "file", "image/gif"), told(file="777|1|x")),
            DOC_UP[2],
            (sends(attachment="doc777_2"), took(801)),
        ],
        Sent("801", {7: "doc777_2"}),
    ),
    Delivery(
        "voice",
        out(Content(attachments=[attached(VOICE)])),
        [*VOICE_UP, (sends(attachment="audio_message777_3_k"), took(801))],
        Sent("801", {7: "audio_message777_3_k"}),
    ),
    Delivery(
        "two files, one of which VK has",
        out(Content(attachments=[attached(IMAGE), attached(DOCUMENT, 8)]), file_ids={8: "doc1_1"}),
        [*PHOTO_UP, (sends(attachment=f"{PHOTO},doc1_1"), took(801))],
        Sent("801", {7: PHOTO}),
    ),
    Delivery(
        "a picture that is none",
        PICTURE,
        [PHOTO_SERVER, (puts("https://pu.vk.com/p", "photo"), told(server=12, photo="[]", hash="h"))],
        Rejected("file_refused"),
    ),
    Delivery(
        "a document that VK does not take",
        out(Content(attachments=[attached(DOCUMENT)])),
        [DOC_SERVER, (puts("https://pu.vk.com/d", "file"), told(error="no extension found"))],
        Rejected("file_refused"),
    ),
    Delivery(
        "a file that is too large",
        PICTURE,
        [PHOTO_SERVER, (puts("https://pu.vk.com/p", "photo"), Reply(413))],
        Rejected("file_too_large"),
    ),
    Delivery(
        "a file whose way up was cut: no message has left",
        PICTURE,
        [PHOTO_SERVER, (puts("https://pu.vk.com/p", "photo"), Reply(0, written=True, fault="cut"))],
        RetryAt(2, "cut"),
    ),
    Delivery(
        "an upload server in trouble",
        PICTURE,
        [PHOTO_SERVER, (puts("https://pu.vk.com/p", "photo"), Reply(502, b"<html>"))],
        RetryAt(2, "status_502"),
    ),
    Delivery(
        "an upload server that talks nonsense",
        PICTURE,
        [PHOTO_SERVER, (puts("https://pu.vk.com/p", "photo"), Reply(200, b"<html>"))],
        RetryAt(2, "unreadable_answer"),
    ),
    Delivery(
        "an upload server without an address",
        PICTURE,
        [(PHOTO_SERVER[0], took({}))],
        RetryAt(2, "unreadable_answer"),
    ),
    Delivery("files are not allowed", PICTURE, [(PHOTO_SERVER[0], refused(15))], Rejected("files_not_allowed")),
    Delivery(
        "a file for somebody who wants nothing",
        PICTURE,
        [(PHOTO_SERVER[0], refused(901))],
        Unreachable("not_allowed", blocked=True),
    ),
]

CARDS = [
    Card(title="Раз", text="первый", image=attached(IMAGE), buttons=[ReplyButton(id="one", text="Беру")]),
    Card(title="Два", image=attached(IMAGE), buttons=[UrlButton(text="Сайт", url="https://ex.am/x")]),
]
CAROUSEL = {
    "type": "carousel",
    "elements": [
        {
            "title": "Раз",
            "description": "первый",
            "photo_id": f"-{GROUP}_45",
            "buttons": [{"action": reply_button("one", "Беру")}],
            "action": {"type": "open_photo"},
        },
        {
            "title": "Два",
            "description": "Два",
            "photo_id": f"-{GROUP}_45",
            "buttons": [{"action": {"type": "open_link", "label": "Сайт", "link": "https://ex.am/x"}}],
            "action": {"type": "open_photo"},
        },
    ],
}
PLAIN_CARD = {"title": "Раз", "description": "первый", "buttons": []}

DELIVERIES = [
    said("words", HELLO, SAYS_HELLO),
    said(
        "buttons",
        Content.plain("Ну?", buttons=[TEN[0], UrlButton(text="Сайт", url="https://ex.am/x")]),
        sends(
            message="Ну?",
            keyboard=keyboard(
                [reply_button("b0", "Да 0")], [{"type": "open_link", "label": "Сайт", "link": "https://ex.am/x"}]
            ),
        ),
    ),
    said(
        "more buttons than rows",
        Content.plain("Ну?", buttons=TEN),
        sends(
            message="Ну?",
            keyboard=keyboard(
                *(
                    [reply_button(f"b{at}", f"Да {at}"), reply_button(f"b{at + 1}", f"Да {at + 1}")]
                    for at in range(0, 10, 2)
                )
            ),
        ),
    ),
    said(
        "a place asked for, which takes a whole row",
        Content.plain("Где?", buttons=[ShareLocationButton(text="Я здесь"), *TEN[:9], ShareLocationButton(text="Тут")]),
        sends(
            message="Где?",
            keyboard=keyboard(
                *([reply_button(f"b{one}", f"Да {one}") for one in range(at, min(at + 2, 9))] for at in range(0, 9, 2)),
                [{"type": "location"}],
            ),
        ),
    ),
    said("a place", Content(location=Location(latitude=1.5, longitude=2.5)), sends(lat="1.5", long="2.5")),
    said(
        "a place with a name",
        Content(location=Location(latitude=1.5, longitude=2.5, title="Кафе")),
        sends(message="Кафе", lat="1.5", long="2.5"),
    ),
    Delivery(
        "cards with pictures",
        out(Content(cards=CARDS)),
        [*PHOTO_UP, (sends(message="👇", template=written(CAROUSEL)), took(801))],
        Sent("801", {7: PHOTO}),
    ),
    said(
        "cards without",
        Content(cards=[Card(title="Раз", text="первый")]),
        sends(message="👇", template=written({"type": "carousel", "elements": [PLAIN_CARD]})),
    ),
    *FILES,
    fails("taken, in words that we do not know", took({"id": 1}), Sent()),
    fails("an answer that nobody can read may be an error", Reply(200, b"<html>"), RetryAt(2, "unreadable_answer")),
    fails("an answer that says nothing", Reply(200, b"{}"), RetryAt(2, "unreadable_answer")),
    fails("too many a second", refused(6), RetryAt(1, "too_many_requests", whole_channel=True)),
    fails("too many for this person", refused(9), RetryAt(600, "flood_control")),
    fails("too many a day", refused(29), RetryAt(3600, "rate_limit", whole_channel=True)),
    fails("an error of VK's own", refused(10), RetryAt(2, "internal_error")),
    fails("too slow there", refused(36), RetryAt(2, "timeout")),
    fails("trouble on the way", Reply(502, b"<html>"), RetryAt(2, "status_502")),
    fails("too many on the way", Reply(429, b"<html>"), RetryAt(1, "too_many_requests", whole_channel=True)),
    fails("refused on the way", Reply(414, b"<html>"), Rejected("status_414")),
    fails("nobody there", Reply(0, written=False, fault="refused"), RetryAt(5, "refused", True, counted=False)),
    fails("cut off: VK drops a repeat", Reply(0, written=True, fault="cut"), RetryAt(2, "cut")),
    fails("never allowed, or denied", refused(901), Unreachable("not_allowed", blocked=True)),
    fails("closed by the person", refused(902), Unreachable("privacy", blocked=True)),
    fails("deleted", refused(18), Unreachable("deactivated", blocked=True)),
    fails("on the community's black list", refused(900), Unreachable("blacklisted")),
    fails("nobody of this number", refused(936), Unreachable("unknown_person")),
    fails("no such chat", refused(945), Unreachable("no_chat")),
    *(fails(f"a dead token: {code}", refused(code), ChannelBroken("token_revoked")) for code in (5, 27)),
    *(fails(f"no right: {code}", refused(code), ChannelBroken("access_denied")) for code in (7, 15, 203)),
    fails("VK wants to see a person", refused(14), ChannelBroken("captcha_needed")),
    fails("the community's bot features are off", refused(912), ChannelBroken("bot_features_off")),
    fails("a bad keyboard", refused(911), Rejected("keyboard_invalid")),
    fails("too long", refused(914), Rejected("too_long")),
    fails("a bad parameter", refused(100, "One of the parameters"), Rejected("One of the parameters")),
    fails("an error without words", refused(4242, ""), Rejected("error_4242")),
]

TABLES = Tables(
    settings={"group_id": GROUP, "screen_name": "shop", "group_name": "Shop", "confirmation_code": "c0de"},
    secrets={"token": TOKEN},
    webhooks=WEBHOOKS,
    unreadable=UNREADABLE,
    deliveries=DELIVERIES,
    seal=by_vk,
)
