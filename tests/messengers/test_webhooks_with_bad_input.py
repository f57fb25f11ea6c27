"""Whatever a messenger's servers may really send, bent in five thousand ways: it is kept, and it blocks nobody."""

import json
import random
from collections import Counter
from typing import Any

import pytest
from asgiref.sync import async_to_sync

import bending
from builders import a_channel, a_user
from hook_client import flood
from messenger_tables.telegram import TABLES
from messengers import arrivals, failed_updates, inbox, tasks
from messengers.adapters.telegram import _hook_secret
from messengers.channels import facts
from messengers.hook_door import HookDoor
from messengers.models import Channel, InboundUpdate, Message
from workspaces.models import Workspace
from workspaces.scope import tenant

BENT = 5_000


@pytest.fixture
def channel(workspace: Workspace) -> Channel:
    with tenant(workspace):
        return a_channel("telegram", settings=dict(TABLES.settings), secrets=dict(TABLES.secrets))


def bent(number: int, chance: random.Random) -> bytes:
    """One real payload, bent in its structure or in its bytes. Each says something of its own."""
    body: dict[str, Any] = json.loads(json.dumps(chance.choice(TABLES.webhooks).body))
    body["number"] = number
    body["update_id"] = chance.randrange(10**8, 10**9)
    raw = bending.bent(body, number, chance)
    try:
        bodied = json.loads(raw)
    except ValueError:
        return raw
    if number % 3 and type(bodied.get("update_id")) is int:
        bodied["update_id"] = chance.randrange(10**8, 10**9)  # or it would be a repeat
        return json.dumps(bodied).encode()
    return raw


def test_whatever_was_signed_is_kept_and_poisons_nothing(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "announce", lambda *_, **__: None)
    chance = random.Random(20260501)
    payloads = {bent(number, chance) for number in range(BENT)}
    path = f"/hooks/telegram/{channel.key}"
    signed = {"X-Telegram-Bot-Api-Secret-Token": _hook_secret(facts(channel))}
    statuses = async_to_sync(flood)(HookDoor(), [(path, raw) for raw in payloads], signed)
    assert Counter(statuses) == {200: len(payloads)}
    with tenant(channel.workspace_id):
        assert InboundUpdate.objects.count() == len(payloads) > BENT * 0.99
        readable = list(InboundUpdate.objects.filter(state="stored").values_list("pk", flat=True))
    assert len(readable) > BENT / 2
    while inbox.process_waiting(channel.pk, workspace_id=channel.workspace_id, seconds=30):
        pass
    with tenant(channel.workspace_id):
        rows = list(InboundUpdate.objects.filter(pk__in=readable).values_list("state", "error", "body"))
    # Read, or not to be read by anybody; an edit of a message that we never saw is waited for.
    ours = [row for row in rows if row[1] and not row[1].startswith(("UnreadableError", "TooEarlyError"))]
    assert ours == []
    assert Counter(state for state, error, _body in rows if not error).keys() <= {"done", "stored"}


def test_what_could_not_be_read_once_is_read_when_it_is_replayed(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "announce", lambda *_, **__: None)
    words = next(one.body for one in TABLES.webhooks if one.name == "text")
    signed = {"X-Telegram-Bot-Api-Secret-Token": _hook_secret(facts(channel))}
    with monkeypatch.context() as patch:
        patch.setattr(arrivals, "DEPTH", 1)
        knock = (f"/hooks/telegram/{channel.key}", json.dumps(words).encode())
        assert async_to_sync(flood)(HookDoor(), [knock], signed) == [200]
    with tenant(channel.workspace_id):
        update = InboundUpdate.objects.get(state=InboundUpdate.State.FAILED)
        assert failed_updates.replay(update, a_user())
    inbox.process(update.pk, workspace_id=channel.workspace_id)
    with tenant(channel.workspace_id):
        assert [message.content["text"] for message in Message.objects.all()] == ["Hello *you*"]


def test_a_stranger_gets_nothing_kept_however_he_knocks(channel: Channel) -> None:
    chance = random.Random(7)
    path = f"/hooks/telegram/{channel.key}"
    for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": ""}, {"X-Telegram-Bot-Api-Secret-Token": "ÿ" * 300}):
        knocks = [(path, bent(number, chance)) for number in range(50)]
        assert Counter(async_to_sync(flood)(HookDoor(), knocks, headers)) == {403: 50}
    with tenant(channel.workspace_id):
        assert InboundUpdate.objects.count() == 0


def test_an_edit_of_what_we_never_had_holds_nothing_up(workspace: Workspace) -> None:
    with tenant(workspace):
        channel = a_channel("telegram", settings=dict(TABLES.settings), secrets=dict(TABLES.secrets))
        edit = next(one for one in TABLES.webhooks if "edited_message" in one.body)
        words = next(one for one in TABLES.webhooks if one.sender_key == edit.sender_key and "message" in one.body)
        inbox.store_many(channel, [edit.body, {**words.body, "update_id": 11}])
    assert not inbox.process_waiting(channel.pk, workspace_id=workspace.pk, seconds=10)
    with tenant(workspace):
        assert set(InboundUpdate.objects.values_list("state", flat=True)) == {InboundUpdate.State.DONE}
        assert Message.objects.filter(direction=Message.Direction.IN).count() == 1
