"""WhatsApp: webhooks as a number gets them, calls and answers of the Cloud API."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from messenger_tables import Delivery, Tables, whatsapp_account
from messenger_tables.signing import by_meta
from messenger_tables.whatsapp_webhooks import ANN, BSUID, NUMBER, UNREADABLE, WABA, WEBHOOKS
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
from messengers.content import Attachment, AttachmentKind, Card, Content, Location, ReplyButton, Template, UrlButton

TOKEN = "EAAtokenOfTheSystemUser1234567890"
APP_SECRET = "0123456789abcdef0123456789abcdef"
PROOF = hmac.new(APP_SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
API = f"https://graph.facebook.com/v23.0/{NUMBER}"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


def out(content: Content, to: str = ANN, **more: Any) -> Outgoing:
    return Outgoing(42, to, content, "42-0", **more)


def says(kind: str, what: Mapping[str, Any], **to: str) -> HttpCall:
    said = {"messaging_product": "whatsapp", "recipient_type": "individual", **(to or {"to": ANN})}
    said |= {"type": kind, kind: what, "biz_opaque_callback_data": "kaskad:42"}
    return HttpCall("POST", f"{API}/messages?appsecret_proof={PROOF}", json=said, headers=HEADERS)


def words(text: str, **to: str) -> HttpCall:
    return says("text", {"body": text, "preview_url": True}, **to)


def uploads(file: StoredFile) -> HttpCall:
    form = {"messaging_product": "whatsapp", "type": file.content_type}
    url = f"{API}/media?appsecret_proof={PROOF}"
    return HttpCall("POST", url, form=form, files={"file": file}, headers=HEADERS, timeout=120.0)


def interactive(kind: str, action: Mapping[str, Any], text: str = "Well?", **more: Any) -> HttpCall:
    return says("interactive", {"type": kind, **more, "body": {"text": text}, "action": action})


def took(name: str = "wamid.B") -> Reply:
    told = {"messaging_product": "whatsapp", "contacts": [{"input": ANN, "wa_id": ANN}], "messages": [{"id": name}]}
    return Reply(200, json.dumps(told).encode())


def named(name: str = "555") -> Reply:
    return Reply(200, json.dumps({"id": name}).encode())


def refused(code: int, status: int = 400, **more: Any) -> Reply:
    told = {"message": "No", "type": "OAuthException", "code": code, "fbtrace_id": "A", **more}
    return Reply(status, json.dumps({"error": told}).encode())


def sends(name: str, what: Outgoing, call: HttpCall) -> Delivery:
    return Delivery(name, what, [(call, took())], Sent("wamid.B"))


HELLO = Content.plain("Hello")
SAYS_HELLO = words("Hello")
YES, NO = ReplyButton(id="yes", text="Yes"), ReplyButton(id="no", text="No")
SITE = UrlButton(text="Site", url="https://ex.am/x")  # type: ignore[arg-type]
YES_BUTTON = {"type": "reply", "reply": {"id": "42:yes", "title": "Yes"}}
NO_BUTTON = {"type": "reply", "reply": {"id": "42:no", "title": "No"}}


def fails(name: str, reply: Reply, outcome: Outcome) -> Delivery:
    return Delivery(name, out(HELLO), [(SAYS_HELLO, reply)], outcome)


def attached(kind: AttachmentKind, media: int = 7, **more: Any) -> Attachment:
    return Attachment(**{"kind": kind, "media": media, "name": "f.bin", "content_type": "x/y", "size": 5, **more})


FILE = StoredFile(7, "f.bin", "x/y")
IMAGE, DOCUMENT = AttachmentKind.IMAGE, AttachmentKind.DOCUMENT
PICTURE = out(Content(attachments=[attached(IMAGE)]))
SHOWN = {
    IMAGE: ("image", {"id": "555"}),
    AttachmentKind.VIDEO: ("video", {"id": "555"}),
    AttachmentKind.AUDIO: ("audio", {"id": "555"}),
    AttachmentKind.VOICE: ("audio", {"id": "555", "voice": True}),
    DOCUMENT: ("document", {"id": "555", "filename": "f.bin"}),
}
TOO_MANY = RetryAt(10, "too_many_requests", True)
NO_RIGHTS = ChannelBroken("rights_missing")
FATES = {
    **dict.fromkeys((4, 17, 32, 613, 80007, 130429, 133016), TOO_MANY),
    131056: RetryAt(4, "pair_limit"),
    131048: RetryAt(21600, "spam_limit", True),
    131064: RetryAt(3600, "messaging_limit"),
    131049: RetryAt(86400, "marketing_cap"),
    131021: Unreachable("own_number"),
    131026: Unreachable("undeliverable"),
    131030: Unreachable("not_in_test_list"),
    131050: Unreachable("stopped_marketing"),
    130497: Unreachable("country_restricted"),
    130472: Rejected("experiment_group"),
    131062: Rejected("phone_needed"),
    131047: Rejected("window_closed"),
    131063: Rejected("marketing_api_needed"),
    **dict.fromkeys((131008, 131009), Rejected("bad_message")),
    131051: Rejected("kind_not_supported"),
    **dict.fromkeys((131052, 131053), Rejected("file_not_taken")),
    **dict.fromkeys((132000, 132008, 132012, 132018), Rejected("template_gaps")),
    132001: Rejected("no_such_template"),
    132005: Rejected("template_too_long"),
    132007: Rejected("template_against_rules"),
    132015: Rejected("template_paused"),
    132016: Rejected("template_disabled"),
    132068: Rejected("flow_blocked"),
    132069: Rejected("flow_throttled"),
    **dict.fromkeys((0, 102, 190), ChannelBroken("token_revoked")),
    **dict.fromkeys((3, 10, 200, 299, 131005), NO_RIGHTS),
    131031: ChannelBroken("account_locked"),
    131037: ChannelBroken("display_name_needed"),
    131042: ChannelBroken("payment_needed"),
    **dict.fromkeys((131045, 133010), ChannelBroken("number_not_registered")),
    368: ChannelBroken("blocked_by_meta"),
    **{code: RetryAt(5, f"error_{code}") for code in (1, 2, 131000, 131016, 131057, 133004)},
    **dict.fromkeys((100, 135000), Rejected("No")),
}
FAULTS = [
    *(fails(f"error {code}", refused(code), outcome) for code, outcome in FATES.items()),
    fails("refused, and why", refused(100, error_data={"details": "Too long"}), Rejected("Too long")),
    fails("taken, in words that we do not know", Reply(200, b"<html>"), Sent()),
    fails("too many, in no words", Reply(429, b""), TOO_MANY),
    fails("an error of theirs", refused(99, 500), RetryAt(5, "status_500")),
    fails("trouble that will pass", refused(99, is_transient=True), RetryAt(5, "error_99")),
    fails("trouble, and no JSON", Reply(502, b"<html>"), RetryAt(5, "status_502")),
    fails("somebody on the way refuses", Reply(403, b"<html>"), Rejected("status_403")),
    fails("somebody on the way lost patience", Reply(504, b"<html>"), Uncertain("status_504")),
    fails("nobody there", Reply(0, written=False, fault="refused"), RetryAt(5, "refused", True, counted=False)),
    fails("cut off", Reply(0, written=True, fault="cut"), Uncertain("cut")),
]


def picture_fails(name: str, reply: Reply, outcome: Outcome) -> Delivery:
    return Delivery(name, PICTURE, [(uploads(FILE), reply)], outcome)


FILES = [
    *(
        Delivery(
            f"{kind}, for the first time",
            out(Content(attachments=[attached(kind)])),
            [(uploads(FILE), named()), (says(*shown), took())],
            Sent("wamid.B", {7: "555"}),
        )
        for kind, shown in SHOWN.items()
    ),
    sends(
        "a picture that Meta has, and words",
        out(Content(text="*Tea*", attachments=[attached(IMAGE)]), file_ids={7: "known"}),
        says("image", {"id": "known", "caption": "*Tea*"}),
    ),
    Delivery(
        "a file that Meta has forgotten",
        out(Content(attachments=[attached(IMAGE)]), file_ids={7: "old"}),
        [
            (says("image", {"id": "old"}), refused(131053)),
            (uploads(FILE), named()),
            (says("image", {"id": "555"}), took()),
        ],
        Sent("wamid.B", {7: "555"}),
    ),
    Delivery(
        "a file that went up, of a message that could not leave",
        PICTURE,
        [(uploads(FILE), named()), (says("image", {"id": "555"}), refused(131056))],
        RetryAt(4, "pair_limit", file_ids={7: "555"}),
    ),
    Delivery(
        "a message about a file, cut off",
        PICTURE,
        [(uploads(FILE), named()), (says("image", {"id": "555"}), Reply(0, written=True, fault="cut"))],
        Uncertain("cut"),
    ),
    picture_fails("an upload that was cut", Reply(0, written=True, fault="cut"), RetryAt(5, "cut")),
    picture_fails(
        "nobody there to take the file",
        Reply(0, written=False, fault="refused"),
        RetryAt(5, "refused", True, counted=False),
    ),
    picture_fails("a file that Meta refuses", refused(131053), Rejected("file_not_taken")),
    picture_fails("an upload answered in strange words", Reply(200, b"{}"), RetryAt(5, "upload_unreadable")),
]

TEA = Card(
    title="Tea", text="Green", image=attached(IMAGE), buttons=[ReplyButton(id="tea", text="I would like this tea")]
)
COFFEE = Card(title="Coffee", text="Black", image=attached(IMAGE, 8), buttons=[ReplyButton(id="coffee", text="Buy")])


def card(number: int, name: str, text: str, action: Mapping[str, Any]) -> dict[str, Any]:
    header = {"type": "image", "image": {"id": name}}
    return {"card_index": number, "type": "cta_url", "body": {"text": text}, "header": header, "action": action}


def quick(name: str, title: str) -> dict[str, Any]:
    return {"buttons": [{"type": "quick_reply", "quick_reply": {"id": f"42:{name}", "title": title}}]}


LINK = {"name": "cta_url", "parameters": {"display_text": "Site", "url": "https://ex.am/x"}}
PROMO = Template(name="promo", language="ru", body=["Ann", "10%"], urls={1: "tail"})
HEADED = Template(name="promo", language="ru", header=["May"])
GAPS = {"type": "body", "parameters": [{"type": "text", "text": "Ann"}, {"type": "text", "text": "10%"}]}


def template(*components: Mapping[str, Any]) -> HttpCall:
    told: dict[str, Any] = {"name": "promo", "language": {"code": "ru"}}
    return says("template", told | ({"components": list(components)} if components else {}))


def pushes(place: int, kind: str, **parameter: str) -> dict[str, Any]:
    return {"type": "button", "sub_type": kind, "index": str(place), "parameters": [parameter]}


MESSAGES = [
    sends("words", out(HELLO), SAYS_HELLO),
    sends("words to who has no phone", out(HELLO, BSUID), words("Hello", recipient=BSUID)),
    sends(
        "words with marks",
        out(Content(text="*Bold\nstill* _so_ ~no~ `x` [site](https://ex.am/x) \\*so\\*")),
        words("*Bold*\n*still* _so_ ~no~ ```x``` site (https://ex.am/x) *so*"),
    ),
    sends(
        "two buttons",
        out(Content.plain("Well?", buttons=[YES, NO])),
        interactive("button", {"buttons": [YES_BUTTON, NO_BUTTON]}),
    ),
    sends(
        "four buttons are a list",
        out(Content.plain("Well?", buttons=[ReplyButton(id=f"b{n}", text=f"B{n}") for n in range(4)])),
        interactive(
            "list",
            {"button": "👇", "sections": [{"rows": [{"id": f"42:b{n}", "title": f"B{n}"} for n in range(4)]}]},
        ),
    ),
    sends("an address", out(Content.plain("Well?", buttons=[SITE])), interactive("cta_url", LINK)),
    sends(
        "a picture with a button",
        out(Content.plain("Well?", attachments=[attached(IMAGE)], buttons=[YES]), file_ids={7: "known"}),
        interactive("button", {"buttons": [YES_BUTTON]}, header={"type": "image", "image": {"id": "known"}}),
    ),
    sends(
        "a place",
        out(Content(location=Location(latitude=55.75, longitude=37.61, title="Cafe"))),
        says("location", {"latitude": 55.75, "longitude": 37.61, "name": "Cafe"}),
    ),
    sends(
        "a carousel",
        out(Content(cards=[TEA, COFFEE]), file_ids={7: "one", 8: "two"}),
        interactive(
            "carousel",
            {
                "cards": [
                    card(0, "one", "*Tea*\nGreen", quick("tea", "I would like this t…")),
                    card(1, "two", "*Coffee*\nBlack", quick("coffee", "Buy")),
                ]
            },
            "👇",
        ),
    ),
    sends(
        "a carousel of addresses",
        out(
            Content(cards=[one.model_copy(update={"buttons": [SITE]}) for one in (TEA, COFFEE)]),
            file_ids={7: "one", 8: "two"},
        ),
        interactive(
            "carousel", {"cards": [card(0, "one", "*Tea*\nGreen", LINK), card(1, "two", "*Coffee*\nBlack", LINK)]}, "👇"
        ),
    ),
    sends("a bare template", out(Content(text="Hi", template=Template(name="promo", language="ru"))), template()),
    sends(
        "a template with all its parts",
        out(
            Content(text="Hi", template=PROMO, attachments=[attached(IMAGE)], buttons=[YES, NO]),
            file_ids={7: "known"},
        ),
        template(
            {"type": "header", "parameters": [{"type": "image", "image": {"id": "known"}}]},
            GAPS,
            pushes(0, "quick_reply", type="payload", payload="42:yes"),
            pushes(1, "url", type="text", text="tail"),
            pushes(2, "quick_reply", type="payload", payload="42:no"),
        ),
    ),
    sends(
        "a template whose replies stand between others",
        out(Content(text="Hi", template=Template(name="promo", language="ru", replies=[1]), buttons=[YES])),
        template(pushes(1, "quick_reply", type="payload", payload="42:yes")),
    ),
    sends(
        "a template whose gaps have names",
        out(
            Content(
                text="Hi",
                template=Template(
                    name="promo",
                    language="ru",
                    header=["May"],
                    header_names=["month"],
                    body=["Ann"],
                    body_names=["first_name"],
                ),
            )
        ),
        template(
            {"type": "header", "parameters": [{"type": "text", "parameter_name": "month", "text": "May"}]},
            {"type": "body", "parameters": [{"type": "text", "parameter_name": "first_name", "text": "Ann"}]},
        ),
    ),
    sends(
        "a template with words on top",
        out(Content(text="Hi", template=HEADED)),
        template({"type": "header", "parameters": [{"type": "text", "text": "May"}]}),
    ),
]

TABLES = Tables(
    settings={"app_id": "900900", "phone_number_id": NUMBER, "waba_id": WABA, "phone": "+7 800 123-45-67"},
    secrets={"token": TOKEN, "app_secret": APP_SECRET},
    webhooks=[*WEBHOOKS, *whatsapp_account.WEBHOOKS],
    unreadable=[*UNREADABLE, *whatsapp_account.UNREADABLE],
    deliveries=[*MESSAGES, *FILES, *FAULTS],
    sign=by_meta,
)
