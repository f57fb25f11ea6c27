"""What an Instagram account's webhooks tell, where that is not what a Page's do: `messenger_webhooks` has the words."""

from typing import Any

from messenger_tables.messenger_webhooks import ANN, AT, IMAGE, TIME, UNREADABLE, WHO, attached, hears, wrote
from messenger_tables.messenger_webhooks import body as page_body
from messengers.content import Content
from messengers.statuses import Status
from messengers.updates import (
    ButtonPressed,
    MemberWrote,
    MessageDeleted,
    ReceiptReceived,
    RemoteFile,
    Started,
)

SHOP = "17841400000001"


def body(**event: Any) -> dict[str, Any]:
    return page_body("instagram", SHOP, **event)


def message(**said: Any) -> dict[str, Any]:
    return body(message={"mid": "m_1", **said})


def echo(**said: Any) -> dict[str, Any]:
    return body(sender={"id": SHOP}, recipient={"id": ANN}, message={"mid": "m_9", "is_echo": True, **said})


WEBHOOKS = [
    hears("text", message(text="Hello"), "message:m_1", wrote(Content.plain("Hello"))),
    hears(
        "a quick reply",
        message(text="Yes", quick_reply={"payload": "42:yes"}),
        "message:m_1",
        ButtonPressed(WHO, "m_1", 42, "yes", "Yes", AT),
    ),
    hears(
        "a question to begin with",
        body(postback={"mid": "m_3", "title": "Prices?", "payload": "PRICES"}),
        "postback:m_3",
        ButtonPressed(WHO, "m_3", None, "PRICES", "Prices?", AT),
    ),
    hears(
        "a first message after a link",
        message(text="Hello", referral={"ref": "promo", "source": "IGME-SOURCE-LINK", "type": "OPEN_THREAD"}),
        "message:m_1",
        Started(WHO, "start:m_1", AT, "promo", {"source": "IGME-SOURCE-LINK", "type": "OPEN_THREAD"}),
        wrote(Content.plain("Hello")),
    ),
    hears(
        "a link opened by who is known",
        body(referral={"ref": "promo", "source": "IGME-SOURCE-LINK", "type": "OPEN_THREAD"}),
        f"referral:{ANN}:{TIME}::{ANN}",
        Started(WHO, f"start:{ANN}:{TIME}", AT, "promo", {"source": "IGME-SOURCE-LINK", "type": "OPEN_THREAD"}),
    ),
    hears(
        "a picture",
        message(attachments=[attached("image", url="https://cdn.ex/1")]),
        "message:m_1",
        wrote(None, RemoteFile(IMAGE, "https://cdn.ex/1")),
    ),
    hears(
        "a post that was shared",
        message(attachments=[attached("ig_post", ig_post_media_id="18", title="New tea", url="https://cdn.ex/p")]),
        "message:m_1",
        wrote(Content.plain("↪ New tea https://cdn.ex/p")),
    ),
    hears(
        "a story that names us",
        message(attachments=[attached("story_mention", url="https://cdn.ex/s")]),
        "message:m_1",
        wrote(Content.plain("↪ https://cdn.ex/s")),
    ),
    hears(
        "an answer to a story",
        message(text="Nice!", reply_to={"story": {"url": "https://cdn.ex/s", "id": "1"}}),
        "message:m_1",
        wrote(Content.plain("↪ https://cdn.ex/s\nNice!")),
    ),
    hears(
        "an answer to a message",
        message(text="Yes", reply_to={"mid": "m_0"}),
        "message:m_1",
        wrote(Content.plain("Yes")),
    ),
    hears("what the API does not tell", message(is_unsupported=True), "message:m_1", wrote(Content.plain("[…]"))),
    hears("taken back", message(is_deleted=True), "deleted:m_1", MessageDeleted(WHO, "m_1", AT)),
    hears(
        "read, by the last message's name",
        body(read={"mid": "m_9"}),
        f"read:{ANN}:{TIME}::m_9",
        ReceiptReceived(Status.READ, AT, sender=WHO, until=AT),
    ),
    hears("an echo of what we sent", echo(app_id=900900, text="Hi"), "message:m_9"),
    hears("an echo with our mark", echo(metadata="kaskad:42", text="Hi"), "message:m_9"),
    hears(
        "what somebody wrote in the app",
        echo(text="I am on it"),
        "message:m_9",
        MemberWrote(WHO, "m_9", Content.plain("I am on it"), AT, perhaps_ours=True),
    ),
    hears("what we took back", echo(is_deleted=True), "deleted:m_9"),
    hears(
        "a reaction",
        body(reaction={"mid": "m_9", "action": "react", "reaction": "love", "emoji": "❤"}),
        f"reaction:{ANN}:{TIME}:react:m_9",
    ),
]

__all__ = ["SHOP", "UNREADABLE", "WEBHOOKS", "body", "echo", "message"]
