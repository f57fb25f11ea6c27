"""Which flows send a file: asked by the library before a file goes."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext

from bots.models import Flow, FlowVersion, Run
from messengers.media_library import Holder


def of_file(media_id: int) -> Iterator[Holder]:
    """Return the flows that send the file, or once did. It is needed where people still come by."""
    inside = Run.objects.filter(state=Run.State.WAITING).values("version")
    for flow in Flow.objects.select_related("published").order_by("name", "pk"):
        live = FlowVersion.objects.filter(Q(pk=flow.published_id) | Q(pk__in=inside), flow=flow)
        if _sends(media_id, [flow.draft, *live.values_list("graph", flat=True)]):
            yield Holder(gettext("the flow “%(name)s”") % {"name": flow.name}, needed=True)
    if _sends(media_id, FlowVersion.objects.values_list("graph", flat=True)):
        yield Holder(gettext("an earlier version of a flow"), needed=False)


def _sends(media_id: int, graphs: Iterable[dict[str, Any]]) -> bool:
    nodes = (node for graph in graphs for node in graph.get("nodes", {}).values() if isinstance(node, dict))
    files = (file for node in nodes for file in node.get("attachments") or [])
    return any(isinstance(file, dict) and file.get("media") == media_id for file in files)
