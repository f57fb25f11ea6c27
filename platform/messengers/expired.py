"""Ends messages whose time ran out while their channel was broken or switched off: no sender comes by there.

`tasks.end_expired` calls this. On a channel that works, they are ended when their turn comes.
"""

import logging

from django.utils import timezone

from messengers import signals, statements
from messengers.outbox import STALE
from messengers.statuses import Status
from workspaces.crossings import ids_across_workspaces
from workspaces.scope import tenant

logger = logging.getLogger(__name__)

_TOGETHER = 5_000


def end(limit: int = 500) -> int:
    """Cancel them, in whatever workspace; return how many."""
    ended = 0
    for workspace_id, channel_id in ids_across_workspaces("channels_with_expired", STALE.total_seconds(), limit):
        try:
            with tenant(workspace_id):
                ended += _end(workspace_id, channel_id)
        except Exception:  # what is wrong with one channel must not keep the others from it
            logger.exception("What expired on channel %s could not be ended", channel_id)
    return ended


def _end(workspace_id: int, channel_id: int) -> int:
    now = timezone.now()
    values = {"workspace": workspace_id, "channel": channel_id, "now": now, "stale": now - STALE, "limit": _TOGETHER}
    ids: dict[str, list[int]] = {}
    for message_id, reason in statements.run(statements.EXPIRED, values):
        ids.setdefault(reason, []).append(message_id)
    canceled: list[int] = []
    for reason, some in ids.items():
        rows = statements.run(statements.CANCEL, {"workspace": workspace_id, "reason": reason, "ids": some})
        canceled += [message_id for (message_id,) in rows]
    if canceled:
        signals.message_status_changed.tell(message_ids=sorted(canceled), status=Status.CANCELED)
    return len(canceled)
