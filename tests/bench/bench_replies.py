"""How long a person waits for a bot's answer while a mailing runs on the same channel, through a whole Kaskad."""

import asyncio
import statistics
import time
from pathlib import Path
from typing import Any

import aiohttp
from django.utils import timezone

from bench import programs
from bench.fast_messenger import NO_LIMIT
from bench.mailing import Base, a_base, tidy
from bench.programs import Sink, until
from bench.table import record, show
from flow_people import a_flow, keyword, message
from messengers.models import Channel, Identity
from workspaces.scope import tenant

PEOPLE = 100_000
REPLIES = 200
EVERY = 0.08  # seconds
TELEGRAM = 30  # messages a second that a bot may send there
MARK = "On Sundays, too."


def bench_reply_p95_ms_under_mailing(committed_db: None, owner_cursor: Any, tmp_path: Path) -> None:
    with programs.a_sink(mark=MARK) as sink, programs.a_house(tmp_path) as address:
        base = a_base(owner_cursor, sink, PEOPLE, per_second=TELEGRAM)
        with tenant(base.workspace):
            a_flow(keyword("sundays"), answer=message(MARK))
            people = list(Identity.objects.order_by("-pk").values_list("external_id", flat=True)[: 3 * REPLIES + 20])
        tidy(owner_cursor)
        waits(sink, base, address, people[3 * REPLIES :])  # connections and caches
        quiet = waits(sink, base, address, people[:REPLIES])
        base.mail()
        until(lambda: sink.count > REPLIES + 100)
        paced = waits(sink, base, address, people[REPLIES : 2 * REPLIES])
        with tenant(base.workspace):
            Channel.objects.filter(pk=base.channel.pk).update(
                settings={**base.channel.settings, "per_second": NO_LIMIT.count}
            )
        reached = sink.count
        until(lambda: sink.count > reached + 10 * TELEGRAM * 2)
        flat_out = waits(sink, base, address, people[2 * REPLIES : 3 * REPLIES])
    show(
        f"{REPLIES} people, one each {EVERY * 1000:.0f} ms, write to a bot that answers: milliseconds until it has",
        ("", "p50", "p95", "worst"),
        [
            (name, *(f"{one:.0f}" for one in (statistics.median(times), p95(times), max(times))))
            for name, times in (
                ("no mailing", quiet),
                (f"a mailing at {TELEGRAM} a second", paced),
                ("a mailing as fast as it goes", flat_out),
            )
        ],
    )
    record(
        "reply_p95_ms_under_mailing", ours=p95(paced), other=p95(quiet), unit="ms",
        note=f"under 300; the channel's mailing to {PEOPLE:,} leaves at {TELEGRAM} a second; the other is without it",
    )  # fmt: skip
    record(
        "reply_p95_ms_under_fast_mailing", ours=p95(flat_out), other=p95(quiet), unit="ms",
        note="the same while the mailing leaves as fast as the machine can",
    )  # fmt: skip


def waits(sink: Sink, base: Base, address: str, people: list[str]) -> list[float]:
    """Let people write one after the other; return the milliseconds until each answer was at the messenger."""
    asked = asyncio.run(write(f"{address}/hooks/{base.channel.kind}/{base.channel.key}", people))
    until(lambda: sink.seen.keys() >= asked.keys())
    seen = sink.seen
    return [(seen[person] - at) * 1000 for person, at in asked.items()]


async def write(url: str, people: list[str]) -> dict[str, float]:
    """Deliver a message of each, as a messenger does; return when each began."""
    asked: dict[str, float] = {}

    async def deliver(client: aiohttp.ClientSession, person: str) -> None:
        body = {"id": f"asks-{person}", "type": "message", "from": person, "text": "sundays"}
        asked[person] = time.monotonic()
        async with client.post(url, json={**body, "at": timezone.now().isoformat()}) as answer:
            assert answer.status == 200, await answer.text()

    async with aiohttp.ClientSession(headers={"x-fake-token": "right"}) as client, asyncio.TaskGroup() as group:
        for person in people:
            group.create_task(deliver(client, person))
            await asyncio.sleep(EVERY)
    return asked


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]
