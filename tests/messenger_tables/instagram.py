"""Instagram: what its table adds to Messenger's, whose calls and answers it shares."""

from messenger_tables import Delivery, Tables
from messenger_tables.instagram_webhooks import SHOP, UNREADABLE, WEBHOOKS
from messenger_tables.messenger import (
    FATES,
    FILE,
    HELLO,
    IMAGE,
    PICTURE,
    SAYS_HELLO,
    SECRETS,
    SITE,
    YES,
    fails,
    out,
    refused,
    says,
    sends,
    shows,
    template,
    took,
    uploads,
)
from messenger_tables.signing import by_meta
from messengers.adapter import ChannelBroken, Rejected, Sent, Unreachable
from messengers.content import Content

DELIVERIES = [
    sends("words", out(HELLO), SAYS_HELLO),
    sends(
        "reply buttons",
        out(Content.plain("Well?", buttons=[YES])),
        says({"text": "Well?", "quick_replies": [{"content_type": "text", "title": "Yes", "payload": "42:yes"}]}),
    ),
    sends(
        "a button that opens a page",
        out(Content.plain("Well?", buttons=[SITE])),
        says(
            template(
                template_type="button",
                text="Well?",
                buttons=[{"type": "web_url", "title": "Site", "url": "https://ex.am/x"}],
            )
        ),
    ),
    Delivery(
        f"{IMAGE}, for the first time",
        PICTURE,
        [(uploads("image", FILE, "instagram"), took(attachment_id="555")), (shows("image", "555"), took())],
        Sent("m_77", {7: "555"}),
    ),
    fails("the day is over, in Instagram's number", refused(10, 2534022), Rejected("window_closed")),
    fails("nobody of that id, in Instagram's number", refused(100, 2534014), Unreachable("never_started")),
    fails("messages are not allowed in the app", refused(200, 2534037), ChannelBroken("messages_not_allowed")),
    *FATES,
]

TABLES = Tables(
    settings={"app_id": "900900", "page_id": "1055", "page_name": "Shop", "account_id": SHOP, "username": "shop"},
    secrets=SECRETS,
    webhooks=WEBHOOKS,
    unreadable=UNREADABLE,
    deliveries=DELIVERIES,
    sign=by_meta,
)
