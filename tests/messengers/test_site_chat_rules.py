"""What the site chat decides by itself: sites, updates, files' addresses, how light it is."""

import gzip
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from messengers.adapter import ChannelFacts, Outgoing, PushCall, Reply, Sent
from messengers.adapters.site_chat import SiteChat
from messengers.content import Content
from messengers.site_chat.origins import OriginError, is_allowed, normalise_origin
from messengers.site_chat.spans import spans
from messengers.statuses import Status
from messengers.updates import ButtonPressed, MessageReceived, ReceiptReceived, Sender, Started

CHANNEL = ChannelFacts("k" * 20, {}, {})
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
BASE = {"visitor": "v_0123456789", "at": AT.isoformat()}
VISITOR = Sender("v_0123456789")


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("shop.example", "https://shop.example"),
        (" HTTPS://Shop.Example/catalog?x=1 ", "https://shop.example"),
        ("http://shop.example:8080", "http://shop.example:8080"),
        ("https://shop.example:443", "https://shop.example"),
        ("магазин.рф", "https://xn--80aairftm.xn--p1ai"),
        ("*.shop.example", "https://*.shop.example"),
        ("localhost:3000", "https://localhost:3000"),
    ],
)
def test_a_site_is_kept_as_browsers_name_it(typed: str, origin: str) -> None:
    assert normalise_origin(typed) == origin


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("shop", "incomplete"),
        ("*.com", "too_wide"),
        ("*", "invalid"),
        ("ftp://shop.example", "scheme"),
        ("https://a b.example", "invalid"),
        ("https://user@shop.example", "invalid"),
        ("shop.example:port", "invalid"),
        ("https://", "invalid"),
        ("a.*.example", "invalid"),
    ],
)
def test_what_is_no_site_is_said(typed: str, code: str) -> None:
    with pytest.raises(OriginError) as caught:
        normalise_origin(typed)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://shop.example", True),
        ("https://www.shop.example", True),
        ("https://a.b.shop.example", True),
        ("http://shop.example", False),
        ("https://shop.example:8443", False),
        ("https://evilshop.example", False),
        ("https://shop.example.evil.example", False),
        ("https://evil.example/.shop.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_only_listed_sites_are_let_in(origin: str, allowed: bool) -> None:
    assert is_allowed(origin, ["https://shop.example", "https://*.shop.example"]) is allowed


UPDATES: list[tuple[dict[str, Any], str, Any]] = [
    (
        {"type": "started", "language": "ru", "context": {"page": "/"}},
        "started:v_0123456789",
        Started(Sender("v_0123456789", language="ru"), "started:v_0123456789", AT, context={"page": "/"}),
    ),
    (
        {"type": "message", "client_id": "0123456789", "text": "*Hi*"},
        "v_0123456789:0123456789",
        MessageReceived(VISITOR, "v_0123456789:0123456789", Content.plain("*Hi*"), AT, "0123456789"),
    ),
    (
        {"type": "message", "client_id": "0123456789", "text": "+79123456789", "phone": "+79123456789"},
        "v_0123456789:0123456789",
        MessageReceived(
            Sender("v_0123456789", phone="+79123456789"),
            "v_0123456789:0123456789",
            Content.plain("+79123456789"),
            AT,
            "0123456789",
        ),
    ),
    (
        {"type": "button", "client_id": "press-007", "message_id": 7, "button_id": "a", "text": "Boots"},
        "v_0123456789:press-007",
        ButtonPressed(VISITOR, "v_0123456789:press-007", 7, "a", "Boots", AT, "press-007"),
    ),
    (
        {"type": "receipt", "status": "read", "message_ids": [2, 1]},
        "read:v_0123456789:f2d1a3e8b1a0d7d2",
        ReceiptReceived(Status.READ, AT, (2, 1), sender=VISITOR),
    ),
]


@pytest.mark.parametrize(("body", "update_id", "update"), UPDATES)
def test_what_the_door_stored_is_read(body: dict[str, Any], update_id: str, update: Any) -> None:
    adapter = SiteChat()

    assert adapter.parse(CHANNEL, BASE | body) == [update]
    assert adapter.sender_key(BASE | body) == "v_0123456789"
    found = adapter.update_id(BASE | body)
    assert found.startswith(update_id.rsplit(":", 1)[0])
    assert body["type"] == "receipt" or found == update_id


def test_the_same_receipt_twice_is_one_update() -> None:
    receipt = BASE | {"type": "receipt", "status": "read"}
    ids = [SiteChat().update_id(receipt | {"message_ids": ids}) for ids in ([1, 2], [2, 1], [1, 3])]

    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(
    "body", [{"type": "dance"}, {"type": "message", "client_id": "0123456789"}, {"type": "button"}]
)
def test_what_cannot_be_read_is_an_error(body: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        SiteChat().parse(CHANNEL, BASE | body)


def test_sending_is_one_push() -> None:
    steps = SiteChat().send(CHANNEL, Outgoing(7, "v_0123456789", Content(text="Hi"), "7-0"))

    assert next(steps) == PushCall("k" * 20, "v_0123456789", 7)
    with pytest.raises(StopIteration) as end:
        steps.send(Reply(200, fault="no Valkey"))
    assert end.value.value == Sent()


def test_markup_and_addresses_become_pieces_and_scripts_do_not() -> None:
    text = "*Bold* https://a.example/x_y, [here](javascript:alert) [there](https://b.example)"

    assert spans(Content(text=text)) == [
        {"text": "Bold", "styles": ["bold"]},
        {"text": " "},
        {"text": "https://a.example/x_y", "href": "https://a.example/x_y"},
        {"text": ", here "},
        {"text": "there", "href": "https://b.example"},
    ]
    assert spans(Content.plain("*no*")) == [{"text": "*no*"}]


def test_the_widget_is_light_and_made_for_other_sites() -> None:
    loader = Client().get("/chat.js")
    text = loader.content.decode()
    start = text.index("/chat/panel.")
    address = text[start : text.index(".js", start) + 3]
    panel = Client().get(address)

    assert len(gzip.compress(loader.content)) < 5_000
    assert len(gzip.compress(loader.content)) + len(gzip.compress(panel.content)) < 40_000
    for answer in (loader, panel):
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "immutable" in panel["Cache-Control"]
    assert loader["Cache-Control"] == "public, max-age=300"
    assert Client().get("/chat.js", headers={"If-None-Match": loader["ETag"]}).status_code == 304
    assert settings.WIDGET_DIR.exists()


def test_a_panel_of_yesterday_is_not_kept() -> None:
    assert Client().get("/chat/panel.0123456789abcdef.js")["Cache-Control"] == "no-store"
