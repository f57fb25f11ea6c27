"""Two senders in two processes: together they keep every limit, and nobody is told anything twice."""

import bisect
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from builders import a_conversation
from fake_messenger import Arrival, Sink, a_fake_channel, eventually
from messengers import batches
from messengers.adapter import Rate
from messengers.content import Content
from messengers.models import Channel, ChannelLease, Message
from messengers.statuses import Status
from workspaces.models import Workspace
from workspaces.scope import tenant

TESTS = Path(__file__).resolve().parent.parent
SENDER = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
import django
django.setup()
from fake_messenger import fakes_registered
from messengers.delivery import Sender
with fakes_registered():
    asyncio.run(Sender(channels=int(sys.argv[2]), seconds=600).run())
"""


@contextmanager
def two_senders(places: int) -> Iterator[None]:
    """Two of them, each a process that serves half of the places: no one takes all before the other is awake."""
    command = [sys.executable, "-c", SENDER, str(TESTS), str(places // 2)]
    processes = [subprocess.Popen(command, env=dict(os.environ)) for _ in range(2)]
    try:
        yield
        assert [process.poll() for process in processes] == [None, None]
    finally:
        for process in processes:
            process.kill()
            process.wait(10)


def mail(channels: Sequence[Channel], people: int) -> None:
    """Begin a mailing to so many people of every channel, in the workspace in scope."""
    batch = batches.begin()
    talks = [a_conversation(channel).pk for channel in channels for _ in range(people)]
    batches.fill(batch, batches.vary(batch, Content(text="News")), talks, source=Message.Source.BROADCAST)


def holders(workspace: Workspace) -> int:
    """Return how many senders hold a lease."""
    with tenant(workspace):
        return len(set(ChannelLease.objects.values_list("sender", flat=True)))


def all_sent(workspace: Workspace, how_many: int) -> bool:
    with tenant(workspace):
        return Message.objects.filter(status=Status.SENT).count() == how_many


def most_in_a_span(arrivals: Sequence[Arrival], seconds: float) -> int:
    """Return the largest number of arrivals in any span of time."""
    moments = sorted(arrival.at for arrival in arrivals)
    return max(bisect.bisect_left(moments, moment + seconds) - at for at, moment in enumerate(moments))


def arrivals_by_channel(workspace: Workspace, sink: Sink) -> dict[int, list[Arrival]]:
    with tenant(workspace):
        channel_of = dict(Message.objects.values_list("identity__external_id", "channel_id"))
    found: dict[int, list[Arrival]] = {}
    for arrival in sink.arrivals:
        found.setdefault(channel_of[arrival.to], []).append(arrival)
    return found


@pytest.mark.parametrize(
    ("kind", "channels", "people", "shards", "rate"),
    [("fake", 1, 3_000, 4, Rate(1000)), ("slow_fake", 200, 8, 1, Rate(20))],
    ids=["one fast channel", "two hundred slow channels"],
)
def test_their_sum_keeps_the_limits(
    workspace: Workspace, sink: Sink, kind: str, channels: int, people: int, shards: int, rate: Rate
) -> None:
    with tenant(workspace):
        mail([a_fake_channel(sink, kind, shards=shards) for _ in range(channels)], people)
        began = time.monotonic()
    with two_senders(channels * shards):
        eventually(lambda: all_sent(workspace, channels * people), 90)
    took = time.monotonic() - began
    assert max(Counter(arrival.to for arrival in sink.arrivals).values()) == 1
    assert len(sink.arrivals) == channels * people
    busiest = max(most_in_a_span(some, rate.seconds) for some in arrivals_by_channel(workspace, sink).values())
    print(f"\n{channels} channels: {len(sink.arrivals)} messages, {len(sink.arrivals) / took:.0f}/s with start-up, "
          f"at most {busiest} of {rate.count} in a span, {holders(workspace)} senders")  # fmt: skip
    # A call is timed where it arrives: what left evenly may arrive bunched by as much as the way took.
    assert busiest <= rate.count * 1.1 + 1
    assert holders(workspace) == 2
