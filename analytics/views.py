"""The dashboard's page. It asks, and shows."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from analytics.events import last_events
from analytics.first_steps import first_steps, hide_first_steps, show_first_steps
from analytics.growth_chart import growth_chart
from analytics.overview import overview
from analytics.period import CHOICES, period_of
from workspaces.access import TenantRequest, page
from workspaces.roles import Permission


@page(Permission.VIEW_DASHBOARD)
@require_GET
def dashboard(request: TenantRequest) -> HttpResponse:
    """Show how the workspace does."""
    period = period_of(request.GET.get("days"), timezone.now(), timezone.get_current_timezone())
    figures = overview(period)
    steps = first_steps(request)
    context: dict[str, Any] = {
        "period": period,
        "choices": CHOICES,
        "figures": figures,
        "chart": growth_chart(figures.growth),
        "steps": steps,
        "next_step": next((progress for progress in steps if not progress.done), None),
        "steps_done": sum(progress.done for progress in steps),
        "events": last_events(request),
        "may_answer": request.may(Permission.ANSWER_CHATS),
        "may_mend": request.may(Permission.MANAGE_CHANNELS),
    }
    return render(request, "analytics/dashboard.html", context)


@page(Permission.VIEW_DASHBOARD)
@require_POST
def hide_steps(request: TenantRequest) -> HttpResponse:
    """Put the first steps away for this member."""
    hide_first_steps(request)
    undo = reverse("analytics:show_steps", args=[request.workspace.slug])
    messages.info(request, _("The first steps are hidden."), extra_tags=undo)
    return redirect("analytics:dashboard", request.workspace.slug)


@page(Permission.VIEW_DASHBOARD)
@require_POST
def show_steps(request: TenantRequest) -> HttpResponse:
    """Bring the first steps back."""
    show_first_steps(request)
    return redirect("analytics:dashboard", request.workspace.slug)
