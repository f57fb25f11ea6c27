"""The page of deliveries: messages that may not have arrived, and what to do with them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from messengers import decisions
from messengers.decisions import Decision
from messengers.delivery_list import lines
from messengers.models import Channel
from messengers.statuses import Status
from workspaces.access import TenantRequest, page
from workspaces.roles import Permission

_TABS = {"uncertain": decisions.UNDECIDED, "failed": decisions.FAILED}


@page(Permission.SEND_BROADCASTS)
@require_safe
def deliveries(request: TenantRequest) -> HttpResponse:
    """List messages that may not have arrived, or did not."""
    tab, statuses = _tab(request.GET.get("tab"))
    channel = _channel(request.GET.get("channel"))
    found = decisions.newest(statuses, channel, before=_number(request.GET.get("before")))
    chosen = {"tab": tab} | ({"channel": channel.pk} if channel else {})
    more = len(found) == decisions.PAGE
    counts = {name: decisions.count(those, channel) for name, those in _TABS.items()}
    context = {
        "lines": lines(found),
        "next": f"?{urlencode(chosen | {'before': found[-1].pk})}" if more else "",
        "tab": tab,
        "channel": channel,
        "channels": [("", _("All channels")), *((str(one.pk), one.name) for one in Channel.objects.order_by("name"))],
        "counts": counts,
        "counts_here": counts[tab],
        "counted": decisions.COUNTED,
        "may_answer": request.may(Permission.ANSWER_CHATS),
    }
    rows_only = request.headers.get("HX-Request") and "before" in request.GET
    return render(request, "messengers/delivery_rows.html" if rows_only else "messengers/deliveries.html", context)


@page(Permission.SEND_BROADCASTS)
@require_POST
def decide(request: TenantRequest) -> HttpResponse:
    """Do with the chosen messages, or with all there are, what was decided."""
    tab, statuses = _tab(request.POST.get("tab"))
    channel = _channel(request.POST.get("channel"))
    chosen = [number for text in request.POST.getlist("message") if (number := _number(text)) is not None]
    rows = decisions.all_of(statuses, channel) if request.POST.get("all") == "yes" else decisions.these(chosen)
    try:
        decision = Decision(request.POST.get("decision", ""))
    except ValueError:
        messages.error(request, _("Choose what to do with them."))
    else:
        _say(request, decision, decisions.decide(rows, decision, request.user, request.workspace))
    query = {"tab": tab} | ({"channel": channel.pk} if channel else {})
    return redirect(f"{reverse('messengers:deliveries', args=[request.workspace.slug])}?{urlencode(query)}")


def _say(request: TenantRequest, decision: Decision, done: int) -> None:
    if not done:
        messages.info(request, _("Nothing was left to decide: somebody was faster."))
        return
    match decision:
        case Decision.SEND:
            text = ngettext("%(count)s message is sent again.", "%(count)s messages are sent again.", done)
        case Decision.ARRIVED:
            text = ngettext(
                "%(count)s message is marked as arrived.", "%(count)s messages are marked as arrived.", done
            )
        case Decision.GIVE_UP:
            text = ngettext("%(count)s message is given up.", "%(count)s messages are given up.", done)
    messages.success(request, text % {"count": done})


def _tab(name: str | None) -> tuple[str, tuple[Status, ...]]:
    tab = name if name in _TABS else "uncertain"
    return tab, _TABS[tab]


def _channel(text: str | None) -> Channel | None:
    number = _number(text)
    return get_object_or_404(Channel, pk=number) if number is not None else None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None
