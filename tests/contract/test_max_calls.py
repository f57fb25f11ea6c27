"""Every call that the MAX adapter makes is one that the published bot API takes: paths, parameters and bodies."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from jsonschema import Draft202012Validator

from messenger_tables.max import API, HELLO, TABLES, out
from messenger_tables.max_webhooks import WEBHOOKS, pressed
from messengers import registry
from messengers.adapter import ChannelFacts, HttpCall, Reply, Steps

FOLDER = Path(__file__).parents[3] / "shared/platforms/specs"
MAX = registry.messenger("max")
URL = "https://kaskad.example/hooks/max/key"
FACTS = ChannelFacts("key", TABLES.settings, TABLES.secrets, URL)
FETCHING = ChannelFacts("key", TABLES.settings, TABLES.secrets, polls=True)
ANYTHING = Reply(200, json.dumps({"user_id": 1, "subscriptions": [{"url": URL}], "updates": []}).encode())
BODIES = {
    ("POST", "/messages"): "NewMessageBody",
    ("PUT", "/messages"): "NewMessageBody",
    ("POST", "/subscriptions"): "SubscriptionRequestBody",
    ("POST", "/answers"): "CallbackAnswer",
}


def _read(name: str) -> Mapping[str, Any]:
    if not (FOLDER / name).exists():
        pytest.skip(f"MAX's schema is not on this machine: {FOLDER / name}")
    read: Mapping[str, Any] = json.loads((FOLDER / name).read_text())
    return read


@pytest.fixture(scope="module")
def schema() -> Mapping[str, Any]:
    return _read("max_bot_api.schema.json")


@pytest.fixture(scope="module")
def api() -> Mapping[str, Any]:
    return _read("max_bot_api.json")


def calls_of(steps: Steps[Any]) -> list[HttpCall]:
    made: list[HttpCall] = []
    try:
        call = next(steps)
        while True:
            assert isinstance(call, HttpCall)
            made.append(call)
            call = steps.send(ANYTHING)
    except (StopIteration, ValueError):
        return made


def against(schema: Mapping[str, Any], name: str, said: Any) -> list[str]:
    wanted = {"$defs": schema["$defs"], "$ref": f"#/$defs/{name}"}
    return [f"{list(error.path)}: {error.message}" for error in Draft202012Validator(wanted).iter_errors(said)]


def problems(api: Mapping[str, Any], schema: Mapping[str, Any], call: HttpCall) -> list[str]:
    where = urlsplit(call.url)
    path = "/videos/{videoToken}" if where.path.startswith("/videos/") else where.path
    described = api["paths"].get(path, {}).get(call.method.lower())
    if described is None:
        return [f"There is no {call.method} {path}"]
    known = {one["name"]: one for one in described.get("parameters", []) if one["in"] == "query"}
    given = dict(parse_qsl(where.query))
    found = [f"unknown parameter {name}" for name in given.keys() - known.keys()]
    found += [f"missing {name}" for name, one in known.items() if one.get("required") and name not in given]
    model = BODIES.get((call.method, path))
    if model is None:
        return found + (["a body where there is none"] if call.json is not None else [])
    strangers = call.json.keys() - schema["$defs"][model]["properties"].keys()
    return [*found, *(f"unknown {name}" for name in strangers), *against(schema, model, call.json)]


SENT = [
    (row.name, call)
    for row in TABLES.deliveries
    for call, _reply in row.exchange
    if isinstance(call, HttpCall) and call.url.startswith(API)
]
HEARD = MAX.answer(FACTS, pressed())
ASKED = [
    *calls_of(MAX.edit(FACTS, out(HELLO), "mid.1")),
    *calls_of(MAX.delete(FACTS, "777", "mid.1")),
    *calls_of(MAX.connect(FACTS)),
    *calls_of(MAX.connect(FETCHING)),
    *calls_of(MAX.hook(FACTS)),
    *calls_of(MAX.disconnect(FACTS)),
    *calls_of(MAX.poll(FETCHING, "10", 25)),
    *calls_of(MAX.locate(FACTS, "video:a/b")),
    *([HEARD] if HEARD else []),
]


@pytest.mark.parametrize("call", [pytest.param(call, id=name) for name, call in SENT])
def test_messages_are_sent_as_max_wants(api: Mapping[str, Any], schema: Mapping[str, Any], call: HttpCall) -> None:
    assert problems(api, schema, call) == []
    assert call.headers == {"Authorization": TABLES.secrets["token"]}


@pytest.mark.parametrize("call", [pytest.param(call, id=f"{call.method} {urlsplit(call.url).path}") for call in ASKED])
def test_everything_else_is_asked_as_max_wants(
    api: Mapping[str, Any], schema: Mapping[str, Any], call: HttpCall
) -> None:
    assert problems(api, schema, call) == []


@pytest.mark.parametrize("row", WEBHOOKS, ids=lambda row: row.name)
def test_our_examples_are_what_max_tells(schema: Mapping[str, Any], row: Any) -> None:
    if row.body.get("message", {}) is not None and "nobody has signed" not in row.name:
        assert against(schema, "Update", row.body) == []


def test_a_wrong_name_would_be_seen(api: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    assert problems(api, schema, HttpCall("POST", f"{API}/messages?user_id=1", json={"words": "Hello"}))
    assert problems(api, schema, HttpCall("POST", f"{API}/messages?person=1", json={"text": "Hello"}))
    assert problems(api, schema, HttpCall("POST", f"{API}/messages", json={"text": "x" * 4001}))


def test_there_is_a_call_of_each_kind() -> None:
    made = {(call.method, urlsplit(call.url).path.split("/")[1]) for call in ASKED}
    assert {("POST", "answers"), ("GET", "videos"), ("DELETE", "subscriptions"), ("GET", "updates")} <= made
