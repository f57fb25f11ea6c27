"""What is wrong with a graph, before anybody walks through it. Pure; the editor shows it, publishing refuses errors."""

from collections.abc import Iterator, Sequence

from bots import keywords
from bots.graph import Graph, KeywordTrigger, Problem, UnknownTrigger
from bots.registry import UnknownTypeError, UnreadableStepError, Way, read


def problems(graph: Graph) -> list[Problem]:
    """Return everything that is wrong: the flow's own first, then its triggers' and its steps' in their order."""
    return [*_flow(graph), *_triggers(graph), *_steps(graph)]


def ways_out(graph: Graph, node_id: str) -> list[Way]:
    """Return where a step leads; nothing for a step that cannot be read."""
    try:
        node_type, settings = read(graph.nodes[node_id])
    except (UnknownTypeError, UnreadableStepError):
        return []
    return list(node_type.ways(settings))


def _flow(graph: Graph) -> Iterator[Problem]:
    if not graph.nodes:
        yield Problem("", "nodes", "no_steps")
    elif graph.start is None or graph.start not in graph.nodes:
        yield Problem("", "start", "no_start")
    if not graph.triggers:
        yield Problem("", "triggers", "no_trigger")


def _triggers(graph: Graph) -> Iterator[Problem]:
    seen: set[str] = set()
    for trigger in graph.triggers:
        if trigger.id in seen or trigger.id in graph.nodes:
            yield Problem(trigger.id, "id", "same_id")
        seen.add(trigger.id)
        if isinstance(trigger, UnknownTrigger):
            yield Problem(trigger.id, "kind", "unknown_trigger", {"type": trigger.kind})
        elif isinstance(trigger, KeywordTrigger):
            yield from _phrases(trigger)


def _phrases(trigger: KeywordTrigger) -> Iterator[Problem]:
    if not trigger.phrases:
        yield Problem(trigger.id, "phrases", "no_phrases")
    for phrase in trigger.phrases:
        words = keywords.normalise(phrase)
        if not words:
            yield Problem(trigger.id, "phrases", "empty_phrase")
        elif len(words.split()) > keywords.PHRASE_WORDS:
            yield Problem(trigger.id, "phrases", "long_phrase", {"phrase": phrase, "limit": keywords.PHRASE_WORDS})


def _steps(graph: Graph) -> Iterator[Problem]:
    reached = _reachable(graph)
    for node_id in graph.order:
        yield from _step(graph, node_id)
        if graph.start is not None and node_id not in reached:
            yield Problem(node_id, "", "unreachable", error=False)


def _step(graph: Graph, node_id: str) -> Iterator[Problem]:
    node = graph.nodes[node_id]
    try:
        node_type, settings = read(node)
    except UnknownTypeError:
        yield Problem(node_id, "", "unknown_type", {"type": node.type})
        return
    except UnreadableStepError as error:
        yield Problem(node_id, "", "unreadable_step", {"field": str(error)})
        return
    yield from node_type.problems(node_id, settings)
    yield from _ways(graph, node_id, node_type.ways(settings))
    if _comes_round(graph, node_id):
        yield Problem(node_id, "next", "endless_loop")


def _ways(graph: Graph, node_id: str, ways: Sequence[Way]) -> Iterator[Problem]:
    for way in ways:
        if way.target is None and way.required:
            yield Problem(node_id, way.field, "button_without_step", {"button": way.label})
        elif way.target is not None and way.target not in graph.nodes:
            yield Problem(node_id, way.field, "missing_target", {"target": way.target})


def _reachable(graph: Graph) -> set[str]:
    reached: set[str] = set()
    ahead: list[str | None] = [graph.start]
    while ahead:
        node_id = ahead.pop()
        if node_id is not None and node_id not in reached and node_id in graph.nodes:
            reached.add(node_id)
            ahead.extend(way.target for way in ways_out(graph, node_id))
    return reached


def _comes_round(graph: Graph, node_id: str) -> bool:
    """Say whether a person who comes here would come here again without being asked anything."""
    passed: set[str] = set()
    place = _straight_on(graph, node_id)
    while place is not None and place not in passed:
        if place == node_id:
            return True
        passed.add(place)
        place = _straight_on(graph, place)
    return False


def _straight_on(graph: Graph, node_id: str) -> str | None:
    """Return the next step, if a person goes there at once and nowhere else."""
    if node_id not in graph.nodes:
        return None
    try:
        node_type, settings = read(graph.nodes[node_id])
    except (UnknownTypeError, UnreadableStepError):
        return None
    ways = node_type.ways(settings)
    return ways[0].target if len(ways) == 1 and not node_type.waits else None
