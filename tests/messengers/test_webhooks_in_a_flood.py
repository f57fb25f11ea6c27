"""Ten thousand updates at once: all are kept, the earliest are handled first, and nobody else waits for them."""

import json
from collections import deque
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from builders import a_channel, a_workspace
from fake_messenger import eventually
from hook_client import flood
from messengers import tasks
from messengers.hook_door import HookDoor
from messengers.models import Channel, InboundUpdate, Message
from workspaces.models import Workspace
from workspaces.scope import tenant

FLOOD = 10_000
SIGNED = {"x-fake-token": "the-secret"}


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> deque[tuple[int, int]]:
    """What waits for a worker: (channel id, workspace id), first come, first served."""
    waiting: deque[tuple[int, int]] = deque()

    def put(args: tuple[int], kwargs: dict[str, int], **_: Any) -> None:
        waiting.append((*args, kwargs["workspace_id"]))

    monkeypatch.setattr(tasks.receive_waiting, "apply_async", put)
    return waiting


def a_fake(workspace: Workspace) -> Channel:
    with tenant(workspace):
        return a_channel("fake", secrets={"token": "the-secret"})


def told(channel: Channel, number: int, people: int = 2_000) -> tuple[str, bytes]:
    body = {"id": number, "type": "message", "from": f"person-{number % people}", "at": "2026-05-01T12:00:00+00:00"}
    return f"/hooks/fake/{channel.key}", json.dumps({**body, "text": f"text {number}"}).encode()


def work(queue: deque[tuple[int, int]]) -> int:
    """Be a worker for one task; return whose channel it was."""
    channel_id, workspace_id = queue.popleft()
    tasks.receive_waiting(channel_id, workspace_id=workspace_id)
    return channel_id


def handled(channel: Channel) -> list[int]:
    with tenant(channel.workspace_id):
        return list(InboundUpdate.objects.filter(channel=channel, state="done").values_list("pk", flat=True))


def test_a_flood_is_kept_and_takes_nobodys_turn(workspace: Workspace, queue: deque[tuple[int, int]]) -> None:
    crowded, quiet = a_fake(workspace), a_fake(a_workspace())

    async def come() -> list[int]:
        door = HookDoor()
        first = await flood(door, (told(crowded, number) for number in range(FLOOD)), SIGNED)
        return [*first, *await flood(door, [told(quiet, 1)], SIGNED)]

    assert async_to_sync(come)() == [200] * (FLOOD + 1)
    eventually(lambda: len(queue) == 2)  # the door tells the workers after it has answered
    with tenant(workspace):
        ids = list(InboundUpdate.objects.order_by("pk").values_list("pk", flat=True))
        assert len(ids) == FLOOD
    # Of the flood one task waits, however many came; the quiet channel's is next.
    assert [channel for channel, _ in queue] == [crowded.pk, quiet.pk]
    assert [work(queue) for _ in range(4)] == [crowded.pk, quiet.pk, crowded.pk, crowded.pk]
    assert len(handled(quiet)) == 1
    done = handled(crowded)
    assert sorted(done) == ids[: len(done)]  # the earliest
    assert 0 < len(done) < FLOOD
    assert [channel for channel, _ in queue] == [crowded.pk]
    with tenant(workspace):
        assert Message.objects.count() == len(done)


def test_an_empty_channel_asks_for_no_further_turn(workspace: Workspace, queue: deque[tuple[int, int]]) -> None:
    channel = a_fake(workspace)
    async_to_sync(flood)(HookDoor(), [told(channel, number) for number in range(30)], SIGNED)

    def worked_off() -> bool:
        for _ in range(len(queue)):
            work(queue)
        return len(handled(channel)) == 30 and not queue

    eventually(worked_off)
