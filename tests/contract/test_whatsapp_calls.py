"""Every call for WhatsApp is one that the Cloud API takes, and every webhook of the table one that it sends."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft202012Validator

from messenger_tables import Webhook
from messenger_tables.whatsapp import APP_SECRET, TABLES
from messenger_tables.whatsapp_webhooks import NUMBER, WABA
from messengers import registry
from messengers.adapter import ChannelFacts, HookExpected, HttpCall, IncomingRequest, RefusedError, Reply

SPECIFICATIONS = Path(__file__).parents[3] / "shared/platforms/specs"
WHATSAPP = registry.messenger("whatsapp")
CHANNEL = ChannelFacts("key", TABLES.settings, TABLES.secrets, "https://kaskad.example/hooks/whatsapp/key")
CALLS = [
    pytest.param(call, id=row.name)
    for row in TABLES.deliveries
    for call, _reply in row.exchange
    if isinstance(call, HttpCall) and call.json is not None
]
# What the description leaves out: wishes, templates' news, and kinds of messages that came after it.
LATER = {"contacts", "order", "system", "unsupported", "edit", "revoke"}


def read(name: str) -> Any:
    file = SPECIFICATIONS / name
    if not file.exists():
        pytest.skip(f"Meta's description is not on this machine: {file}")
    return json.loads(file.read_text())


@pytest.fixture(scope="module")
def schema() -> Mapping[str, Any]:
    found: Mapping[str, Any] = read("whatsapp_cloud_api.schema.json")["$defs"]
    return found


def problems(schema: Mapping[str, Any], name: str, body: Any) -> list[str]:
    validator = Draft202012Validator({"$defs": schema, "$ref": f"#/$defs/{name}"})
    return [error.message for error in validator.iter_errors(body)]


@pytest.mark.parametrize("call", CALLS)
def test_messages_are_written_as_described(schema: Mapping[str, Any], call: HttpCall) -> None:
    assert urlsplit(call.url).path == f"/v23.0/{NUMBER}/messages"
    assert problems(schema, "Message", call.json) == []


def test_a_wrong_name_would_be_seen(schema: Mapping[str, Any]) -> None:
    said = {"messaging_product": "whatsapp", "to": "7", "type": "text", "text": {"body": "x"}}
    assert problems(schema, "Message", said) == []
    assert problems(schema, "Message", {**said, "txt": 1})
    assert problems(schema, "Message", {**said, "text": {"words": "x"}})


def described(row: Webhook) -> bool:
    change = row.body["entry"][0]["changes"][0]
    kinds = {one["type"] for one in change["value"].get("messages", ())}
    return change["field"] == "messages" and not kinds & LATER


@pytest.mark.parametrize("row", [*filter(described, TABLES.webhooks)], ids=lambda row: row.name)
def test_webhooks_are_as_described(schema: Mapping[str, Any], row: Webhook) -> None:
    told = problems(schema, "WebhookPayload", row.body)
    assert [problem for problem in told if "warning" not in problem] == []


def test_signatures_are_the_published_ones() -> None:
    for vector in read("signature_vectors.json")["vectors"]["meta_x_hub_signature_256"]:
        channel = ChannelFacts("key", {}, {"app_secret": vector["app_secret"], "token": "t"})
        body = vector["body"].encode()
        WHATSAPP.verify(channel, IncomingRequest("POST", {"X-Hub-Signature-256": vector["header"]}, {}, body))
        for given in ({}, {"x-hub-signature-256": vector["header"].upper()}):
            with pytest.raises(RefusedError):
                WHATSAPP.verify(channel, IncomingRequest("POST", given, {}, body))


GRANTED = {"scope": "whatsapp_business_management", "target_ids": [WABA]}
SCOPES = ["whatsapp_business_messaging", "whatsapp_business_management"]
TOKEN = {"app_id": "900900", "is_valid": True, "scopes": SCOPES, "granular_scopes": [GRANTED]}
ANSWERS = {
    "debug_token": {"data": TOKEN},
    "phone_numbers": {"data": [{"id": NUMBER, "verified_name": "Shop", "throughput": {"level": "HIGH"}}]},
    "subscriptions": {"data": [{"object": "whatsapp_business_account", "fields": [{"name": "messages"}]}]},
    "subscribed_apps": {"success": True},
}


def test_the_address_is_expected_before_meta_is_told_of_it() -> None:
    bare = ChannelFacts("key", {"app_id": "900900"}, TABLES.secrets, CHANNEL.hook_url)
    steps, calls, expected = WHATSAPP.connect(bare), [], []
    call = next(steps)
    try:
        while True:
            if isinstance(call, HookExpected):
                expected.append((call.channel, len(calls)))
                call = steps.send(Reply(200))
            else:
                assert isinstance(call, HttpCall)
                calls.append(call)
                edge = urlsplit(call.url).path.rpartition("/")[2]
                call = steps.send(Reply(200, json.dumps(ANSWERS[edge]).encode()))
    except StopIteration as end:
        connected = end.value
    assert connected.name == "Shop"
    assert connected.account == NUMBER
    assert connected.facts["waba_id"] == WABA
    (channel, before), word = expected[0], calls[-1].json["verify_token"]
    assert before < len(calls) - 1
    assert calls[-1].json["override_callback_uri"] == CHANNEL.hook_url
    query = {"hub.mode": "subscribe", "hub.verify_token": word, "hub.challenge": "1158201444"}
    asked = IncomingRequest("GET", {}, query, b"")
    assert WHATSAPP.handshake(channel, asked) == (200, b"1158201444", "text/plain")
    other = ChannelFacts("other", {}, {"app_secret": APP_SECRET, "token": "t"})
    with pytest.raises(RefusedError):
        WHATSAPP.handshake(other, asked)
    assert WHATSAPP.handshake(channel, IncomingRequest("POST", {}, {}, b"{}")) is None
