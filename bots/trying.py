"""A trial of a draft beside its editor: the same engine, a person who does not exist, no row read or written. Pure.

Rules are those of real people: an answer to the waiting step first, then the flow's own keywords.
"""

from dataclasses import dataclass
from datetime import datetime

from bots import keywords
from bots.effects import SendContent
from bots.engine import ButtonPressed, Event, MessageReceived, Started, State, Step, advance, begin
from bots.graph import Graph, KeywordTrigger

_SEED = 1


@dataclass(frozen=True, slots=True)
class Trial:
    """What the person sees next, and where he is then."""

    state: State | None
    said: tuple[SendContent, ...]
    path: tuple[str, ...]
    handled: bool


def respond(graph: Graph, state: State | None, event: Event, now: datetime) -> Trial:
    """Answer a person who tries the draft."""
    step = _step(graph, state, event, now)
    if step is None:
        return Trial(state, (), (), handled=False)
    said = tuple(effect for effect in step.effects if isinstance(effect, SendContent))
    return Trial(step.state, said, step.path, handled=True)


def _step(graph: Graph, state: State | None, event: Event, now: datetime) -> Step | None:
    if isinstance(event, Started):
        return advance(graph, begin(_SEED), event, now)
    step = advance(graph, state, event, now) if state else None
    if step is not None and step.handled:
        return step
    if isinstance(event, MessageReceived) and _starts(graph, event.text):
        return advance(graph, begin(_SEED), Started(), now)
    return None


def _starts(graph: Graph, text: str) -> bool:
    written = keywords.normalise(text)
    phrases = [
        (keywords.normalise(phrase), trigger.mode)
        for trigger in graph.triggers
        if isinstance(trigger, KeywordTrigger)
        for phrase in trigger.phrases
    ]
    return any(keywords.matches(phrase, mode, written) for phrase, mode in phrases)


__all__ = ["ButtonPressed", "Event", "MessageReceived", "Started", "Trial", "respond"]
