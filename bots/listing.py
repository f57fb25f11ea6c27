"""The list of flows: a page of it, with what starts each and how many people are in it. Called by the pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Count

from bots import wording
from bots.graph import load
from bots.models import Flow, Run

PAGE = 30


class FlowState(StrEnum):
    """What the people outside see of a flow."""

    DRAFT = "draft"
    PUBLISHED = "published"
    NEWER_DRAFT = "newer_draft"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Row:
    """A flow as the list shows it."""

    flow: Flow
    state: FlowState
    triggers: list[str]
    inside: int
    passed: int
    failed: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some flows, the newest first; `after` asks for the next ones, None at the end."""

    rows: list[Row]
    after: int | None


@dataclass(frozen=True, slots=True)
class People:
    """How many wait in a flow, have come to its end, were stopped by an error."""

    inside: int = 0
    passed: int = 0
    failed: int = 0


def find(search: str = "", after: int | None = None, size: int = PAGE) -> Page:
    """Return a page of the list; `after` is the last flow that the reader has."""
    flows = Flow.objects.select_related("published", "updated_by").order_by("-id")
    if search.strip():
        flows = flows.filter(name__icontains=search.strip())
    if after is not None:
        flows = flows.filter(pk__lt=after)
    found = list(flows[: size + 1])
    shown = found[:size]
    people = people_in([flow.pk for flow in shown])
    rows = [_row(flow, people.get(flow.pk, People())) for flow in shown]
    return Page(rows, shown[-1].pk if len(found) > size else None)


def state_of(flow: Flow) -> FlowState:
    """Return what a flow is to the people outside."""
    if flow.published is None:
        return FlowState.DRAFT
    if not flow.is_active:
        return FlowState.OFF
    return FlowState.PUBLISHED if flow.draft_revision == flow.published_revision else FlowState.NEWER_DRAFT


def people_in(flow_ids: Sequence[int]) -> dict[int, People]:
    """Count the people of flows, in one query."""
    states = {Run.State.WAITING: "inside", Run.State.FINISHED: "passed", Run.State.FAILED: "failed"}
    counted: dict[int, dict[str, int]] = {}
    runs = Run.objects.filter(flow_id__in=flow_ids, state__in=states).order_by()
    for flow_id, state, count in runs.values_list("flow_id", "state").annotate(Count("id")):
        counted.setdefault(flow_id, {})[states[Run.State(state)]] = count
    return {flow_id: People(**counts) for flow_id, counts in counted.items()}


def _row(flow: Flow, people: People) -> Row:
    graph = flow.published.graph if flow.published else flow.draft
    try:
        starts = wording.triggers(load(graph))
    except ValueError:
        starts = []
    return Row(flow, state_of(flow), starts, people.inside, people.passed, people.failed)
