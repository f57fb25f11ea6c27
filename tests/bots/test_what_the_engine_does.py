"""The engine on tables and under fire: graph, state and event in, state and effects out."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.effects import Finish, SendContent
from bots.engine import STEP_BUDGET, ButtonPressed, MessageReceived, Started, State, Status, Step, advance, begin
from bots.graph import Graph, load

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def message(text: str = "Hello", then: str | None = None) -> dict[str, Any]:
    return {"type": "message", "text": text, "next": then}


def choice(text: str = "Which?", /, **targets: str | None) -> dict[str, Any]:
    buttons = [{"kind": "reply", "id": f"b{word}", "text": word, "target": to} for word, to in targets.items()]
    return {"type": "buttons", "text": text, "buttons": buttons}


def graph(start: str | None = "a", **nodes: dict[str, Any]) -> Graph:
    return load({"format": 1, "start": start, "nodes": nodes})


def said(step: Step) -> list[str]:
    return [effect.content.text for effect in step.effects if isinstance(effect, SendContent)]


def started(flow: Graph) -> Step:
    return advance(flow, begin(1), Started(), NOW)


MENU = graph(a=message("Hi", "b"), b=choice("Menu", Prices="c", Help="d"), c=message("Cheap"), d=message("Soon", "b"))


def test_messages_follow_each_other_until_one_waits() -> None:
    step = started(MENU)
    assert said(step) == ["Hi", "Menu"]
    assert (step.state.status, step.state.at, step.path) == (Status.WAITING, "b", ("a", "b"))


def test_a_step_may_have_a_subject_for_letters() -> None:
    step = started(graph(a=message("Hi") | {"subject": "About coffee"}))
    assert [effect.content.subject for effect in step.effects if isinstance(effect, SendContent)] == ["About coffee"]


def test_a_button_leads_to_its_own_step_and_the_end_is_told() -> None:
    step = advance(MENU, started(MENU).state, ButtonPressed("bPrices"), NOW)
    assert said(step) == ["Cheap"]
    assert step.state.status is Status.FINISHED
    assert step.effects[-1] == Finish("c")


@pytest.mark.parametrize("words", ["Prices", "PRICES", " prices!!! ", "Priiices"])
def test_whoever_writes_a_buttons_words_has_pressed_it(words: str) -> None:
    assert said(advance(MENU, started(MENU).state, MessageReceived(words), NOW)) == ["Cheap"]


def test_other_words_change_nothing() -> None:
    waiting = started(MENU).state
    step = advance(MENU, waiting, MessageReceived("what?"), NOW)
    assert (step.handled, step.state, step.effects) == (False, waiting, ())


def test_a_button_of_an_older_message_still_works() -> None:
    later = graph(a=choice("One", x="b"), b=choice("Two", y="c"), c=message("End"))
    at_two = advance(later, started(later).state, ButtonPressed("bx", "a"), NOW).state
    assert at_two.at == "b"
    assert said(advance(later, at_two, ButtonPressed("bx", "a"), NOW)) == ["Two"]


def test_a_button_takes_up_a_finished_flow() -> None:
    finished = advance(MENU, started(MENU).state, ButtonPressed("bPrices", "b"), NOW).state
    again = advance(MENU, finished, ButtonPressed("bHelp", "b"), NOW)
    assert said(again) == ["Soon", "Menu"]
    assert again.state.status is Status.WAITING


def test_words_do_not_take_up_a_finished_flow() -> None:
    finished = advance(MENU, started(MENU).state, ButtonPressed("bPrices", "b"), NOW).state
    assert not advance(MENU, finished, MessageReceived("Help"), NOW).handled


@pytest.mark.parametrize(
    ("flow", "code"),
    [
        (graph(start=None), "no_start"),
        (graph(a=message(then="gone")), "missing_step"),
        (graph(a={"type": "telepathy", "wave": 7}), "unknown_type"),
        (graph(a={"type": "message", "text": 7}), "unreadable_step"),
        (graph(a=message("")), "unfinished_step"),
        (graph(a=message(then="b"), b=message(then="a")), "too_many_steps"),
    ],
)
def test_a_flow_that_cannot_go_on_fails_with_a_reason(flow: Graph, code: str) -> None:
    step = started(flow)
    assert (step.state.status, step.state.error) == (Status.FAILED, code)


def test_a_circle_ends_at_the_budget() -> None:
    step = started(graph(a=message(then="b"), b=message(then="a")))
    assert len(step.path) == STEP_BUDGET == step.state.steps


def test_a_button_that_ends_the_flow_finishes_it() -> None:
    flow = graph(a=choice("Bye?", Yes=None))
    step = advance(flow, started(flow).state, ButtonPressed("bYes"), NOW)
    assert (step.state.status, step.effects) == (Status.FINISHED, (Finish("a"),))


_ids = st.sampled_from(["a", "b", "c", "d", "gone"])
_target = st.none() | _ids
_words = st.sampled_from(["yes", "No!", "", "приз"])
_branches = st.dictionaries(_words, _target, max_size=3)
_kinds = st.sampled_from(["new", "message", "buttons"])
_nodes = st.one_of(
    st.builds(message, _words, _target),
    st.builds(lambda text, targets: choice(text or "?", **targets), _words, _branches),
    st.builds(lambda kind, extra: {"type": kind, "x": extra}, _kinds, st.integers()),
)
_graphs = st.builds(
    lambda start, nodes: graph(start, **nodes), _target, st.dictionaries(st.sampled_from("abcd"), _nodes, max_size=4)
)
_events = st.one_of(
    st.just(Started()),
    st.builds(MessageReceived, st.text(max_size=12) | _words),
    st.builds(ButtonPressed, st.sampled_from(["byes", "bNo!", "zz"]), st.none() | _ids),
)


@settings(max_examples=300, deadline=None)
@given(_graphs, st.lists(_events, max_size=8))
def test_any_graph_and_any_events_end_and_give_the_same_again(flow: Graph, events: list[Any]) -> None:
    state = begin(7)
    for event in events:
        step = advance(flow, state, event, NOW)
        assert step == advance(flow, State.model_validate_json(state.model_dump_json()), event, NOW)
        assert len(step.path) <= STEP_BUDGET
        assert State.model_validate(json.loads(step.state.model_dump_json())) == step.state
        if not step.handled:
            assert step.state == state
            assert not step.effects
        if step.state.status is Status.WAITING:
            assert step.state.at in flow.nodes
        state = step.state
