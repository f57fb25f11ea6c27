"""What happens next: a graph, where a person is in it, and what he did give the new place and what to do. Pure.

`runner` calls it for real people and `trying` for the editor's trial. It never raises: a graph that cannot go on fails
the run with a code that `wording` puts into words.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict

from bots.effects import Effect, Finish
from bots.graph import Graph
from bots.registry import Answer, Go, NodeType, Pressed, Said, Turn, UnknownTypeError, UnreadableStepError, Wait, read

STEP_BUDGET = 100  # steps that one event may cause


class Status(StrEnum):
    """How far a person is."""

    NEW = "new"
    WAITING = "waiting"
    FINISHED = "finished"
    FAILED = "failed"


class State(BaseModel):
    """A person's place in a flow: all that the engine remembers of him."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int  # all chance in a run comes from it, so a run can be replayed
    status: Status = Status.NEW
    at: str | None = None  # the step where he waits, stopped or failed
    steps: int = 0  # gone so far
    error: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """The flow begins."""


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """The person wrote."""

    text: str


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """The person pressed a button of a step; without `node`, of the one where he waits."""

    button: str
    node: str | None = None


Event: TypeAlias = Started | MessageReceived | ButtonPressed


@dataclass(frozen=True, slots=True)
class Step:
    """What an event comes to. Not `handled`: it meant nothing here and nothing has changed."""

    state: State
    effects: tuple[Effect, ...] = ()
    handled: bool = True
    path: tuple[str, ...] = ()  # the steps gone, in order


def begin(seed: int) -> State:
    """Return the state of somebody who has not yet started."""
    return State(seed=seed)


def advance(graph: Graph, state: State, event: Event, now: datetime) -> Step:
    """Return where an event leads, and what is to be done on the way."""
    if isinstance(event, Started):
        if graph.start is None:
            return Step(_failed(state, None, "no_start"))
        return _walk(graph, state, graph.start)
    place = _answered(graph, state, event)
    if place is None:
        return Step(state, handled=False)
    way = _way(graph, place, event)
    if way is None:
        return Step(state, handled=False)
    if way.target is None:
        return Step(_finished(state, place), (Finish(place),))
    return _walk(graph, state, way.target)


def _answered(graph: Graph, state: State, event: MessageReceived | ButtonPressed) -> str | None:
    """Return the step that an event answers. A button is its own step's, however long ago that spoke."""
    node_id = event.node if isinstance(event, ButtonPressed) and event.node else None
    if node_id is None and state.status is Status.WAITING:
        node_id = state.at
    return node_id if node_id in graph.nodes else None


def _way(graph: Graph, node_id: str, event: MessageReceived | ButtonPressed) -> Go | None:
    answer: Answer = Pressed(event.button) if isinstance(event, ButtonPressed) else Said(event.text)
    try:
        node_type, settings = read(graph.nodes[node_id])
    except (UnknownTypeError, UnreadableStepError):
        return None
    return node_type.answer(settings, answer)


def _walk(graph: Graph, state: State, target: str) -> Step:
    """Go from step to step until one waits, the flow ends, or something is wrong."""
    effects: list[Effect] = []
    path: list[str] = []
    place: str | None = target
    while place is not None:
        if len(path) >= STEP_BUDGET:
            # Nothing of a circle is said: a hundred messages would only annoy.
            return _stop(_failed(state, place, "too_many_steps"), [], path)
        turn = _turn(graph, place)
        if isinstance(turn, str):
            return _stop(_failed(state, place, turn), effects, path)
        path.append(place)
        effects.extend(turn.effects)
        if isinstance(turn.then, Wait):
            return _stop(state.model_copy(update={"status": Status.WAITING, "at": place, "error": ""}), effects, path)
        place = turn.then.target
    return _stop(_finished(state, path[-1]), [*effects, Finish(path[-1])], path)


def _turn(graph: Graph, node_id: str) -> Turn | str:
    """Return what a step does, or the code of what is wrong with it."""
    node = graph.nodes.get(node_id)
    if node is None:
        return "missing_step"
    try:
        node_type, settings = read(node)
    except UnknownTypeError:
        return "unknown_type"
    except UnreadableStepError:
        return "unreadable_step"
    return _run(node_type, node_id, settings)


def _run(node_type: NodeType[Any], node_id: str, settings: BaseModel) -> Turn | str:
    try:
        return node_type.run(node_id, settings)
    except ValueError:
        return "unfinished_step"


def _stop(state: State, effects: list[Effect], path: list[str]) -> Step:
    return Step(state.model_copy(update={"steps": state.steps + len(path)}), tuple(effects), path=tuple(path))


def _failed(state: State, place: str | None, code: str) -> State:
    return state.model_copy(update={"status": Status.FAILED, "at": place, "error": code})


def _finished(state: State, place: str) -> State:
    return state.model_copy(update={"status": Status.FINISHED, "at": place, "error": ""})
