"""A flow's life: make, rename, edit, publish, switch, copy, delete. Pages and the demo call this, inside `tenant()`.

Each change locks the flow's row, checks what its maker had seen, writes, and stands in the audit log.
"""

from collections.abc import Iterable, Sequence

from django.db.models import Max, QuerySet
from django.utils import timezone
from pydantic import ValidationError

from bots import triggers
from bots.graph import Graph, NewerFormatError, Node, Problem, UnknownTrigger, dump, load
from bots.models import Flow, FlowVersion, Run
from bots.problems import problems
from bots.speech import StepTemplate
from messengers import template_parts
from messengers.models import Channel, Media, MessageTemplate
from messengers.template_parts import TemplateParts
from workspaces import audit
from workspaces.models import User

NAME_LENGTH = 120


class ConflictError(Exception):
    """Somebody else has saved meanwhile; `flow` is as it stands now."""

    def __init__(self, flow: Flow) -> None:
        """Keep the flow."""
        super().__init__(flow.pk)
        self.flow = flow


class ProblemsError(Exception):
    """The draft cannot be published; `problems` say why."""

    def __init__(self, found: Sequence[Problem]) -> None:
        """Keep the problems."""
        super().__init__(len(found))
        self.problems = list(found)


class PeopleInsideError(Exception):
    """The flow has people who wait in it, and nobody has agreed to lose them; `count` is how many."""

    def __init__(self, count: int) -> None:
        """Keep the number."""
        super().__init__(count)
        self.count = count


class EmptyNameError(ValueError):
    """A flow needs a name."""


class NeverPublishedError(Exception):
    """There is no published version to act on."""


def create(name: str, graph: Graph, user: User | None) -> Flow:
    """Make a flow with a draft that nobody has published."""
    author = {"updated_by": user, "draft_authors": [user.pk] if user else []}
    flow = Flow.objects.create(name=_name(name), draft=dump(graph), **author)
    audit.record(user, "flow.created", flow)
    return flow


def rename(flow: Flow, name: str, user: User) -> Flow:
    """Give a flow another name."""
    locked = _lock(flow)
    before = audit.snapshot(locked, ["name"])
    locked.name = _name(name)
    if changes := audit.changed(before, locked):
        _save(locked, user, "name")
        audit.record(user, "flow.renamed", locked, changes)
    return locked


def save_draft(flow: Flow, graph: Graph, expected_revision: int, user: User) -> Flow:
    """Store the draft; ConflictError unless its editor has seen the newest one."""
    locked = _lock(flow, expected_revision)
    if dump(graph) == locked.draft:
        return locked
    _write_draft(locked, dump(graph), user)
    return locked


def publish(flow: Flow, expected_revision: int, user: User | None) -> FlowVersion:
    """Make the draft the version into which people come from now on. Who is inside stays in his own version."""
    locked = _lock(flow, expected_revision)
    graph = load(locked.draft)
    if errors := [found for found in everything_wrong(graph) if found.error]:
        raise ProblemsError(errors)
    last = FlowVersion.objects.filter(flow=locked).aggregate(last=Max("number"))["last"] or 0
    version = FlowVersion.objects.create(flow=locked, number=last + 1, graph=locked.draft, published_by=user)
    triggers.lay(locked, version, graph)
    locked.published, locked.published_revision, locked.draft_authors = version, locked.draft_revision, []
    _save(locked, user, "published", "published_revision", "draft_authors")
    audit.record(user, "flow.published", locked, {"version": (last or None, version.number)})
    return version


def discard_draft(flow: Flow, expected_revision: int, user: User) -> Flow:
    """Go back to what is published."""
    locked = _lock(flow, expected_revision)
    if locked.published is None:
        raise NeverPublishedError
    locked.draft, locked.draft_authors = locked.published.graph, []
    locked.draft_revision += 1
    locked.published_revision = locked.draft_revision
    _save(locked, user, "draft", "draft_revision", "published_revision", "draft_authors")
    audit.record(user, "flow.draft_discarded", locked)
    return locked


def restore(version: FlowVersion, expected_revision: int, user: User) -> Flow:
    """Make an older version the draft again. What is published stays."""
    locked = _lock(version.flow, expected_revision)
    _write_draft(locked, version.graph, user)
    audit.record(user, "flow.version_restored", locked, {"version": (None, version.number)})
    return locked


def switch(flow: Flow, user: User, *, on: bool, stop_inside: bool = False) -> Flow:
    """Let people in, or nobody any more. Those inside go on to the end unless they are stopped too."""
    locked = _lock(flow)
    if locked.is_active != on:
        locked.is_active = on
        _save(locked, user, "is_active")
        audit.record(user, "flow.switched_on" if on else "flow.switched_off", locked)
    if stop_inside and not on:
        stopped = inside(locked).update(state=Run.State.STOPPED, updated_at=timezone.now())
        audit.record(user, "flow.people_stopped", locked, {"people": (stopped, 0)})
    return locked


def duplicate(flow: Flow, name: str, user: User, graph: Graph | None = None) -> Flow:
    """Make a new flow of this one's draft, or of what an editor could not save here."""
    copy = create(name, graph or load(flow.draft), user)
    audit.record(user, "flow.duplicated", copy, {"of": (None, flow.pk)})
    return copy


def delete(flow: Flow, user: User, *, lose_people: bool = False) -> None:
    """Remove a flow with its versions and runs; PeopleInsideError while people wait in it."""
    locked = _lock(flow)
    count = inside(locked).count()
    if count and not lose_people:
        raise PeopleInsideError(count)
    audit.record(user, "flow.deleted", locked, {"name": (locked.name, None)})
    locked.delete()


def inside(flow: Flow) -> QuerySet[Run]:
    """Return the runs of those who wait in a flow."""
    return Run.objects.filter(flow=flow, state=Run.State.WAITING)


def everything_wrong(graph: Graph) -> list[Problem]:
    """Return the graph's problems, and what it names that the workspace does not have any more."""
    return [*problems(graph), *_missing_files(graph), *_missing_channels(graph), *_missing_templates(graph)]


def read_draft(flow: Flow) -> Graph | None:
    """Return the draft, or None where this Kaskad is too old to read it."""
    try:
        return load(flow.draft)
    except NewerFormatError:
        return None


def files_of(graphs: Iterable[Graph]) -> set[int]:
    """Return the ids of the files that graphs name."""
    nodes = [node for graph in graphs for node in graph.nodes.values()]
    given = [file for node in nodes for file in _list(node.settings().get("attachments"))]
    return {file["media"] for file in given if isinstance(file, dict) and isinstance(file.get("media"), int)}


def _missing_files(graph: Graph) -> Iterable[Problem]:
    known = set(Media.objects.filter(pk__in=files_of([graph])).values_list("pk", flat=True))
    for node_id, node in graph.nodes.items():
        for file in _list(node.settings().get("attachments")):
            if isinstance(file, dict) and file.get("media") not in known:
                yield Problem(node_id, "attachments", "missing_file", {"file": file.get("name", "")})


def _missing_channels(graph: Graph) -> Iterable[Problem]:
    named = [trigger for trigger in graph.triggers if not isinstance(trigger, UnknownTrigger) and trigger.channels]
    wanted = {channel for trigger in named for channel in trigger.channels}
    known = set(Channel.objects.filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()
    return [Problem(one.id, "channels", "missing_channel") for one in named if not known.issuperset(one.channels)]


def _missing_templates(graph: Graph) -> Iterable[Problem]:
    """Say which templates are not approved any more, or have other gaps than when they were chosen."""
    chosen = {node_id: found for node_id, node in graph.nodes.items() if (found := _template(node)) is not None}
    names = {template.name for template in chosen.values()}
    rows = list(MessageTemplate.objects.filter(name__in=names)) if names else []
    for node_id, template in chosen.items():
        mine = [row for row in rows if (row.name, row.language) == (template.name, template.language)]
        if not mine:
            yield Problem(node_id, "template", "template_gone")
        elif not any(row.state == MessageTemplate.State.APPROVED for row in mine):
            lasting = mine[0].state in (MessageTemplate.State.REJECTED, MessageTemplate.State.DISABLED)
            yield Problem(node_id, "template", f"template_{mine[0].state}", error=lasting)
        elif all(_keys(row.said) != _keys(template.parts) for row in mine):
            yield Problem(node_id, "template", "template_changed")


def _template(node: Node) -> StepTemplate | None:
    try:
        return StepTemplate.model_validate(node.settings().get("template"))
    except ValidationError:
        return None


def _keys(parts: TemplateParts) -> set[str]:
    return {gap.key for gap in template_parts.gaps(parts)} | {str(parts.header_file)}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _lock(flow: Flow, expected_revision: int | None = None) -> Flow:
    rows = Flow.objects.select_related("published", "updated_by").select_for_update(of=("self",))
    locked = rows.get(pk=flow.pk)
    if expected_revision is not None and locked.draft_revision != expected_revision:
        raise ConflictError(locked)
    return locked


def _write_draft(locked: Flow, draft: dict[str, object], user: User) -> None:
    locked.draft = draft
    locked.draft_revision += 1
    if user.pk not in locked.draft_authors:
        locked.draft_authors = [*locked.draft_authors, user.pk]
        audit.record(user, "flow.edited", locked)
    _save(locked, user, "draft", "draft_revision", "draft_authors")


def _save(locked: Flow, user: User | None, *fields: str) -> None:
    locked.updated_by = user
    locked.save(update_fields=[*fields, "updated_by", "updated_at"])


def _name(name: str) -> str:
    name = " ".join(name.split())[:NAME_LENGTH]
    if not name:
        raise EmptyNameError
    return name
