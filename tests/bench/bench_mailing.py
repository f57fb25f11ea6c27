"""A mailing through one sender process, from the queue to what is recorded, against a bare loop and Celery tasks."""

import statistics
import time
from typing import Any

import psutil

from bench import programs, task_per_message
from bench.mailing import Base, a_base, await_sent, tidy
from bench.programs import Sink
from bench.table import record, show

PEOPLE = 10_000
ROUNDS = 3


def bench_mailing_vs_bare_http(committed_db: None, owner_cursor: Any) -> None:
    bare, ours = [], []
    with programs.a_sink() as sink, programs.senders() as (sender,):
        base = a_base(owner_cursor, sink, PEOPLE)
        sent_per_second(owner_cursor, sink, base, 2_000)  # connections, prepared pages, statistics
        for _ in range(ROUNDS):
            bare.append(programs.bare_http(sink.url, PEOPLE))
            tidy(owner_cursor)
            ours.append(sent_per_second(owner_cursor, sink, base, PEOPLE, sender))
    show(
        f"{PEOPLE:,} personal messages through one sender, {ROUNDS} times in turns with the bare loop",
        ("a second", *(f"round {number + 1}" for number in range(ROUNDS))),
        [("bare loop", *(f"{one:,.0f}" for one in bare)), ("ours", *(f"{one:,.0f}" for one in ours))],
    )
    record(
        "mailing_vs_bare_http",
        ours=statistics.median(ours),
        other=statistics.median(bare),
        unit="messages/s",
        note="at least 0.5 of a bare aiohttp loop",
    )


def bench_mailing_vs_task_per_message(committed_db: None, owner_cursor: Any) -> None:
    ours, tasks = [], []
    with programs.a_sink() as sink, programs.without_django(*task_per_message.WORKER):
        base = a_base(owner_cursor, sink, PEOPLE)
        one_by_one_per_second(owner_cursor, sink, base, 200)
        for _ in range(ROUNDS):
            tasks.append(one_by_one_per_second(owner_cursor, sink, base, 2_000))
            tidy(owner_cursor)
            with programs.senders():
                sent_per_second(owner_cursor, sink, base, 2_000)
                ours.append(sent_per_second(owner_cursor, sink, base, PEOPLE))
    show(
        f"{PEOPLE:,} messages through one sender, {ROUNDS} times in turns with a task for each of 2,000",
        ("a second", *(f"round {number + 1}" for number in range(ROUNDS))),
        [("tasks", *(f"{one:,.0f}" for one in tasks)), ("ours", *(f"{one:,.0f}" for one in ours))],
    )
    record(
        "mailing_vs_task_per_message",
        ours=statistics.median(ours),
        other=statistics.median(tasks),
        unit="messages/s",
        note="at least 8 times a Celery task for each message",
    )


def one_by_one_per_second(cursor: Any, sink: Sink, base: Base, people: int) -> float:
    """Queue a mailing that no sender may touch, and a task for each of its rows; return the messages a second."""
    before = sink.count
    base.mail(people, paused=True)
    cursor.execute("SELECT id FROM messengers_message WHERE status = 'queued' ORDER BY id")
    numbers = [number for (number,) in cursor.fetchall()]
    start = time.perf_counter()
    for number in numbers:
        task_per_message.send.delay(number)
    await_sent(cursor, sink, before, people)
    return people / (time.perf_counter() - start)


def sent_per_second(cursor: Any, sink: Sink, base: Base, people: int, sender: psutil.Process | None = None) -> float:
    """Queue a mailing; return its messages a second, from the moment it is queued until all is written down."""
    before, spent = sink.count, _spent(sender, sink)
    base.mail(people)
    start = time.perf_counter()
    await_sent(cursor, sink, before, people)
    seconds = time.perf_counter() - start
    if sender:
        show(
            f"Processor time of {people:,} messages in {seconds:.1f} s",
            ("", "microseconds a message", "of one core"),
            [
                (who, f"{(after - spent[who]) / people * 1e6:.0f}", f"{(after - spent[who]) / seconds:.0%}")
                for who, after in _spent(sender, sink).items()
            ],
        )
    return people / seconds


def _spent(sender: psutil.Process | None, sink: Sink) -> dict[str, float]:
    """Return the processor seconds that each part has used until now."""
    if sender is None:
        return {}
    threads = {one.id: one.user_time + one.system_time for one in sender.threads()}
    main = threads.pop(sender.pid)
    return {
        "sender, its loop": main,
        "sender, its database threads": sum(threads.values()),
        "PostgreSQL": programs.postgres_seconds(),
        "sink": sum(sink.process.cpu_times()[:2]),
    }
