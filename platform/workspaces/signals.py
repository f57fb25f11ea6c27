"""What the rest of the house is told of workspaces, and of members: sockets look again whether they may stay open."""

from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal

from workspaces.after_commit import after_commit
from workspaces.models import Membership
from workspaces.tenant_consumer import membership_group

# Sent with `workspace_id`, outside any workspace, once all its rows are gone, perhaps twice: for what is kept
# elsewhere, as files are.
workspace_erased = Signal()


def connect() -> None:
    """Listen to changes of memberships; called once, when the app is ready."""
    post_save.connect(_tell_sockets, sender=Membership)
    post_delete.connect(_tell_sockets, sender=Membership)


def _tell_sockets(instance: Membership, *, created: bool = False, **_kwargs: Any) -> None:
    if not created:
        # A hint: a socket that misses it looks again by itself a little later.
        group = membership_group(instance.workspace_id, instance.user.pk)
        after_commit(_send, group)


def _send(group: str) -> None:
    async_to_sync(get_channel_layer().group_send)(group, {"type": "membership.changed"})
