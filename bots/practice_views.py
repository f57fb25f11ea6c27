"""The page on which a flow is practised with made-up people: who goes through what, how it goes, an end."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from bots import listing, practising
from bots.models import Flow
from messengers import channels, practice
from messengers.models import Conversation
from workspaces.access import TenantRequest, page
from workspaces.roles import Permission

PATIENCE = timedelta(minutes=2)  # in which made-up people come, and messages arrive


@page(Permission.EDIT_BOTS)
@require_safe
def practice_page(request: TenantRequest, flow_id: int) -> HttpResponse:
    """Say what a practice is, and offer it."""
    flow = get_object_or_404(Flow.objects.select_related("published"), pk=flow_id)
    return render(request, "bots/practice.html", _offered(flow))


@page(Permission.EDIT_BOTS)
@require_POST
def begin(request: TenantRequest, flow_id: int) -> HttpResponse:
    """Let made-up people into the flow, and show how it goes; the page asks again while some are still to come."""
    flow = get_object_or_404(Flow.objects.select_related("published"), pk=flow_id)
    since = _moment(request.POST.get("since", ""))
    published, people = request.POST.get("version") == "published", _count(request.POST.get("people", ""))
    try:
        with transaction.atomic():
            version = practising.version_for(flow, published=published)
            stages = practice.stages(
                practising.channels_of(flow),
                people if since is None else 0,  # those who are to come were asked at the beginning
                request.user,
                may_make=request.may(Permission.MANAGE_CHANNELS),
            )
            since = since or timezone.now()
            practising.begin(stages, version, people, since)
    except practising.UnfinishedError:
        return _refused(request, flow, _("The draft is not finished: the editor shows what is missing."))

        return _refused(
            request, flow, _("None of this flow's channels can be practised on. Connect a messenger first.")
        )
    except practice.NoTwinError as error:
        told = _("“%(name)s” has no practice channel yet. Ask somebody who manages channels to make one.")
        return _refused(request, flow, told % {"name": error})
    except (practice.NoLabError, channels.RefusedByMessengerError, channels.InvalidSettingsError):
        return _refused(request, flow, _("The lab does not answer. Nothing has changed."))
    if not stages:
        return _refused(
            request, flow, _("None of this flow's channels can be practised on. Connect a messenger first.")
        )
    scenes = practising.scenes(stages, version, people, since)
    under_way = any(scene.came < people or scene.waiting for scene in scenes)
    context: dict[str, Any] = {"flow": flow, "scenes": scenes, "people": people, "since": since.isoformat()}
    context |= {"version": "published" if published else "draft"}
    context |= {"goes_on": under_way and timezone.now() - since < PATIENCE}
    if request.headers.get("HX-Request"):
        return render(request, "bots/practice_scenes.html", context)
    return render(request, "bots/practice.html", _offered(flow) | context)


@page(Permission.EDIT_BOTS)
@require_POST
def end(request: TenantRequest, flow_id: int) -> HttpResponse:
    """Stop whoever of the made-up people is still in the flow."""
    flow = get_object_or_404(Flow, pk=flow_id)
    count = practising.end(flow)
    words = ngettext(
        "The practice is over: %(count)s made-up person was stopped.",
        "The practice is over: %(count)s made-up people were stopped.",
        count,
    )
    messages.success(request, words % {"count": count})
    return redirect("bots:practice", request.workspace.slug, flow.pk)


@page(Permission.EDIT_BOTS)
@require_safe
def phone(request: TenantRequest, flow_id: int, conversation_id: int) -> HttpResponse:
    """Open the phone of a made-up person in the lab."""
    talk = get_object_or_404(Conversation.objects.select_related("identity", "channel"), pk=conversation_id)
    flow = get_object_or_404(Flow, pk=flow_id)
    if not talk.channel.practice:
        return _refused(request, flow, _("This is a real person: the lab has no phone of theirs."))
    try:
        return redirect(practice.phone(talk))
    except practice.NoLabError:
        return _refused(request, flow, _("The lab does not answer. Nothing has changed."))


def _offered(flow: Flow) -> dict[str, Any]:
    found = practising.channels_of(flow)
    offered = [channel for channel in found if practice.is_offered(channel.kind)]
    return {
        "flow": flow,
        "offered": offered,
        "left_out": [channel for channel in found if channel not in offered],
        "people": practising.PEOPLE,
        "most": practising.MOST,
        "newer": listing.state_of(flow) == listing.FlowState.NEWER_DRAFT,
    }


def _refused(request: TenantRequest, flow: Flow, words: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return render(request, "bots/practice_refused.html", {"words": words})
    messages.error(request, words)
    return redirect("bots:practice", request.workspace.slug, flow.pk)


def _count(given: str) -> int:
    return max(1, min(practising.MOST, int(given))) if given.isdecimal() and len(given) < 9 else practising.PEOPLE


def _moment(given: str) -> datetime | None:
    """Return when the practice began; a moment that nobody could have been given begins a new one."""
    try:
        told = parse_datetime(given)
    except ValueError:
        return None
    return told if told is not None and timezone.is_aware(told) and told <= timezone.now() else None
