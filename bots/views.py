"""The pages of bots: the list of flows, a new one, the editor. What the editor asks for later is in `editor_views`."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from bots import flows, listing, payloads
from bots.models import Flow
from bots.starters import build, starters
from workspaces.access import TenantRequest, page
from workspaces.roles import Permission


@page(Permission.EDIT_BOTS)
@require_GET
def flow_list(request: TenantRequest) -> HttpResponse:
    """Show the flows; htmx asks for further rows alone."""
    search, after = request.GET.get("search", ""), request.GET.get("after", "")
    found = listing.find(search, int(after) if after.isdecimal() and len(after) < 19 else None)
    template = "bots/flow_rows.html" if request.headers.get("HX-Request") and after else "bots/flow_list.html"
    return render(request, template, {"found": found, "search": search, "starters": starters().items()})


@page(Permission.EDIT_BOTS)
def new(request: TenantRequest) -> HttpResponse:
    """Offer ready flows, and make the chosen one in the words of the reader's language."""
    key = request.POST.get("starter", "")
    if key not in starters():
        return render(request, "bots/new_flow.html", {"starters": starters().items()})
    name, graph = build(key, request.LANGUAGE_CODE)
    flow = flows.create(request.POST.get("name", "").strip() or name, graph, request.user)
    return redirect("bots:flow", request.workspace.slug, flow.pk)


@page(Permission.EDIT_BOTS)
@require_GET
def flow(request: TenantRequest, flow_id: int) -> HttpResponse:
    """Show the editor. The island draws all of it."""
    row = get_object_or_404(Flow.objects.select_related("published", "updated_by"), pk=flow_id)
    return render(request, "bots/flow.html", {"flow": row, "editor": payloads.editor(request, row)})


@page(Permission.EDIT_BOTS)
@require_POST
def switch(request: TenantRequest, flow_id: int) -> HttpResponse:
    """Switch a flow on or off from the list; those inside go on."""
    row = get_object_or_404(Flow, pk=flow_id)
    switched = flows.switch(row, request.user, on=request.POST.get("on") == "yes")
    words = _("“%(name)s” is switched on.") if switched.is_active else _("“%(name)s” is switched off.")
    messages.success(request, words % {"name": switched.name})
    return redirect("bots:flows", request.workspace.slug)


@page(Permission.EDIT_BOTS)
@require_POST
def duplicate(request: TenantRequest, flow_id: int) -> HttpResponse:
    """Copy a flow and open the copy."""
    row = get_object_or_404(Flow, pk=flow_id)
    copy = flows.duplicate(row, _("%(name)s (copy)") % {"name": row.name[:100]}, request.user)
    return redirect("bots:flow", request.workspace.slug, copy.pk)
