"""Two hundred channels of fifty workspaces on one sender: each at its own limit, and replies in between."""

import random
import statistics
import time
from typing import Any

import psutil

from bench import programs
from bench.mailing import Base, a_base, tidy
from bench.programs import Sink, until
from bench.table import record, show
from builders import a_workspace
from messengers import outbox
from messengers.content import Content
from messengers.models import Conversation
from workspaces.scope import tenant

WORKSPACES = 50
# Messages a second, of every fourth channel each. All messengers allow more; who allows less makes an answer wait for
# the next token of a limit that a mailing uses to the full, whatever the sender does.
RATES = (4, 4, 5, 6)
PEOPLE = 300  # of each channel
SECONDS = 20.0
REPLIES = 150
MARK = "This is for you alone."


def bench_fairness_on_200_channels(committed_db: None, owner_cursor: Any) -> None:
    with programs.a_sink(mark=MARK) as sink:
        workspaces = [a_workspace() for _ in range(WORKSPACES)]
        bases = [
            a_base(owner_cursor, sink, PEOPLE, workspace, per_second=rate, path=f"/{number}-{place}-{rate}")
            for number, workspace in enumerate(workspaces)
            for place, rate in enumerate(RATES)
        ]
        for base in {base.workspace.pk: base for base in bases}.values():
            base.mail_workspace()
        tidy(owner_cursor)
        with programs.senders(1) as (sender,):
            until(lambda: len(sink.paths) == len(bases))
            before, start = sink.paths, time.perf_counter()
            worked, served = _seconds(sender), programs.postgres_seconds()
            waited = replies(sink, random.Random(7).choices(bases, k=REPLIES))
            time.sleep(max(0.0, SECONDS - (time.perf_counter() - start)))
            after, seconds = sink.paths, time.perf_counter() - start
            worked, served = _seconds(sender) - worked, programs.postgres_seconds() - served
    count = sum(after.values()) - sum(before.values())
    shares = {path: (after[path] - before[path]) / seconds / int(path.split("-")[-1]) for path in after}
    of_rate = {
        rate: [share for path, share in shares.items() if path.endswith(f"-{rate}")] for rate in sorted(set(RATES))
    }
    show(
        f"{len(bases)} channels of {WORKSPACES} workspaces on one sender, {sum(RATES) * WORKSPACES:,} a second allowed",
        ("a second", "slowest", "median", "fastest"),
        [
            (f"{rate}", *(f"{one:.2f}" for one in (min(found), statistics.median(found), max(found))))
            for rate, found in of_rate.items()
        ],
    )
    record(
        "fairness_slowest_channel", ours=min(shares.values()), other=1.0, unit="of its limit",
        note=f"at least 0.95; {len(bases)} channels of {WORKSPACES} workspaces on one sender",
    )  # fmt: skip
    record(
        "processor_ms_per_message_on_200_channels", ours=(worked + served) / count * 1000, unit="ms",
        note=f"{worked / count * 1000:.2f} of the sender and {served / count * 1000:.2f} of PostgreSQL",
    )  # fmt: skip
    record(
        "reply_p95_ms_on_200_channels", ours=statistics.quantiles(waited, n=20)[-1], unit="ms",
        note="under 300; answers in any of them meanwhile, until they are at the messenger",
    )  # fmt: skip


def _seconds(process: psutil.Process) -> float:
    return float(sum(process.cpu_times()[:2]))


def replies(sink: Sink, bases: list[Base]) -> list[float]:
    """Answer somebody now and then; return the milliseconds until each was at the messenger."""
    asked: dict[str, float] = {}
    for base in bases:
        with tenant(base.workspace):
            talks = Conversation.objects.filter(channel=base.channel).exclude(identity__external_id__in=asked)
            talk = talks.select_related("identity").order_by("-pk")[0]
            at = time.monotonic()
            outbox.enqueue(talk, Content(text=MARK), source="member")
        asked[talk.identity.external_id] = at
        time.sleep(SECONDS / REPLIES / 2)
    until(lambda: sink.seen.keys() >= asked.keys())
    seen = sink.seen
    return [(seen[person] - at) * 1000 for person, at in asked.items()]
