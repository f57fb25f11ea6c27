"""The last things that happened in a workspace, newest first. Read by the dashboard."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest

from django.urls import reverse
from django.utils.translation import gettext as _

from bots.models import FlowVersion
from messengers.models import Channel, Conversation, Identity
from workspaces.access import TenantRequest
from workspaces.models import Membership
from workspaces.roles import Permission

SHOWN = 8


@dataclass(frozen=True)
class Event:
    """Something that happened: a face or an icon, words, and perhaps a page to open."""

    at: datetime
    icon: str
    text: str
    messenger: str = ""
    address: str = ""


def last_events(request: TenantRequest) -> list[Event]:
    """Return the newest events that this member may see, in one query for each kind."""
    found: list[Event] = []
    if request.may(Permission.VIEW_CONTACTS):
        found += _people(request)
    if request.may(Permission.VIEW_REPORTS):
        found += _publications()
    found += _channels()
    found += _members()
    return nlargest(SHOWN, found, key=lambda event: event.at)


def _people(request: TenantRequest) -> Iterator[Event]:
    newest = Conversation.objects.select_related("contact", "channel").order_by("-id")[:SHOWN]
    for talk in newest:
        yield Event(
            talk.created_at,
            "user-round-plus",
            _("%(name)s subscribed") % {"name": talk.contact},
            talk.channel.kind,
            reverse("chatpanel:conversation", args=[request.workspace.slug, talk.pk]),
        )
    gone = Identity.objects.exclude(state=Identity.State.ACTIVE).filter(state_at__isnull=False)
    for identity in gone.select_related("contact", "channel").order_by("-state_at")[:SHOWN]:
        text = (
            _("%(name)s blocked the channel")
            if identity.state == Identity.State.BLOCKED
            else _("%(name)s unsubscribed")
        )
        assert identity.state_at
        yield Event(identity.state_at, "user-round-minus", text % {"name": identity.contact}, identity.channel.kind)


def _publications() -> Iterator[Event]:
    for version in FlowVersion.objects.select_related("flow").order_by("-id")[:SHOWN]:
        words = {"flow": version.flow.name, "number": version.number}
        yield Event(version.published_at, "workflow", _("Flow “%(flow)s” was published, version %(number)s") % words)


def _channels() -> Iterator[Event]:
    for channel in Channel.objects.order_by("-id")[:SHOWN]:
        yield Event(channel.created_at, "plug", _("Channel “%(name)s” was connected") % {"name": channel}, channel.kind)


def _members() -> Iterator[Event]:
    for member in Membership.objects.select_related("user").order_by("-id")[:SHOWN]:
        yield Event(member.created_at, "user-plus", _("%(name)s joined the workspace") % {"name": member.user})
