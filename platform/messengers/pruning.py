"""What is kept for a while only: updates that were handled, and the attempts of messages. A nightly task calls it.

A handled update is kept while its messenger may repeat it, and for whoever looks into what happened.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

from messengers.models import Attempt, InboundUpdate
from workspaces.crossings import ids_across_workspaces
from workspaces.scope import tenant

UPDATES_KEPT = timedelta(days=7)
ATTEMPTS_KEPT = timedelta(days=90)
_STEP = 2_000  # rows of one look, so that no transaction is long


def prune(now: datetime) -> None:
    """Delete what is older than it need be, in small transactions."""
    _prune("old_updates", now - UPDATES_KEPT, _delete_updates)
    _prune("old_attempts", now - ATTEMPTS_KEPT, _delete_attempts)


def _prune(function: str, before: datetime, delete: Callable[[list[int]], None]) -> None:
    after = 0
    while found := ids_across_workspaces(function, before, after, _STEP):
        by_workspace: dict[int, list[int]] = defaultdict(list)
        for workspace_id, row_id in found:
            by_workspace[workspace_id].append(row_id)
        for workspace_id, ids in by_workspace.items():
            with tenant(workspace_id):
                delete(ids)
        after = found[-1][1]


def _delete_updates(ids: list[int]) -> None:
    InboundUpdate.objects.filter(pk__in=ids, state=InboundUpdate.State.DONE).delete()


def _delete_attempts(ids: list[int]) -> None:
    Attempt.objects.filter(pk__in=ids).delete()
