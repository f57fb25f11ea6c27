"""The page of what came in on a channel and could not be handled: look at it, replay it, drop it."""

import json
from functools import partial

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from messengers import failed_updates, tasks
from messengers.models import Channel, InboundUpdate
from workspaces.access import TenantRequest, page
from workspaces.roles import Permission


@page(Permission.MANAGE_CHANNELS)
@require_safe
def failed(request: TenantRequest, channel_id: int) -> HttpResponse:
    """List the updates of a channel that could not be handled."""
    channel = get_object_or_404(Channel, pk=channel_id)
    before = request.GET.get("before", "")
    found = failed_updates.newest(channel, before=int(before) if before.isdecimal() and len(before) < 19 else None)
    more = len(found) == failed_updates.PAGE
    context = {
        "channel": channel,
        "updates": [(one, json.dumps(one.body, ensure_ascii=False, indent=2)) for one in found],
        "next": f"?before={found[-1].pk}" if more else "",
        "count": failed_updates.count(channel),
    }
    rows_only = request.headers.get("HX-Request") and before
    return render(request, "messengers/failed_rows.html" if rows_only else "messengers/failed.html", context)


@page(Permission.MANAGE_CHANNELS)
@require_POST
def replay_all(request: TenantRequest, channel_id: int) -> HttpResponse:
    """Have all of them handled again."""
    channel = get_object_or_404(Channel, pk=channel_id)
    count = failed_updates.replay_all(channel, request.user)
    if count:
        _announce(request, channel)
        text = ngettext("%(count)s update is handled again.", "%(count)s updates are handled again.", count)
        messages.success(request, text % {"count": count})
    return redirect("messengers:failed_updates", request.workspace.slug, channel_id)


@page(Permission.MANAGE_CHANNELS)
@require_POST
def replay(request: TenantRequest, channel_id: int, update_id: int) -> HttpResponse:
    """Have one of them handled again."""
    update = _update(channel_id, update_id)
    if failed_updates.replay(update, request.user):
        _announce(request, update.channel)
        messages.success(request, _("It is handled again. If that fails, it comes back here."))
    return redirect("messengers:failed_updates", request.workspace.slug, channel_id)


@page(Permission.MANAGE_CHANNELS)
@require_POST
def drop(request: TenantRequest, channel_id: int, update_id: int) -> HttpResponse:
    """Give one of them up."""
    if failed_updates.drop(_update(channel_id, update_id), request.user):
        messages.success(request, _("Dropped."))
    return redirect("messengers:failed_updates", request.workspace.slug, channel_id)


def _update(channel_id: int, update_id: int) -> InboundUpdate:
    channel = get_object_or_404(Channel, pk=channel_id)
    try:
        return failed_updates.get(channel, update_id)
    except InboundUpdate.DoesNotExist as error:
        raise Http404 from error


def _announce(request: TenantRequest, channel: Channel) -> None:
    transaction.on_commit(partial(tasks.announce, channel.pk, workspace_id=request.workspace.pk))
