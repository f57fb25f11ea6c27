"""Which flow starts: lookups in the rows that publishing made. Called by `runner`; the rules are in `docs/flows.md`.

Of several keywords the best fit wins: exact, then starts with, then contains; then the longest; then the oldest flow.
"""

from collections.abc import Iterator

from django.db.models import QuerySet

from bots import keywords
from bots.graph import Graph, KeywordTrigger, UnknownTrigger, WelcomeTrigger
from bots.models import Flow, FlowVersion, Trigger


def by_keyword(text: str, channel_id: int) -> Trigger | None:
    """Return the trigger that a person's words fire on a channel."""
    written = keywords.normalise(text)
    phrases = keywords.candidates(written)
    if not phrases:
        return None
    rows = _active().filter(kind="keyword", phrase__in=phrases)
    fitting = [row for row in rows if _is_heard(row, channel_id) and keywords.matches(row.phrase, row.mode, written)]
    return min(fitting, key=lambda row: (*keywords.rank(row.phrase, row.mode), row.flow_id, row.pk), default=None)


def by_welcome(channel_id: int) -> Trigger | None:
    """Return the trigger of the oldest flow that welcomes people on a channel."""
    rows = _active().filter(kind="welcome").order_by("flow_id", "id")
    return next((row for row in rows if _is_heard(row, channel_id)), None)


def lay(flow: Flow, version: FlowVersion, graph: Graph) -> None:
    """Replace a flow's rows by those of the version that is published now."""
    Trigger.objects.filter(flow=flow).delete()
    Trigger.objects.bulk_create(_rows(flow, version, graph))


def _active() -> QuerySet[Trigger]:
    return Trigger.objects.filter(flow__is_active=True).select_related("flow", "version")


def _is_heard(row: Trigger, channel_id: int) -> bool:
    return not row.channels or channel_id in row.channels


def _rows(flow: Flow, version: FlowVersion, graph: Graph) -> Iterator[Trigger]:
    for trigger in graph.triggers:
        match trigger:
            case WelcomeTrigger():
                yield Trigger(flow=flow, version=version, kind=trigger.kind, channels=trigger.channels)
            case KeywordTrigger():
                for phrase in sorted({keywords.normalise(one) for one in trigger.phrases} - {""}):
                    row = Trigger(flow=flow, version=version, kind=trigger.kind, channels=trigger.channels)
                    row.phrase, row.mode = phrase, trigger.mode
                    yield row
            case UnknownTrigger():
                continue
