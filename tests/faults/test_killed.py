"""Workers and senders are killed while messages leave: nobody is told anything twice, and nothing is forgotten."""

import random
import time
from functools import partial
from pathlib import Path

import pytest

from fake_messenger import eventually
from faults import books
from faults.parts import some_parts
from faults.traffic import OnTelegram, a_town
from lab.running import Lab, a_lab
from messengers.delivery import CALLS
from messengers.pump import PORTION
from messengers.statuses import Status

SEED = 20261123
KILLS = 30
IN_HAND = CALLS  # that one sender may have under way
MARGIN = 2.0  # seconds in which an answer is written down, on a slow machine


def busy(lab: Lab, calls: int, patience: float) -> bool:
    """Say whether so many calls are under way, or any, when patience is over: a slow machine may never have many."""
    return len(lab.account.open_calls()) >= (calls if time.monotonic() < patience else 1)


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("committed_db")
def test_nothing_is_said_twice_or_lost_however_often_the_power_fails(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    moments: list[float] = []
    hit = 0
    with a_lab() as lab, some_parts(tmp_path, KASKAD_LAB_URL=lab.url) as parts:
        lab.misbehaves("slow", method="sendMessage", seconds=0.4)
        town = a_town(OnTelegram(lab), SEED, workspaces=3, channels=4, people=12)
        for kind in ("beat", "worker", "worker", "sender", "sender", "sender"):
            parts.start(kind)
        for number in range(KILLS):
            town.mail(40)
            town.answer(8)
            town.hear(8)
            under_way = chance.randint(1, 40)
            patience = time.monotonic() + 3
            enough = partial(busy, lab, under_way, patience)
            eventually(lambda enough=enough: enough() or not books.unfinished(town.workspaces), 60)
            victim = "sender" if number % 3 else "worker"
            hit += bool(lab.account.open_calls())
            parts.kill(victim)
            moments.append(time.time())
            parts.start(victim)
        eventually(lambda: not books.unfinished(town.workspaces), 90)
        arrivals = lab.account.sent()
        flights = [lab.account.in_flight(moment, margin=MARGIN) for moment in moments]
    account = books.audit(
        town.workspaces, ((one.to, one.text) for one in arrivals), kills=parts.killed, updates=town.wrote
    )
    account.print("Killed at random moments")
    assert account.rows.total() >= 5_000
    assert not account.twice()
    assert not account.never()
    assert not account.unexplained()
    assert set(account.statuses) <= {Status.SENT, Status.UNCERTAIN}
    assert town.heard() == town.wrote
    assert hit > KILLS / 2
    # What arrived of the uncertain ones was under way when somebody was killed, or had only just been answered.
    flying = {(one.to, one.text) for flight in flights for one in flight}
    assert set(account.uncertain & (account.arrived - account.sent)) <= flying
    # Of the rest a sender had marked no more than it hands over at once.
    assert (account.uncertain - (account.arrived - account.sent)).total() <= parts.killed["sender"] * PORTION
    # Only senders that were killed leave uncertain messages, and each only what it had in hand at that moment.
    assert len(account.holders) <= parts.killed["sender"]
    assert max(account.holders.values(), default=0) <= IN_HAND
