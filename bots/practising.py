"""Practice for a whole flow: made-up people of the lab go through it, everything runs, and nothing leaves.

They go through the draft as it stands, or through what is published, whatever would start the flow in life. The pages
call this. A draft gets a version of its own with the number 0, which no list shows; the next practice replaces it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from bots import flows, runner
from bots.graph import Graph, dump, load
from bots.models import Flow, FlowVersion, Run
from messengers import practice
from messengers.models import Channel, Conversation, Message
from messengers.statuses import Status

PEOPLE = 20
MOST = 200
SHOWN = 10
UNNUMBERED = 0  # the version of a draft that is practised
ON_ITS_WAY = (Status.QUEUED, Status.SENDING)
ARRIVED = (Status.SENT, Status.DELIVERED, Status.READ)


class UnfinishedError(Exception):
    """The draft has problems, so nobody can go through it."""


@dataclass(frozen=True, slots=True)
class Participant:
    """A made-up person, and what the flow told him last."""

    talk: Conversation
    told: str


@dataclass(frozen=True, slots=True)
class Scene:
    """How a practice goes on one channel."""

    channel: Channel
    twin: Channel
    came: int
    states: Counter[str]
    arrived: int
    waiting: int
    failed: int
    participants: Sequence[Participant]


def channels_of(flow: Flow) -> list[Channel]:
    """Return the channels on which the flow can begin: those that its triggers name, or all that work."""
    graph = flows.read_draft(flow)
    triggers = graph.triggers if graph else []
    named = [set(getattr(trigger, "channels", [])) for trigger in triggers]
    rows = Channel.objects.filter(state=Channel.State.ACTIVE).order_by("practice", "pk")
    if named and all(named):
        return list(rows.filter(pk__in=set().union(*named)))
    return _one_of_a_kind(rows)


def version_for(flow: Flow, *, published: bool) -> FlowVersion:
    """Return the version that people go through; UnfinishedError for a draft that nobody could."""
    if published and flow.published is not None:
        chosen: FlowVersion = flow.published
        return chosen
    graph = flows.read_draft(flow)
    if graph is None or _is_unfinished(graph):
        raise UnfinishedError
    drawn = dump(graph)
    if flow.published is not None and drawn == dump(load(flow.published.graph)):
        return version_for(flow, published=True)
    known = FlowVersion.objects.filter(flow=flow, number=UNNUMBERED).first()
    if known is not None and known.graph == drawn:
        return known
    if known is not None:
        known.delete()
    return FlowVersion.objects.create(flow=flow, number=UNNUMBERED, graph=drawn)


def begin(stages: Iterable[practice.Stage], version: FlowVersion, people: int, since: datetime) -> int:
    """Let those into the flow who have come and are not in it since then; return how many that were."""
    begun = 0
    for stage in _each_twin_once(stages):
        for talk in practice.crowd(stage.twin)[:people]:
            if not _runs(version, since).filter(conversation=talk).exists():
                begun += runner.begin(talk, version.flow, version)
    return begun


def scenes(stages: Iterable[practice.Stage], version: FlowVersion, people: int, since: datetime) -> list[Scene]:
    """Return what has become of it so far."""
    return [_scene(stage, version, people, since) for stage in _each_twin_once(stages)]


def end(flow: Flow) -> int:
    """Stop the made-up people who are still in the flow; return how many."""
    inside = flows.inside(flow).filter(conversation__channel__practice=True)
    return inside.update(state=Run.State.STOPPED, updated_at=timezone.now())


def _is_unfinished(graph: Graph) -> bool:
    """Say whether a step is not ready. What starts the flow does not matter here."""
    triggers = {trigger.id for trigger in graph.triggers}
    wrong = [found for found in flows.everything_wrong(graph) if found.error]
    return any(found.node_id not in triggers and found.field != "triggers" for found in wrong)


def _scene(stage: practice.Stage, version: FlowVersion, people: int, since: datetime) -> Scene:
    talks = list(practice.crowd(stage.twin)[:people])
    runs = {run.conversation_id: run for run in _runs(version, since).filter(conversation__in=talks).order_by("pk")}
    ids = [run.pk for run in runs.values()]
    said = Message.objects.filter(
        channel=stage.twin, source=Message.Source.BOT, source_id__in=ids, created_at__gte=since
    )
    statuses = Counter(said.values_list("status", flat=True))
    last = {row.conversation_id: row for row in said.filter(conversation__in=talks[:SHOWN]).order_by("pk")}
    return Scene(
        channel=stage.channel,
        twin=stage.twin,
        came=len(talks),
        states=Counter(run.state for run in runs.values()),
        arrived=sum(statuses[one] for one in ARRIVED),
        waiting=sum(statuses[one] for one in ON_ITS_WAY),
        failed=sum(statuses.values()) - sum(statuses[one] for one in (*ARRIVED, *ON_ITS_WAY)),
        participants=[
            Participant(talk, str(last[talk.pk].content.get("text", "")) if talk.pk in last else "")
            for talk in talks[:SHOWN]
            if talk.pk in runs
        ],
    )


def _runs(version: FlowVersion, since: datetime) -> QuerySet[Run]:
    return Run.objects.filter(flow=version.flow, version=version, started_at__gte=since)


def _each_twin_once(stages: Iterable[practice.Stage]) -> list[practice.Stage]:
    return list({stage.twin.pk: stage for stage in stages}.values())


def _one_of_a_kind(rows: Iterable[Channel]) -> list[Channel]:
    """Return a channel of each messenger, a true one where there is one: all of a kind carry the same."""
    kinds: dict[str, Channel] = {}
    for channel in rows:
        kinds.setdefault(channel.kind, channel)
    return list(kinds.values())
