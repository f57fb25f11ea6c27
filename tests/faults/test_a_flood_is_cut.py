"""Workers are killed while they handle a flood: every word is heard once, and each person's in the order he wrote."""

import random

import pytest

from builders import a_conversation, a_workspace
from fake_messenger import Sink, a_fake_channel, eventually
from faults.parts import Parts
from faults.traffic import AT
from messengers import inbox, tasks
from messengers.models import InboundUpdate, Message
from workspaces.scope import tenant

PEOPLE, WORDS, KILLS = 50, 30, 6


@pytest.mark.timeout(200)
def test_every_word_is_heard_once_and_in_order(parts: Parts) -> None:
    chance = random.Random(3)
    workspace = a_workspace()
    with tenant(workspace):
        channel = a_fake_channel(Sink())
        talks = [a_conversation(channel) for _ in range(PEOPLE)]
        told = [(number, talk.identity.external_id) for number in range(WORDS) for talk in talks]
        inbox.store_many(channel, [
            {"id": f"{who}-{number}", "from": who, "type": "message", "text": str(number), "at": AT.isoformat()}
            for number, who in told
        ])  # fmt: skip

    def heard() -> int:
        with tenant(workspace):
            return Message.objects.filter(direction=Message.Direction.IN).count()

    parts.start("beat")
    parts.start("worker", 2)
    tasks.announce(channel.pk, workspace_id=workspace.pk)
    for number in range(KILLS):
        goal = (number + 1) * PEOPLE * WORDS // (KILLS + 2) + chance.randint(-20, 20)
        eventually(lambda wanted=goal: heard() >= wanted, 60)
        parts.kill("worker")
        parts.start("worker")
    eventually(lambda: heard() == len(told), 60)
    with tenant(workspace):
        eventually(lambda: not InboundUpdate.objects.exclude(state=InboundUpdate.State.DONE).exists())
        for talk in talks:
            words = Message.objects.filter(conversation=talk).order_by("id")
            assert [message.content["text"] for message in words] == [str(number) for number in range(WORDS)]
    print(f"\n{len(told)} updates, {KILLS} workers killed: each heard once, in order")
