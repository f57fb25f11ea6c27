"""One loop over all messengers: what each is told, what it calls, what the answers come to. No table, no messenger."""

from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from messenger_tables import SEAL, Delivery, Tables, Webhook
from messengers import registry
from messengers.adapter import ChannelFacts, Messenger

MESSENGERS = registry.all_messengers()


def tables_of(adapter: Messenger) -> Tables:
    found: Tables = import_module(f"messenger_tables.{adapter.kind}").TABLES
    return found


def facts(tables: Tables) -> ChannelFacts:
    return ChannelFacts("key", tables.settings, tables.secrets, "https://kaskad.example/hooks/key", seal=SEAL)


def rows(table: str) -> list[Any]:
    return [
        pytest.param(adapter, row, id=f"{adapter.kind}: {row.name}")
        for adapter in MESSENGERS
        for row in getattr(tables_of(adapter), table)
    ]


@pytest.mark.parametrize("adapter", MESSENGERS, ids=lambda adapter: adapter.kind)
def test_it_has_tables_and_its_settings_hold(adapter: Messenger) -> None:
    tables = tables_of(adapter)
    assert tables.webhooks
    assert tables.deliveries
    adapter.Settings.model_validate(tables.settings)
    if adapter.Secrets is not None:
        adapter.Secrets.model_validate(tables.secrets)


@pytest.mark.parametrize(("adapter", "row"), rows("webhooks"))
def test_what_it_is_told(adapter: Messenger, row: Webhook) -> None:
    assert adapter.update_id(row.body) == row.update_id
    assert adapter.sender_key(row.body) == row.sender_key
    assert list(adapter.parse(facts(tables_of(adapter)), row.body)) == list(row.updates)


@pytest.mark.parametrize("adapter", MESSENGERS, ids=lambda adapter: adapter.kind)
def test_what_it_cannot_read_it_refuses(adapter: Messenger) -> None:
    for body in tables_of(adapter).unreadable:
        with pytest.raises(ValueError, match=r"validation error|unknown|missing"):
            adapter.parse(facts(tables_of(adapter)), body)


@pytest.mark.parametrize(("adapter", "row"), rows("deliveries"))
def test_what_it_calls(adapter: Messenger, row: Delivery) -> None:
    channel = facts(tables_of(adapter))
    channel = replace(channel, settings=row.settings or channel.settings, secrets=row.secrets or channel.secrets)
    steps = adapter.send(channel, row.message)
    calls, outcome = [], None
    try:
        calls.append(next(steps))
        for _call, reply in row.exchange:
            calls.append(steps.send(reply))
    except StopIteration as end:
        outcome = end.value
    assert calls == [call for call, _reply in row.exchange]
    assert outcome == row.outcome


def test_a_messenger_without_tables_fails() -> None:
    class Unproved(Messenger):
        kind = "unproved"

    with pytest.raises(ModuleNotFoundError):
        tables_of(Unproved())
