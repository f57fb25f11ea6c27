"""Every call of the VK adapter is one that VK's published schema takes: its methods, names, types and limits."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from messenger_tables.vk import GROUP, HELLO, PICTURE, TABLES, TEN, out
from messenger_tables.vk_webhooks import WEBHOOKS, pressed
from messengers import registry
from messengers.adapter import ChannelFacts, HttpCall, Reply, Steps
from messengers.content import Content, ShareLocationButton

SPECIFICATION = Path(__file__).parents[3] / "shared/platforms/specs/vk_api_5.199.json"
VK = registry.messenger("vk")
FACTS = ChannelFacts("key", TABLES.settings, TABLES.secrets, "https://kaskad.example/hooks/vk/key", account=str(GROUP))
FETCHING = ChannelFacts("key", TABLES.settings, TABLES.secrets, polls=True, account=str(GROUP))
GLOBAL = {"access_token", "v", "lang"}  # what every method takes
TALK = {"conversation": {"peer": {"id": 777}}, "last_message": {"date": 2_000_000_000}}
ANYTHING = {
    "groups": [{"id": GROUP, "name": "Shop", "screen_name": "shop"}],
    "permissions": [{"name": name} for name in ("messages", "manage", "photos", "docs")],
    "items": [{"id": 1, "url": FACTS.hook_url, "status": "wait", **TALK}],
    "code": "c0de",
    "server_id": 1,
    "server": "https://lp.vk.com/wh",
    "key": "k",
    "ts": "1",
    "is_enabled": True,
}
INNER_CALL = re.compile(r"API\.(messages\.\w+)\(")
_PATTERNS = {
    "integer": re.compile(r"-?\d+"),
    "number": re.compile(r"-?\d+(\.\d+)?"),
    "boolean": re.compile(r"[01]"),
    "array": re.compile(r".+"),
    "string": re.compile(r".*", re.DOTALL),
}


@pytest.fixture(scope="module")
def specification() -> Mapping[str, Any]:
    if not SPECIFICATION.exists():
        pytest.skip(f"VK's schema is not on this machine: {SPECIFICATION}")
    read: Mapping[str, Any] = json.loads(SPECIFICATION.read_text())
    return read


def calls_of(steps: Steps[Any]) -> list[HttpCall]:
    made: list[HttpCall] = []
    try:
        call = next(steps)
        while True:
            if isinstance(call, HttpCall):
                made.append(call)
            call = steps.send(Reply(200, json.dumps({"response": ANYTHING}).encode()))
    except (StopIteration, ValueError):
        return made


def problems(specification: Mapping[str, Any], call: HttpCall) -> Iterator[str]:
    method = call.url.rpartition("/")[2]
    given = {name: value for name, value in (call.form or {}).items() if name not in GLOBAL}
    if method == "execute":
        assert set(given) == {"code"}
        for name, inner in inner_calls(given["code"]):
            yield from _parameters(specification, name, inner)
        return
    yield from _parameters(specification, method, given)


def inner_calls(code: str) -> list[tuple[str, dict[str, str]]]:
    assert code.startswith("return [")
    assert code.endswith("];")
    found = [(one[1], json.JSONDecoder().raw_decode(code, one.end())[0]) for one in INNER_CALL.finditer(code)]
    return [(name, {field: str(value) for field, value in given.items()}) for name, given in found]


def _parameters(specification: Mapping[str, Any], method: str, given: Mapping[str, str]) -> Iterator[str]:
    described = {one["name"]: one for one in specification["methods"][method].get("parameters", [])}
    yield from (f"{method} does not take {name}" for name in given.keys() - described.keys())
    missing = {name for name, one in described.items() if one.get("required")} - given.keys()
    yield from (f"{method} wants {name}" for name in missing)
    for name, value in given.items():
        yield from (f"{method}.{name}: {problem}" for problem in _value(described.get(name, {}), value))
    if keyboard := given.get("keyboard"):
        yield from _keyboard(specification, json.loads(keyboard))


def _value(described: Mapping[str, Any], value: str) -> Iterator[str]:
    kind = described.get("type", "string")
    if not _PATTERNS[kind if isinstance(kind, str) else "string"].fullmatch(value):
        yield f"{value!r} is no {kind}"
    if len(value) > described.get("maxLength", len(value)):
        yield f"longer than {described['maxLength']}"
    if value not in described.get("enum", [value]):
        yield f"{value!r} is none of {described['enum']}"
    if "minimum" in described and kind == "integer" and int(value) < described["minimum"]:
        yield f"{value} is too small"


def _keyboard(specification: Mapping[str, Any], keyboard: Mapping[str, Any]) -> Iterator[str]:
    schema = {"$ref": "#/definitions/messages_keyboard", "definitions": specification["definitions"]}
    yield from (error.message for error in Draft7Validator(schema).iter_errors(keyboard))


ROWS = [(row.name, call) for row in TABLES.deliveries for call, _reply in row.exchange if isinstance(call, HttpCall)]
SENT = [(name, call) for name, call in ROWS if call.files is None]
LONG = Content.plain("Д" * 2000, buttons=[*TEN[:9], ShareLocationButton(text="Где")])
HEARD = VK.answer(FACTS, pressed({"button": "42:yes"}))
ASKED = [
    *calls_of(VK.edit(FACTS, out(LONG), "801")),
    *calls_of(VK.edit(FACTS, PICTURE, "801")),
    *calls_of(VK.delete(FACTS, "777", "801")),
    *calls_of(VK.send_many(FACTS, [out(LONG), out(HELLO, key="43-0", to="778")])),
    *calls_of(VK.connect(FACTS)),
    *calls_of(VK.connect(FETCHING)),
    *calls_of(VK.hook(FACTS)),
    *calls_of(VK.hook(FETCHING)),
    *calls_of(VK.disconnect(FACTS)),
    *calls_of(VK.poll(FETCHING, "", 25)),
    *calls_of(VK.profile(FACTS, "777")),
    *calls_of(VK.missed(FACTS, datetime(2026, 5, 4, tzinfo=UTC))),
    *([HEARD] if HEARD else []),
]


@pytest.mark.parametrize("call", [pytest.param(call, id=name) for name, call in SENT])
def test_messages_are_sent_as_vk_wants(specification: Mapping[str, Any], call: HttpCall) -> None:
    assert list(problems(specification, call)) == []


@pytest.mark.parametrize(
    "call", [pytest.param(call, id=call.url.rpartition("/")[2]) for call in ASKED if call.files is None]
)
def test_everything_else_is_asked_as_vk_wants(specification: Mapping[str, Any], call: HttpCall) -> None:
    assert list(problems(specification, call)) == []


def test_every_method_is_tried(specification: Mapping[str, Any]) -> None:
    tried = {call.url.rpartition("/")[2] for call in (*(call for _, call in SENT), *ASKED)}
    assert {"messages.send", "execute", "groups.addCallbackServer", "groups.editCallbackServer"} & tried
    assert {"groups.setLongPollSettings", "groups.getLongPollServer", "messages.sendMessageEventAnswer"} <= tried


@pytest.mark.parametrize(
    "row", [row for row in WEBHOOKS if row.body["type"] in ("message_read", "message_allow", "message_deny")]
)
def test_the_tables_events_are_as_vk_describes_them(specification: Mapping[str, Any], row: Any) -> None:
    kind = {"$ref": f"#/definitions/callback_{row.body['type']}", "definitions": specification["definitions"]}
    assert list(Draft7Validator(kind).iter_errors(row.body["object"])) == []


def test_a_wrong_name_would_be_seen(specification: Mapping[str, Any]) -> None:
    assert list(problems(specification, HttpCall("POST", "x/messages.send", form={"peer_id": "1", "words": "Hello"})))
