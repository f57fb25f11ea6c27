"""What a sender weighs when its queue is long, and what a second one brings."""

import statistics
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench import programs
from bench.mailing import Base, a_base, await_sent, tidy
from bench.programs import Sink, until
from bench.table import record, show
from builders import a_workspace
from messengers.limits import SHARDS

FEW, MANY = 10_000, 1_000_000
SENT_OF_MANY = 20_000
CHANNELS, PEOPLE_OF_EACH, A_SECOND = 200, 10, 30
DELAY = 1.0  # seconds that the messenger takes to answer: calls under way are what a sender runs out of
ROUNDS = 2


@pytest.mark.timeout(600)
def bench_mailing_memory_growth(committed_db: None, owner_cursor: Any) -> None:
    with programs.a_sink() as sink:
        few = a_base(owner_cursor, sink, FEW)
        tidy(owner_cursor)
        small, speed_of_few = weigh(owner_cursor, sink, few, FEW)
        start = time.perf_counter()
        many = a_base(owner_cursor, sink, MANY)
        tidy(owner_cursor)
        large, speed_of_many = weigh(owner_cursor, sink, many, SENT_OF_MANY)
        seconds = time.perf_counter() - start
        owner_cursor.execute("TRUNCATE audience_contact, messengers_message CASCADE")  # row by row takes a minute
    show(
        f"One sender and its queue; of the long one the first {SENT_OF_MANY:,} were sent ({seconds:.0f} s in all)",
        ("queued", "peak MB", "messages a second"),
        [
            (f"{FEW:,}", f"{small:.1f}", f"{speed_of_few:,.0f}"),
            (f"{MANY:,}", f"{large:.1f}", f"{speed_of_many:,.0f}"),
        ],
    )
    record(
        "mailing_memory_growth", ours=large, other=small, unit="MB",
        note=f"within 10 %: the sender's peak with {MANY:,} queued ({SENT_OF_MANY:,} sent), against {FEW:,}",
    )  # fmt: skip
    record(
        "mailing_speed_at_1000000", ours=speed_of_many, other=speed_of_few, unit="messages/s",
        note=f"about 1: with {MANY:,} queued, against {FEW:,}",
    )  # fmt: skip


def weigh(cursor: Any, sink: Sink, base: Base, people: int) -> tuple[float, float]:
    """Mail the base through a fresh sender until `people` have it; return its peak in MB and the messages a second."""
    base.mail_unchecked(cursor)
    tidy(cursor)
    before = sink.count
    with programs.senders() as (sender,):
        until(lambda: sink.count > before)
        start, first = time.perf_counter(), sink.count
        until(lambda: sink.count - before >= people)
        speed = (sink.count - first) / (time.perf_counter() - start)
        return peak_megabytes(sender), speed


def peak_megabytes(process: psutil.Process) -> float:
    """Return the most memory that a process ever had."""
    with Path(f"/proc/{process.pid}/status").open() as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def bench_two_senders_on_200_channels(committed_db: None, owner_cursor: Any) -> None:
    with programs.a_sink() as sink:
        workspaces = [a_workspace() for _ in range(10)]
        bases = [
            a_base(owner_cursor, sink, PEOPLE_OF_EACH, workspaces[number % 10], per_second=A_SECOND)
            for number in range(CHANNELS)
        ]
        one, two = alone_and_together(owner_cursor, sink, bases, CHANNELS * PEOPLE_OF_EACH)
    record(
        "two_senders_on_200_channels", ours=two, other=one, unit="messages/s",
        note=f"over 1: {A_SECOND} a second on each, by two senders and by one",
    )  # fmt: skip


def bench_two_senders_on_one_channel(committed_db: None, owner_cursor: Any) -> None:
    with programs.a_sink(delay=DELAY) as sink:
        base = a_base(owner_cursor, sink, FEW, shards=SHARDS)
        one, two = alone_and_together(owner_cursor, sink, [base], FEW)
    record(
        "two_senders_on_one_channel", ours=two, other=one, unit="messages/s",
        note=f"over 1: one channel in {SHARDS} shards, whose messenger takes {DELAY} s to answer",
    )  # fmt: skip


def alone_and_together(cursor: Any, sink: Sink, bases: list[Base], people: int) -> tuple[float, float]:
    """Return the messages a second of one sender and of two, measured in turns from the first that arrives."""
    figures: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(ROUNDS):
        for count, measured in figures.items():
            measured.append(by_senders(count, cursor, sink, bases, people))
    show(
        f"{people:,} messages on {len(bases)} channels",
        ("a second", *(f"round {number + 1}" for number in range(ROUNDS))),
        [
            ("one sender", *(f"{one:,.0f}" for one in figures[1])),
            ("two senders", *(f"{one:,.0f}" for one in figures[2])),
        ],
    )
    return statistics.median(figures[1]), statistics.median(figures[2])


def by_senders(count: int, cursor: Any, sink: Sink, bases: list[Base], people: int) -> float:
    """Queue a mailing in every workspace; return the messages a second of so many fresh senders."""
    for base in {base.workspace.pk: base for base in bases}.values():
        base.mail_workspace()
    tidy(cursor)
    before = sink.count
    with programs.senders(count):
        until(lambda: sink.count > before)
        start = time.perf_counter()
        await_sent(cursor, sink, before, people)
        return people / (time.perf_counter() - start)
