"""Workers and senders are killed while messages leave: nobody is told anything twice, and nothing is forgotten."""

import random

import pytest

from fake_messenger import eventually
from faults import books
from faults.parts import Parts
from faults.traffic import a_town
from faults.watched_sink import a_slow_sink
from messengers.statuses import Status

SEED = 20261123
KILLS = 30
IN_HAND = 400  # calls that one sender may have under way


@pytest.mark.timeout(300)
def test_nothing_is_said_twice_or_lost_however_often_the_power_fails(parts: Parts) -> None:
    chance = random.Random(SEED)
    with a_slow_sink(SEED, slowness=(0.05, 0.6)) as sink:
        town = a_town(sink, SEED, workspaces=3, channels=4, people=12)
        parts.start("beat")
        parts.start("worker", 2)
        parts.start("sender", 3)
        for number in range(KILLS):
            town.mail(40)
            town.answer(8)
            town.hear(8)
            eventually(lambda: sink.open, 60)
            chance.choice([eventually, lambda _: None])(lambda: sink.open > chance.randint(1, 40) or not sink.open)
            victim = "sender" if number % 3 else "worker"
            parts.kill(victim)
            parts.start(victim)
        eventually(lambda: not books.unfinished(town.workspaces), 90)
        account = books.audit(
            town.workspaces, ((one.to, one.text) for one in sink.arrivals), kills=parts.killed, updates=town.wrote
        )
    account.print("Killed at random moments")
    assert account.rows.total() >= 5_000
    assert not account.twice()
    assert not account.never()
    assert not account.unexplained()
    assert set(account.statuses) <= {Status.SENT, Status.UNCERTAIN}
    assert town.heard() == town.wrote
    # Only senders that were killed leave uncertain messages, and each only what it had in hand at that moment.
    assert len(account.holders) <= parts.killed["sender"]
    assert max(account.holders.values(), default=0) <= IN_HAND
