"""What a number's webhooks tell, and what Kaskad is to read in it: `whatsapp` holds the rest of its table."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from messenger_tables import Webhook
from messengers.content import AttachmentKind, Content, Location
from messengers.statuses import Status
from messengers.updates import (
    ButtonPressed,
    MessageDeleted,
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
TIME = str(int(AT.timestamp()))
WABA, NUMBER, ANN, BSUID = "2001", "1055", "79991234567", "RU.13491208655302741918"
WHO = Sender(ANN, "Ann", phone=f"+{ANN}", extra={"username": "ann", "user_id": BSUID})
NAMED = Sender(BSUID, "Ann", extra={"username": "ann", "user_id": BSUID})
CONTACT = {"profile": {"name": "Ann", "username": "ann"}, "wa_id": ANN, "user_id": BSUID}
METADATA = {"display_phone_number": "78001234567", "phone_number_id": NUMBER}


def body(field: str = "messages", **value: Any) -> dict[str, Any]:
    told = {"messaging_product": "whatsapp", "metadata": METADATA, **value}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": WABA, "changes": [{"field": field, "value": told}]}],
    }


def message(kind: str, **said: Any) -> dict[str, Any]:
    told = {"from": ANN, "from_user_id": BSUID, "id": "wamid.A", "timestamp": TIME, "type": kind, **said}
    return body(contacts=[CONTACT], messages=[told])


def nameless(**said: Any) -> dict[str, Any]:
    contact = {name: told for name, told in CONTACT.items() if name != "wa_id"}
    told = {"from_user_id": BSUID, "id": "wamid.A", "timestamp": TIME, "type": "text", **said}
    return body(contacts=[contact], messages=[told])


def status(name: str, **more: Any) -> dict[str, Any]:
    told = {"id": "wamid.B", "status": name, "timestamp": TIME, "recipient_id": ANN}
    return body(statuses=[{**told, "biz_opaque_callback_data": "kaskad:42", **more}])


def failed(code: int, **more: Any) -> dict[str, Any]:
    error = {"code": code, "title": "No", "message": "No", "error_data": {"details": "Not at all"}}
    return status("failed", errors=[error], **more)


def wish(value: str) -> dict[str, Any]:
    told = {"wa_id": ANN, "category": "marketing_messages", "value": value, "detail": "…", "timestamp": int(TIME)}
    return body("user_preferences", contacts=[CONTACT], user_preferences=[told])


def hears(name: str, told: Mapping[str, Any], *updates: Update) -> Webhook:
    return Webhook(name, told, "message:wamid.A", ANN, updates)


def learns(name: str, told: Mapping[str, Any], state: str, *updates: Update) -> Webhook:
    return Webhook(name, told, f"{state}:wamid.B", ANN, updates)


def wrote(content: Content | None, *files: RemoteFile) -> MessageReceived:
    return MessageReceived(WHO, "wamid.A", content, AT, files=files)


def receipt(became: Status, reason: str = "") -> ReceiptReceived:
    return ReceiptReceived(became, AT, (42,), reason=reason)


def media(kind: str, content_type: str, **more: Any) -> dict[str, Any]:
    return message(kind, **{kind: {"id": "MID", "mime_type": content_type, "sha256": "x", **more}})


def file(kind: AttachmentKind, content_type: str, name: str = "") -> RemoteFile:
    return RemoteFile(kind, "MID", name, content_type)


def reply(kind: str, name: str) -> dict[str, Any]:
    return message("interactive", interactive={"type": kind, kind: {"id": name, "title": "Yes"}})


PRESS = ButtonPressed(WHO, "wamid.A", 42, "yes", "Yes", AT)
AD = {"source_type": "ad", "source_id": "55", "source_url": "https://fb.me/x", "headline": "Sale", "ctwa_clid": "C"}
AD_CONTEXT = {"source": "ad", "ad_id": "55", "url": "https://fb.me/x", "headline": "Sale", "ctwa_clid": "C"}

WEBHOOKS = [
    hears("text", message("text", text={"body": "Hello *you*"}), wrote(Content.plain("Hello *you*"))),
    Webhook(
        "text of somebody whose phone is not told",
        nameless(text={"body": "Hello"}),
        "message:wamid.A",
        BSUID,
        [MessageReceived(NAMED, "wamid.A", Content.plain("Hello"), AT)],
    ),
    hears("a reply button", reply("button_reply", "42:yes"), PRESS),
    hears("a row of a list", reply("list_reply", "42:yes"), PRESS),
    hears("a button of a template", message("button", button={"payload": "42:yes", "text": "Yes"}), PRESS),
    hears(
        "a button of another program",
        message("button", button={"payload": "STOP", "text": "Stop"}),
        ButtonPressed(WHO, "wamid.A", None, "STOP", "Stop", AT),
    ),
    hears("a picture", media("image", "image/jpeg"), wrote(None, file(AttachmentKind.IMAGE, "image/jpeg"))),
    hears(
        "a picture and words",
        media("image", "image/jpeg", caption="Look"),
        wrote(Content.plain("Look"), file(AttachmentKind.IMAGE, "image/jpeg")),
    ),
    hears("a film", media("video", "video/mp4"), wrote(None, file(AttachmentKind.VIDEO, "video/mp4"))),
    hears("a song", media("audio", "audio/mpeg"), wrote(None, file(AttachmentKind.AUDIO, "audio/mpeg"))),
    hears(
        "a voice",
        media("audio", "audio/ogg; codecs=opus", voice=True),
        wrote(None, file(AttachmentKind.VOICE, "audio/ogg")),
    ),
    hears(
        "a paper",
        media("document", "application/pdf", filename="a.pdf"),
        wrote(None, file(AttachmentKind.DOCUMENT, "application/pdf", "a.pdf")),
    ),
    hears("a sticker", media("sticker", "image/webp"), wrote(None, file(AttachmentKind.IMAGE, "image/webp"))),
    hears(
        "a place",
        message("location", location={"latitude": 55.75, "longitude": 37.61, "name": "Cafe", "address": "Street 1"}),
        wrote(Content.plain("", location=Location(latitude=55.75, longitude=37.61, title="Cafe, Street 1"))),
    ),
    hears(
        "somebody's card",
        message("contacts", contacts=[{"name": {"formatted_name": "Bob"}, "phones": [{"phone": "+1 555"}]}]),
        wrote(Content.plain("Bob +1 555")),
    ),
    hears(
        "a message that an advertisement brought",
        message("text", text={"body": "How much?"}, referral=AD),
        Started(WHO, "start:wamid.A", AT, "", AD_CONTEXT),
        wrote(Content.plain("How much?")),
    ),
    hears(
        "what the API does not tell",
        message("unsupported", errors=[{"code": 131051, "title": "Unsupported"}]),
        wrote(Content.plain("[…]")),
    ),
    hears("an order", message("order", order={"catalog_id": "1"}), wrote(Content.plain("[…]"))),
    hears("a reaction", message("reaction", reaction={"message_id": "wamid.B", "emoji": "❤"})),
    hears(
        "changed words",
        message("edit", edit={"original_message_id": "wamid.0", "message": {"type": "text", "text": {"body": "new"}}}),
        MessageEdited(WHO, "wamid.0", Content.plain("new"), AT),
    ),
    hears(
        "taken back",
        message("revoke", revoke={"original_message_id": "wamid.0"}),
        MessageDeleted(WHO, "wamid.0", AT),
    ),
    hears(
        "another number",
        message("system", system={"type": "user_changed_number", "body": "…", "wa_id": "79990000000"}),
        SubscriptionChanged(WHO, "", "blocked", AT),
    ),
    hears("another key", message("system", system={"type": "customer_identity_changed", "body": "…"})),
    learns("sent", status("sent"), "sent", receipt(Status.SENT)),
    learns("delivered", status("delivered"), "delivered", receipt(Status.DELIVERED)),
    learns("read", status("read"), "read", receipt(Status.READ)),
    learns("played", status("played"), "played", receipt(Status.READ)),
    learns(
        "read, of what another program sent",
        status("read", biz_opaque_callback_data="campaign-7"),
        "read",
        ReceiptReceived(Status.READ, AT, (), ("wamid.B",)),
    ),
    learns("a status that we do not know", status("warning"), "warning"),
    learns("undeliverable", failed(131026), "failed", receipt(Status.UNREACHABLE, "undeliverable")),
    learns("the day was over", failed(131047), "failed", receipt(Status.REJECTED, "window_closed")),
    learns("enough marketing", failed(131049), "failed", receipt(Status.REJECTED, "marketing_cap")),
    learns("no money", failed(131042), "failed", receipt(Status.REJECTED, "payment_needed")),
    learns("a reason that we do not know", failed(999), "failed", receipt(Status.REJECTED, "Not at all")),
    learns("no reason", status("failed"), "failed", receipt(Status.REJECTED, "failed")),
    learns(
        "no more marketing",
        failed(131050),
        "failed",
        receipt(Status.UNREACHABLE, "stopped_marketing"),
        SubscriptionChanged(Sender(ANN), "", "unsubscribed", AT),
    ),
    Webhook(
        "wants no more of it",
        wish("stop"),
        "user_preferences::ecb2f1239534cdf187040d24",
        ANN,
        [SubscriptionChanged(WHO, "", "unsubscribed", AT)],
    ),
    Webhook(
        "wants it again",
        wish("resume"),
        "user_preferences::4f1f85a09ae9a53824c01254",
        ANN,
        [SubscriptionChanged(WHO, "", "active", AT)],
    ),
]

UNREADABLE: list[dict[str, Any]] = [
    {},
    {"entry": []},
    {"entry": [{"id": WABA, "changes": []}]},
    message("text", id=""),
    message("text", timestamp="soon"),
    message("location", location={"latitude": 555, "longitude": 1}),
    body(messages=[{"id": "wamid.A", "timestamp": TIME, "type": "text", "text": {"body": "from nobody"}}]),
    body(statuses=[{"id": "wamid.B", "timestamp": TIME}]),
]
