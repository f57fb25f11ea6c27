"""What the panel's island needs to know before it asks for anything. Called by the page."""

from typing import Any

from django.urls import reverse

from chatpanel.replying import ANSWERING_ROLES
from messengers.media import SIZE_LIMIT
from messengers.message_words import all_words
from messengers.models import Channel
from workspaces.access import TenantRequest
from workspaces.models import Membership
from workspaces.roles import Permission

FILES = 10


def panel(request: TenantRequest, conversation_id: int | None) -> dict[str, Any]:
    """Return who is reading, what he may, with whom he works, and where the panel's addresses are."""
    slug = request.workspace.slug
    members = Membership.objects.filter(role__in=ANSWERING_ROLES).select_related("user").order_by("id")
    channels = Channel.objects.order_by("id").values("id", "kind", "name")
    root = reverse("chatpanel:panel", args=[slug])
    return {
        "me": {"id": request.user.pk, "name": str(request.user)},
        "members": [{"id": member.user_id, "name": str(member.user)} for member in members],
        "channels": list(channels),
        "open": conversation_id,
        "timeZone": request.workspace.time_zone,
        "root": root,
        "data": f"{root}data/",
        "socket": f"/ws{root}",
        "connectUrl": _connect_url(request),
        "mayEditContacts": request.may(Permission.EDIT_CONTACTS),
        "files": {"count": FILES, "size": SIZE_LIMIT},
        "reasons": all_words(),
        "library": reverse("messengers:choose_media", args=[slug]),
    }


def _connect_url(request: TenantRequest) -> str | None:
    if not request.may(Permission.MANAGE_CHANNELS):
        return None
    return reverse("messengers:channels", args=[request.workspace.slug])
