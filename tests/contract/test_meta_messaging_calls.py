"""Every call for Messenger and Instagram is one that Meta's published edges take: paths, names, words of choice."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from messenger_tables import instagram, messenger
from messengers import registry
from messengers.adapter import ChannelFacts, HookExpected, HttpCall, IncomingRequest, RefusedError, Reply, Steps

SPECIFICATIONS = Path(__file__).parents[3] / "shared/platforms/specs"
KINDS = {"messenger": messenger.TABLES, "instagram": instagram.TABLES}
PAGE, ACCOUNT = "1055", "17841400000001"
SCOPES = ["pages_messaging", "pages_manage_metadata", "instagram_basic", "instagram_manage_messages"]
# One answer to whatever is asked: it says all that any of the calls looks for.
ANYTHING = {
    "data": {"app_id": "900900", "type": "PAGE", "is_valid": True, "scopes": SCOPES},
    "id": PAGE,
    "instagram_business_account": {"id": ACCOUNT},
}


def read(name: str) -> Any:
    file = SPECIFICATIONS / name
    if not file.exists():
        pytest.skip(f"Meta's edges are not on this machine: {file}")
    return json.loads(file.read_text())


@pytest.fixture(scope="module")
def edges() -> dict[tuple[str, str], dict[str, Any]]:
    told = read("meta_page_messaging_edges.json")
    enums = {name: {str(one).lower() for one in values} for name, values in told["enums"].items()}
    return {
        (edge["method"], edge["endpoint"]): {
            one["name"]: (one["required"], enums.get(one["type"].removeprefix("list<").rstrip(">")))
            for one in edge["params"]
        }
        for edge in told["Page"]["edges"]
    }


def facts(kind: str) -> ChannelFacts:
    tables = KINDS[kind]
    return ChannelFacts("key", tables.settings, tables.secrets, f"https://kaskad.example/hooks/{kind}/key")


def calls_of(steps: Steps[Any]) -> list[HttpCall]:
    made: list[HttpCall] = []
    try:
        call = next(steps)
        while True:
            if isinstance(call, HttpCall):
                made.append(call)
            call = steps.send(answer(call))
    except StopIteration:
        return made


def answer(call: Any) -> Reply:
    is_list = isinstance(call, HttpCall) and call.url.partition("?")[0].endswith(
        ("/subscriptions", "/subscribed_apps", "/conversations")
    )
    return Reply(200, json.dumps({"data": []} if is_list else ANYTHING).encode())


def problems(edges: Mapping[tuple[str, str], Any], call: HttpCall) -> list[str]:
    edge = call.url.partition("?")[0].rpartition("/")[2]
    takes = edges.get((call.method, edge))
    if takes is None:
        return [f"{call.method} {edge}"]
    said: Mapping[str, Any] = call.json or call.form or {}
    wrong = [name for name in said if name not in takes]
    wrong += [f"no {name}" for name, (required, _) in takes.items() if required and name not in said]
    for name, value in said.items():
        words = takes.get(name, (False, None))[1]
        if words and not {one.lower() for one in str(value).split(",")} <= words:
            wrong.append(f"{name}: {value}")
    return wrong


SENT = [
    pytest.param(call, id=f"{kind}: {row.name}")
    for kind, tables in KINDS.items()
    for row in tables.deliveries
    for call, _reply in row.exchange
    if isinstance(call, HttpCall)
]


def asked(kind: str) -> list[HttpCall]:
    adapter = registry.messenger(kind)
    return [
        *calls_of(adapter.connect(facts(kind))),
        *calls_of(adapter.hook(facts(kind))),
        *calls_of(adapter.missed(facts(kind), datetime(2026, 5, 4, tzinfo=UTC))),
        *calls_of(adapter.disconnect(facts(kind))),
    ]


@pytest.mark.parametrize("call", SENT)
def test_messages_are_sent_as_the_edges_want(edges: Mapping[tuple[str, str], Any], call: HttpCall) -> None:
    assert problems(edges, call) == []


@pytest.mark.parametrize("kind", KINDS)
def test_pages_are_asked_as_the_edges_want(edges: Mapping[tuple[str, str], Any], kind: str) -> None:
    calls = [call for call in asked(kind) if f"/{PAGE}/" in call.url]
    assert {call.url.partition("?")[0].rpartition("/")[2] for call in calls} >= {"subscribed_apps"}
    assert [problem for call in calls for problem in problems(edges, call)] == []


def test_a_wrong_name_would_be_seen(edges: Mapping[tuple[str, str], Any]) -> None:
    call = HttpCall("POST", f"x/{PAGE}/messages", json={"to": 1, "messaging_type": "LATER"})
    assert problems(edges, call) == ["to", "no recipient", "messaging_type: LATER"]


@pytest.mark.parametrize("kind", KINDS)
def test_signatures_are_the_published_ones(kind: str) -> None:
    adapter = registry.messenger(kind)
    for vector in read("signature_vectors.json")["vectors"]["meta_x_hub_signature_256"]:
        channel = ChannelFacts("key", {}, {"app_secret": vector["app_secret"], "token": "t"})
        body = vector["body"].encode()
        adapter.verify(channel, IncomingRequest("POST", {"X-Hub-Signature-256": vector["header"]}, {}, body))
        for given in ({}, {"x-hub-signature-256": vector["header"].upper()}):
            with pytest.raises(RefusedError):
                adapter.verify(channel, IncomingRequest("POST", given, {}, body))


@pytest.mark.parametrize("kind", KINDS)
def test_the_address_is_expected_before_meta_is_told_of_it(kind: str) -> None:
    adapter, channel = registry.messenger(kind), facts(kind)
    steps = adapter.connect(channel)
    call, words = next(steps), []
    while not isinstance(call, HookExpected):
        call = steps.send(answer(call))
    told = steps.send(Reply(200))
    assert isinstance(told, HttpCall)
    words.append(told.json["verify_token"])
    query = {"hub.mode": "subscribe", "hub.verify_token": words[0], "hub.challenge": "1158201444"}
    assert adapter.handshake(call.channel, IncomingRequest("GET", {}, query, b"")) == (200, b"1158201444", "text/plain")
    with pytest.raises(RefusedError):
        adapter.handshake(call.channel, IncomingRequest("GET", {}, query | {"hub.verify_token": "x"}, b""))
    assert adapter.handshake(channel, IncomingRequest("POST", {}, {}, b"{}")) is None
