"""Senders are killed in the middle of mailings over messengers of the lab: nothing comes twice, nothing is lost."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from builders import a_channel, a_client, a_conversation, a_member, an_identity
from fake_messenger import eventually
from faults import books
from faults.parts import some_parts
from faults.traffic import a_town
from lab.running import Lab, a_lab
from messengers import decisions
from messengers.models import Channel, Conversation
from messengers.registry import messenger
from messengers.statuses import Status
from workspaces.models import Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

SEED = 20261123
KILLS = 20


@dataclass
class OnLab:
    """A messenger of the lab whose accounts send as fast as they can."""

    lab: Lab
    kind: str
    bots: dict[int, Any] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)  # by which Kaskad knows people

    def channel(self) -> Channel:
        bot = getattr(self.lab, self.kind).new_bot("Shop", rate=None)
        adapter, given = messenger(self.kind), bot.credentials()
        assert adapter.Secrets is not None
        secrets = {name: given[name] for name in adapter.Secrets.model_fields if name in given}
        settings = {name: given[name] for name in adapter.Settings.model_fields if name in given}
        if self.kind == "whatsapp":  # where the number tells the rest itself when it is connected
            settings |= {"phone_number_id": bot.page_id, "waba_id": bot.waba_id, "throughput": "HIGH"}
        channel = a_channel(self.kind, practice=True, settings=settings, secrets=secrets)
        self.bots[channel.pk] = bot
        return channel

    def talk(self, channel: Channel) -> Conversation:
        person = self.lab.people.add("Anna")
        self.bots[channel.pk].phone(person).start()
        address = person.phone.lstrip("+") if messenger(self.kind).capabilities.by_phone else person.key
        self.addresses[person.key] = address
        return a_conversation(identity=an_identity(channel, external_id=address), heard_at=timezone.now())

    def says(self, talk: Conversation, text: str, number: int) -> dict[str, Any]:
        raise NotImplementedError  # nobody writes here


@pytest.mark.timeout(240)
@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize("kind", ["vk", "whatsapp"])
def test_twenty_kills_repeat_nothing_and_lose_nothing(tmp_path: Path, kind: str) -> None:
    chance = random.Random(SEED)
    with a_lab() as lab, some_parts(tmp_path, KASKAD_LAB_URL=lab.url) as parts:
        lab.misbehaves("slow", seconds=0.3)
        outside = OnLab(lab, kind)
        town = a_town(outside, SEED, workspaces=2, channels=3, people=20)
        for part in ("beat", "worker", "sender", "sender", "sender"):
            parts.start(part)
        for _ in range(KILLS):
            town.mail(30)
            arrived = len(lab.account.arrivals)
            eventually(
                lambda arrived=arrived: (
                    (lab.account.open_calls() and len(lab.account.arrivals) > arrived)
                    or not books.unfinished(town.workspaces)
                ),
                60,
            )
            time.sleep(chance.random() * 0.3)  # not always at the same place of a call
            parts.kill("sender")
            parts.start("sender")
        eventually(lambda: not books.unfinished(town.workspaces), 90)
        arrivals = [(outside.addresses[one.to], one.text) for one in lab.account.sent()]
    account = books.audit(town.workspaces, arrivals, kills=parts.killed)
    account.print(f"Killed at random moments: {kind}")
    assert not account.twice()
    assert not account.never()
    assert not account.unexplained()
    if messenger(kind).capabilities.idempotent:
        assert set(account.statuses) == {Status.SENT}
        assert account.arrived == account.rows
    else:
        _people_decide(town.workspaces, account.uncertain.total())
        assert set(account.statuses) <= {Status.SENT, Status.UNCERTAIN, Status.DELIVERED, Status.READ}


def _people_decide(workspaces: Sequence[Workspace], uncertain: int) -> None:
    """Let somebody say on the page of deliveries what became of all that nobody knows of."""
    decided = 0
    for workspace in workspaces:
        with tenant(workspace):
            left = decisions.count(decisions.UNDECIDED)
        marketer = a_client(a_member(workspace, Role.MARKETER))
        page = f"/w/{workspace.slug}/channels/deliveries/"
        assert marketer.get(page).context["counts"]["uncertain"] == left
        marketer.post(f"{page}decide/", {"tab": "uncertain", "all": "yes", "decision": "arrived"})
        with tenant(workspace):
            assert decisions.count(decisions.UNDECIDED) == 0
        decided += left
    assert decided == uncertain
