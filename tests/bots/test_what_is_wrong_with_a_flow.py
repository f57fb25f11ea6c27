"""Problems of a graph: what stands in the way of publishing, and what is only worth knowing."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bots import graph as graphs
from bots.graph import FORMAT, Graph, NewerFormatError, dump, load
from bots.problems import problems

WELCOME = {"id": "t1", "kind": "welcome"}


def flow(nodes: dict[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    whole = {"a": {"type": "message", "text": "Hi"}} if nodes is None else nodes
    return {"format": 1, "start": "a", "triggers": [WELCOME], "nodes": whole, **parts}


def found(data: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problem.node_id, problem.code) for problem in problems(load(data))]


def test_a_finished_flow_has_none() -> None:
    assert found(flow()) == []


def _choice(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"type": "buttons", "text": "?", "buttons": list(buttons)}


def _reply(name: str, text: str, target: str | None = "a") -> dict[str, Any]:
    return {"kind": "reply", "id": name, "text": text, "target": target}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (flow({}, start=None, triggers=[]), [("", "no_steps"), ("", "no_trigger")]),
        (flow(start=None), [("", "no_start")]),
        (flow(start="gone"), [("", "no_start"), ("a", "unreachable")]),
        (flow({"a": {"type": "message", "text": "  "}}), [("a", "empty_message")]),
        (flow({"a": {"type": "message", "text": "Hi", "next": "gone"}}), [("a", "missing_target")]),
        (flow({"a": {"type": "hologram"}}), [("a", "unknown_type")]),
        (flow({"a": {"type": "message", "text": []}}), [("a", "unreadable_step")]),
        (flow({"a": _choice()}), [("a", "no_buttons")]),
        (flow({"a": _choice(_reply("x", "Yes", None))}), [("a", "button_without_step")]),
        (flow({"a": _choice(_reply("x", ""))}), [("a", "empty_button")]),
        (flow({"a": _choice(_reply("x", "Да"), _reply("y", "да!"))}), [("a", "same_buttons")]),
        (
            flow({"a": {"type": "message", "text": "Hi", "buttons": [{"id": "u", "text": "Site", "url": "example"}]}}),
            [("a", "bad_address")],
        ),
        (
            flow(
                {
                    "a": {"type": "message", "text": "1", "next": "b"},
                    "b": {"type": "message", "text": "2", "next": "a"},
                }
            ),
            [("a", "endless_loop"), ("b", "endless_loop")],
        ),
        (
            flow({"a": {"type": "message", "text": "1"}, "b": {"type": "message", "text": "2"}}),
            [("b", "unreachable")],
        ),
        (flow(triggers=[{"id": "k", "kind": "keyword"}]), [("k", "no_phrases")]),
        (flow(triggers=[{"id": "k", "kind": "keyword", "phrases": ["  "]}]), [("k", "empty_phrase")]),
        (flow(triggers=[{"id": "k", "kind": "keyword", "phrases": ["a b c d e f g h i"]}]), [("k", "long_phrase")]),
        (flow(triggers=[{"id": "k", "kind": "moon", "phase": 3}]), [("k", "unknown_trigger")]),
    ],
)
def test_each_mistake_is_named(data: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert found(data) == expected


def test_a_circle_in_which_somebody_is_asked_is_none() -> None:
    nodes = {"a": {"type": "message", "text": "1", "next": "b"}, "b": _choice(_reply("x", "Again", "a"))}
    assert found(flow(nodes)) == []


def test_only_the_unreachable_does_not_stand_in_the_way() -> None:
    data = flow({"a": {"type": "message", "text": "1"}, "b": {"type": "message", "text": "2"}})
    assert [problem.error for problem in problems(load(data))] == [False]


def test_what_is_not_known_is_kept_as_it_was() -> None:
    data = flow({"a": {"type": "hologram", "depth": {"x": [1, 2]}}}, triggers=[{"id": "m", "kind": "moon", "phase": 3}])
    kept = dump(load(data))
    assert kept["nodes"]["a"] == {"type": "hologram", "depth": {"x": [1, 2]}}
    assert kept["triggers"] == [{"id": "m", "kind": "moon", "phase": 3}]


def test_the_order_of_the_list_holds_each_step_once() -> None:
    data = flow({name: {"type": "message", "text": name} for name in "abc"}, order=["c", "gone", "c"])
    assert load(data).order == ["c", "a", "b"]


def test_a_newer_format_says_so() -> None:
    with pytest.raises(NewerFormatError):
        load({"format": FORMAT + 1, "nodes": {}})


def test_an_older_format_is_brought_up_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs, "MIGRATIONS", {0: lambda old: {"format": 1, "start": old["first"], "nodes": {}}})
    assert load({"format": 0, "first": "a"}).start == "a"


def test_the_schema_fits_what_is_stored() -> None:
    Draft202012Validator(graphs.schema()).validate(dump(load(flow())))
    assert isinstance(load(flow()), Graph)
