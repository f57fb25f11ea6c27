"""Handled updates and old attempts go at night; what is young, waits or failed stays."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from builders import a_channel, a_conversation, a_message, a_workspace
from messengers import inbox, pruning, tasks
from messengers.models import Attempt, Channel
from workspaces.models import Workspace
from workspaces.scope import tenant


def an_update(channel: Channel, days: int, state: str, owner_cursor: Any) -> int:
    with tenant(channel.workspace_id):
        update_id = inbox.store(channel, {"id": f"{state}-{days}"})
    assert update_id is not None
    owner_cursor.execute(
        "UPDATE messengers_inboundupdate SET state = %s, received_at = now() - %s WHERE id = %s",
        [state, timedelta(days=days), update_id],
    )
    return update_id


def test_old_rows_go_from_every_workspace(
    workspace: Workspace, owner_cursor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "_STEP", 2)
    for place in (workspace, a_workspace()):
        with tenant(place):
            channel = a_channel("fake")
            message = a_message(a_conversation(channel), direction="out")
            for number, days in enumerate((91, 92, 93, 89)):
                started = datetime.now(UTC) - timedelta(days=days)
                Attempt.objects.create(message=message, number=number, started_at=started)
        for days in (8, 9, 10, 6, 1):
            an_update(channel, days, "done", owner_cursor)
        an_update(channel, 30, "failed", owner_cursor)
        an_update(channel, 31, "stored", owner_cursor)
    tasks.prune()
    owner_cursor.execute("SELECT external_id FROM messengers_inboundupdate ORDER BY id")
    left = ["done-6", "done-1", "failed-30", "stored-31"]
    assert [name for (name,) in owner_cursor.fetchall()] == left * 2
    owner_cursor.execute("SELECT count(*) FROM messengers_attempt")
    assert owner_cursor.fetchone() == (2,)
