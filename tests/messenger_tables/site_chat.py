"""The site chat: bodies as its own door stores them, pushes as the driver carries them."""

from datetime import UTC, datetime

from messenger_tables import Delivery, Tables, Webhook
from messengers.adapter import Outgoing, PushCall, Reply, Sent
from messengers.content import Attachment, AttachmentKind, Content, ReplyButton
from messengers.statuses import Status
from messengers.updates import ButtonPressed, MessageReceived, ReceiptReceived, Sender, Started

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
VISITOR = "visitor-12345"
FROM = {"visitor": VISITOR, "at": "2026-05-01T12:00:00Z"}
PHOTO = Attachment(kind=AttachmentKind.IMAGE, media=7, name="photo.png", content_type="image/png", size=500)

TABLES = Tables(
    settings={"origins": ["https://shop.example"]},
    secrets={},
    webhooks=[
        Webhook(
            "opened for the first time",
            {**FROM, "type": "started", "language": "ru", "context": {"page": "https://shop.example/"}},
            f"started:{VISITOR}",
            VISITOR,
            [
                Started(
                    Sender(VISITOR, language="ru"),
                    f"started:{VISITOR}",
                    NOON,
                    context={"page": "https://shop.example/"},
                )
            ],
        ),
        Webhook(
            "a word: stars in it are stars",
            {**FROM, "type": "message", "client_id": "client-1", "text": "2 * 3 * 4"},
            f"{VISITOR}:client-1",
            VISITOR,
            [
                MessageReceived(
                    Sender(VISITOR), f"{VISITOR}:client-1", Content.plain("2 * 3 * 4"), NOON, client_id="client-1"
                )
            ],
        ),
        Webhook(
            "a photo and a phone number",
            {
                **FROM,
                "type": "message",
                "client_id": "client-2",
                "attachments": [PHOTO.model_dump(mode="json")],
                "phone": "+79000000000",
            },
            f"{VISITOR}:client-2",
            VISITOR,
            [
                MessageReceived(
                    Sender(VISITOR, phone="+79000000000"),
                    f"{VISITOR}:client-2",
                    Content.plain("", attachments=[PHOTO]),
                    NOON,
                    client_id="client-2",
                )
            ],
        ),
        Webhook(
            "a button",
            {**FROM, "type": "button", "client_id": "client-3", "message_id": 5, "button_id": "yes", "text": "Yes"},
            f"{VISITOR}:client-3",
            VISITOR,
            [ButtonPressed(Sender(VISITOR), f"{VISITOR}:client-3", 5, "yes", "Yes", NOON, client_id="client-3")],
        ),
        Webhook(
            "a receipt for two messages",
            {**FROM, "type": "receipt", "status": "read", "message_ids": [5, 6]},
            f"read:{VISITOR}:e96f71a6079688ae6f7063cb93d59d5d",
            VISITOR,
            [ReceiptReceived(Status.READ, NOON, (5, 6), sender=Sender(VISITOR))],
        ),
    ],
    unreadable=[
        {},
        {**FROM, "type": "riddle"},
        {**FROM, "type": "message", "client_id": "client-4", "text": ""},
        {**FROM, "type": "message", "client_id": "client-4", "text": "x" * 5000},
        {**FROM, "type": "receipt", "status": "rejected", "message_ids": [5]},
        {**FROM, "type": "receipt", "status": "read", "message_ids": []},
        {"visitor": "short", "at": "2026-05-01T12:00:00Z", "type": "started"},
        {"visitor": VISITOR, "at": "yesterday", "type": "started"},
    ],
    deliveries=[
        Delivery(
            "whoever holds the visitor's socket is told",
            Outgoing(9, VISITOR, Content(text="*Hi*", buttons=[ReplyButton(id="a", text="A")]), "9-0"),
            [(PushCall("key", VISITOR, 9), Reply(200))],
            Sent(),
        ),
    ],
)
