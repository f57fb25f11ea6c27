"""Every call that the Telegram adapter makes is one that the published Bot API takes: its methods, names and types."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from messenger_tables.telegram import HELLO, TABLES, out
from messenger_tables.telegram_webhooks import pressed
from messengers import registry
from messengers.adapter import ChannelFacts, HttpCall, Reply, Steps

SPECIFICATION = Path(__file__).parents[3] / "shared/platforms/specs/telegram_bot_api.schema.json"
TELEGRAM = registry.messenger("telegram")
FACTS = ChannelFacts("key", TABLES.settings, TABLES.secrets, "https://kaskad.example/hooks/telegram/key")
FETCHING = ChannelFacts("key", TABLES.settings, TABLES.secrets, polls=True)
ANYTHING = Reply(200, b'{"ok": true, "result": {"id": 1, "first_name": "Shop", "url": ""}}')


@pytest.fixture(scope="module")
def specification() -> Mapping[str, Any]:
    if not SPECIFICATION.exists():
        pytest.skip(f"The Bot API's schema is not on this machine: {SPECIFICATION}")
    read: Mapping[str, Any] = json.loads(SPECIFICATION.read_text())
    return read


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


def said(call: HttpCall) -> dict[str, Any]:
    """Return what a call says: of a form, each field as what its text means, and each file as its name."""
    if call.files is None:
        return dict(call.json)
    form = {name: _meant(value) for name, value in (call.form or {}).items()}
    return form | {name: f"attach://{name}" for name in call.files if not name.startswith("file")}


def _meant(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def problems(specification: Mapping[str, Any], call: HttpCall) -> list[str]:
    method = call.url.rpartition("/")[2]
    schema = {"$defs": specification["$defs"], "$ref": f"#/$defs/request__{method}"}
    return [error.message for error in Draft202012Validator(schema).iter_errors(said(call))]


SENT = [(row.name, call) for row in TABLES.deliveries for call, _reply in row.exchange if isinstance(call, HttpCall)]
HEARD = TELEGRAM.answer(FACTS, pressed("42:yes"))
ASKED = [
    *calls_of(TELEGRAM.edit(FACTS, out(HELLO), "5")),
    *calls_of(TELEGRAM.delete(FACTS, "777", "5,6")),
    *calls_of(TELEGRAM.connect(FACTS)),
    *calls_of(TELEGRAM.connect(FETCHING)),
    *calls_of(TELEGRAM.hook(FACTS)),
    *calls_of(TELEGRAM.disconnect(FETCHING)),
    *calls_of(TELEGRAM.poll(FETCHING, "10", 25)),
    *calls_of(TELEGRAM.locate(FACTS, "file")),
    *calls_of(TELEGRAM.profile(FACTS, "777")),
    *([HEARD] if HEARD else []),
]


@pytest.mark.parametrize("call", [pytest.param(call, id=name) for name, call in SENT])
def test_messages_are_sent_as_the_bot_api_wants(specification: Mapping[str, Any], call: HttpCall) -> None:
    assert problems(specification, call) == []


@pytest.mark.parametrize("call", [pytest.param(call, id=call.url.rpartition("/")[2]) for call in ASKED])
def test_everything_else_is_asked_as_the_bot_api_wants(specification: Mapping[str, Any], call: HttpCall) -> None:
    assert problems(specification, call) == []


def test_a_wrong_name_would_be_seen(specification: Mapping[str, Any]) -> None:
    assert problems(specification, HttpCall("POST", "x/sendMessage", json={"chat_id": 1, "words": "Hello"}))
