"""Whatever any messenger may post, bent in five thousand ways: nothing of it ends as an error of our own."""

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any
from urllib.parse import urlencode

import pytest
from asgiref.sync import async_to_sync

import bending
from builders import a_channel
from hook_client import flood
from messenger_tables import Tables
from messengers import arrivals, inbox, registry, tasks
from messengers.adapter import ChannelFacts, IncomingRequest, Messenger, RefusedError
from messengers.channels import facts
from messengers.hook_door import HookDoor
from messengers.models import Channel, InboundUpdate
from messengers.updates import Update
from workspaces.models import Workspace
from workspaces.scope import tenant

BENT = 5_000
KEPT = 200  # of them go all the way, through the door and the database
MESSENGERS = registry.all_messengers()
POSTING = [adapter for adapter in MESSENGERS if type(adapter).verify is not Messenger.verify]


def tables_of(adapter: Messenger) -> Tables:
    found: Tables = import_module(f"messenger_tables.{adapter.kind}").TABLES
    return found


def posting(tables: Tables, channel: ChannelFacts, raw: bytes) -> IncomingRequest:
    """Return the request by which the messenger would post a body."""
    headers = tables.sign(channel, raw) if tables.sign else {}
    return IncomingRequest("POST", headers, tables.query(channel) if tables.query else {}, raw)


def messages_of(updates: Sequence[Update]) -> frozenset[str]:
    """Return the ids by which messages are known."""
    return frozenset(name for one in updates if (name := getattr(one, "external_id", "")))


def payloads(tables: Tables, count: int) -> Iterator[bytes]:
    chance = random.Random(20260501)
    for number in range(count):
        row = chance.choice(tables.webhooks)
        yield bending.bent(bending.fresh(row.body, messages_of(row.updates), number), number, chance)


@pytest.mark.parametrize("adapter", MESSENGERS, ids=lambda adapter: adapter.kind)
def test_an_adapter_refuses_what_it_cannot_read_and_stumbles_over_nothing(adapter: Messenger) -> None:
    tables = tables_of(adapter)
    channel = ChannelFacts("key", tables.settings, tables.secrets, f"https://kaskad.example/hooks/{adapter.kind}/key")
    read = 0
    for bent in payloads(tables, BENT):
        raw = tables.seal(channel, bent) if tables.seal else bent
        if raw is None:
            with pytest.raises((RefusedError, ValueError)):
                adapter.verify(channel, IncomingRequest("POST", {}, {}, bent))
            continue
        request = posting(tables, channel, raw)
        if tables.sign or tables.seal or tables.query:
            adapter.verify(channel, request)
        with suppress(RefusedError, ValueError):  # not the check of an address that it looked like
            adapter.handshake(channel, request)
        adapter.acknowledge(channel, request)
        for told in arrivals.read(adapter, channel, 1, request):
            assert len(told.external_id) <= 200
            assert len(told.sender_key) <= 200
            if told.error:
                continue
            body = json.loads(told.body)
            for glance in (adapter.update_id, adapter.sender_key, adapter.account_of):
                with suppress(ValueError, KeyError, TypeError):  # what cannot be told at a glance
                    assert isinstance(glance(body), str)
            with suppress(ValueError):  # it is kept, and shown to people
                adapter.parse(channel, body)
                read += 1
    assert read > BENT / 20, "some of it must still mean something"


@pytest.mark.parametrize("adapter", POSTING, ids=lambda adapter: adapter.kind)
def test_all_is_kept_and_nothing_poisons_the_rest(
    adapter: Messenger, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "announce", lambda *_, **__: None)
    tables = tables_of(adapter)
    with tenant(workspace):
        channel = a_channel(adapter.kind, settings=dict(tables.settings), secrets=dict(tables.secrets))
    posted = list(dict.fromkeys(payloads(tables, KEPT)))
    if tables.seal is not None:
        proved = [(raw, tables.seal(facts(channel), raw)) for raw in posted]
        hollow = [raw for raw, sealed in proved if sealed is None]
        assert set(knocked(channel, tables, hollow)) <= {400, 401, 403}, "and nothing of it is kept"
        posted = [sealed for _raw, sealed in proved if sealed is not None]
    elif tables.sign is None and tables.query is None:  # letters are fetched: what brings them proves who they are from
        monkeypatch.setattr(type(adapter), "verify", lambda *_: None)
        monkeypatch.setattr(type(adapter), "handshake", lambda *_: None)
    assert Counter(knocked(channel, tables, posted)) == {200: len(posted)}
    expected = {told.external_id for told in read(adapter, tables, channel, posted)}
    with tenant(workspace):
        assert {*InboundUpdate.objects.values_list("external_id", flat=True)} == expected
        readable = list(InboundUpdate.objects.filter(state="stored").values_list("pk", flat=True))
    while inbox.process_waiting(channel.pk, workspace_id=workspace.pk, seconds=30):
        pass
    with tenant(workspace):
        rows = list(InboundUpdate.objects.filter(pk__in=readable).values_list("state", "error", "body"))
    # Read, or not to be read by anybody; an edit of a message that we never saw is waited for.
    ours = [row for row in rows if row[1] and not row[1].startswith(("UnreadableError", "TooEarlyError"))]
    assert ours == []
    assert Counter(state for state, error, _body in rows if not error).keys() <= {"done", "stored"}


def knocked(channel: Channel, tables: Tables, posted: Sequence[bytes]) -> list[int]:
    """Post all at our door; return how each was answered. Where each bears its own signature, one after another."""
    channel_facts = facts(channel)
    address = urlencode(tables.query(channel_facts)) if tables.query else ""
    path = f"/hooks/{channel.kind}/{channel.key}?{address}"
    sign = tables.sign or (lambda *_: {})
    by_headers: dict[tuple[tuple[str, str], ...], list[tuple[str, bytes]]] = {}
    for raw in posted:
        by_headers.setdefault(tuple(sign(channel_facts, raw).items()), []).append((path, raw))

    async def post() -> list[int]:
        door, statuses = HookDoor(), list[int]()
        for headers, knocks in by_headers.items():
            statuses += await flood(door, knocks, dict(headers), at_once=min(100, len(knocks)))
        return statuses

    answered: list[int] = async_to_sync(post)()
    return answered


def read(adapter: Messenger, tables: Tables, channel: Channel, posted: Sequence[bytes]) -> Iterator[Any]:
    """Go through what is to be kept: a check of the address itself is answered, and says nothing."""
    known = facts(channel)
    for raw in posted:
        request = posting(tables, known, raw)
        if adapter.handshake(known, request) is None:
            yield from arrivals.read(adapter, known, channel.pk, request)
