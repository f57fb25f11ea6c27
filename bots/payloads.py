"""What the editor's island is told: a flow, its graph, what is wrong with it. Called by pages and endpoints."""

from dataclasses import asdict
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from bots import flows, listing, wording
from bots.effects import SendContent
from bots.graph import Graph, dump, load
from bots.models import Flow, FlowVersion, Run
from bots.registry import UnknownTypeError, UnreadableStepError, read, types
from messengers import markup, media, template_list, template_parts, template_rows
from messengers.fit import fit
from messengers.models import Channel
from messengers.registry import UnknownMessengerError, messenger
from workspaces.access import TenantRequest
from workspaces.models import User

FAILURES = 5


def editor(request: TenantRequest, flow: Flow) -> dict[str, Any]:
    """Return all that the editor needs to begin."""
    slug = request.workspace.slug
    return {
        **draft(flow),
        "channels": list(Channel.objects.order_by("id").values("id", "kind", "name")),
        "templates": _templates(),
        "types": [{"kind": one.kind, "name": gettext(one.name), "icon": one.icon} for one in types()],
        "failures": failures(flow),
        "data": f"{reverse('bots:flow', args=[slug, flow.pk])}data/",
        "upload": reverse("bots:upload", args=[slug]),
        "library": reverse("messengers:choose_media", args=[slug]),
        "list": reverse("bots:flows", args=[slug]),
        "practice": reverse("bots:practice", args=[slug, flow.pk]),
        "me": request.user.pk,
    }


def draft(flow: Flow) -> dict[str, Any]:
    """Return a flow with its draft, and what is wrong with that."""
    graph = flows.read_draft(flow)
    if graph is None:
        return {"flow": described(flow), "graph": None, "problems": [], "warnings": [], "files": {}}
    files = {number: media.signed_path(number) for number in flows.files_of([graph])}
    return {"flow": described(flow), "graph": dump(graph), "files": files, **checked(graph)}


def checked(graph: Graph) -> dict[str, Any]:
    """Return a graph's problems, and what the connected messengers would change in its messages."""
    return {
        "problems": [wording.problem(found) for found in flows.everything_wrong(graph)],
        "warnings": _warnings(graph),
    }


def described(flow: Flow) -> dict[str, Any]:
    """Return what the editor's head shows of a flow."""
    people = listing.people_in([flow.pk]).get(flow.pk, listing.People())
    return {
        "id": flow.pk,
        "name": flow.name,
        "revision": flow.draft_revision,
        "state": listing.state_of(flow),
        "active": flow.is_active,
        "version": flow.published.number if flow.published else None,
        "newer": flow.published is not None and flow.draft_revision != flow.published_revision,
        "updatedBy": _person(flow.updated_by),
        "updatedAt": flow.updated_at.isoformat(),
        "inside": people.inside,
        "passed": people.passed,
        "failed": people.failed,
    }


def before_publishing(flow: Flow) -> dict[str, Any]:
    """Return whose changes would go live, which they are, and what stands in the way."""
    graph = flows.read_draft(flow)
    authors = User.objects.filter(pk__in=flow.draft_authors).order_by("pk")
    return {
        "flow": described(flow),
        "authors": [_person(author) for author in authors],
        "changes": _difference(load(flow.published.graph) if flow.published else Graph(), graph or Graph()),
        "problems": [wording.problem(found) for found in flows.everything_wrong(graph)] if graph else [],
    }


def version(row: FlowVersion, flow: Flow) -> dict[str, Any]:
    """Return a line of the list of versions."""
    return {
        "number": row.number,
        "at": row.published_at.isoformat(),
        "by": _person(row.published_by),
        "live": flow.published is not None and row.pk == flow.published.pk,
    }


def said(effect: SendContent) -> dict[str, Any]:
    """Return a message as the trial shows it."""
    content = effect.content.model_dump(mode="json")
    return {
        "node": effect.node_id,
        "spans": [asdict(span) for span in markup.parse(effect.content.text)],
        "attachments": content["attachments"],
        "buttons": content["buttons"],
    }


def failures(flow: Flow) -> list[dict[str, Any]]:
    """Return the last runs that an error has ended, and why."""
    runs = Run.objects.filter(flow=flow, state=Run.State.FAILED).select_related("conversation__contact", "version")
    return [
        {
            "person": str(run.conversation.contact),
            "at": run.updated_at.isoformat(),
            "node": run.engine_state.get("at"),
            "version": run.version.number,
            "text": wording.failure(run.error),
        }
        for run in runs.order_by("-id")[:FAILURES]
    ]


def _templates() -> list[dict[str, Any]]:
    """Return the approved messages of all channels, each name and language once."""
    rows = template_rows.sendable(Channel.objects.values_list("pk", flat=True))
    return list(
        {
            (row.name, row.language): {
                "name": row.name,
                "language": row.language,
                "parts": row.parts,
                "values": row.defaults,
                "gaps": [
                    {"key": gap.key, "label": template_list.label(gap), "example": gap.example}
                    for gap in template_parts.gaps(row.said)
                ],
            }
            for row in rows
        }.values()
    )


def _difference(old: Graph, new: Graph) -> dict[str, int]:
    before, after = dump(old), dump(new)
    shared = before["nodes"].keys() & after["nodes"].keys()
    return {
        "added": len(after["nodes"].keys() - before["nodes"].keys()),
        "removed": len(before["nodes"].keys() - after["nodes"].keys()),
        "changed": sum(before["nodes"][one] != after["nodes"][one] for one in shared),
        "triggers": int(before["triggers"] != after["triggers"] or before["start"] != after["start"]),
    }


def _warnings(graph: Graph) -> list[dict[str, str]]:
    found = []
    channels = {channel.kind: channel for channel in Channel.objects.filter(state=Channel.State.ACTIVE)}
    for node_id in graph.order:
        for message in _messages(graph, node_id):
            for kind in sorted(channels):
                texts = _lost(message, kind)
                found += [{"node": node_id, "kind": kind, "channel": channels[kind].name, "text": one} for one in texts]
    return found


def _messages(graph: Graph, node_id: str) -> list[SendContent]:
    try:
        node_type, settings = read(graph.nodes[node_id])
        effects = node_type.run(node_id, settings).effects
    except (UnknownTypeError, UnreadableStepError, ValueError):
        return []  # unfinished: the step's problems say so
    return [effect for effect in effects if isinstance(effect, SendContent)]


def _lost(message: SendContent, kind: str) -> list[str]:
    try:
        capabilities = messenger(kind).capabilities
    except UnknownMessengerError:
        return []
    return [wording.warning(one) for one in fit(message.content, capabilities).warnings]


def _person(user: User | None) -> str:
    return str(user) if user else ""
