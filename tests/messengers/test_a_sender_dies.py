"""A sender is killed while a call is under way: nothing is sent twice, nothing is lost."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from builders import a_conversation
from fake_messenger import Sink, a_fake_channel, a_sender, eventually
from messengers import delivery, outbox
from messengers.content import Content
from messengers.models import Attempt, Message
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
    asyncio.run(Sender(seconds=600).run())
"""


def killed_in_the_middle(workspace: Workspace, sink: Sink, kind: str, owner_cursor: Any) -> tuple[Message, Message]:
    """One message is in the messenger's hands, the next one waits behind it, and the sender is gone."""
    with tenant(workspace):
        talk = a_conversation(a_fake_channel(sink, kind))
        flying, waiting = (
            outbox.enqueue(talk, Content(text=text), source=Message.Source.BOT) for text in ("flying", "waiting")
        )
    sink.answers = ["hang"]
    process = subprocess.Popen([sys.executable, "-c", SENDER, str(TESTS)], env=dict(os.environ))
    try:
        eventually(lambda: sink.hanging, 60)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    # Nobody can tell a dead sender from a slow one until its lease has run out.
    owner_cursor.execute("UPDATE messengers_channellease SET expires_at = now() - interval '1 second'")
    return flying, waiting


def status(workspace: Workspace, message: Message) -> str:
    with tenant(workspace):
        return str(Message.objects.get(pk=message.pk).status)


def test_the_one_under_way_is_uncertain_and_the_rest_goes_on(
    workspace: Workspace, sink: Sink, owner_cursor: Any
) -> None:
    flying, waiting = killed_in_the_middle(workspace, sink, "fake", owner_cursor)
    delivery.sweep()
    assert status(workspace, flying) == Status.UNCERTAIN
    with a_sender():
        eventually(lambda: status(workspace, waiting) == Status.SENT)
    delivery.sweep()
    assert sink.texts() == ["flying", "waiting"]
    with tenant(workspace):
        attempt = Attempt.objects.get(message=flying)
        assert (attempt.number, attempt.outcome, attempt.reason) == (1, "uncertain", "sender_died")


def test_where_the_messenger_knows_our_key_it_is_sent_again_with_the_same(
    workspace: Workspace, sink: Sink, owner_cursor: Any
) -> None:
    flying, waiting = killed_in_the_middle(workspace, sink, "idempotent_fake", owner_cursor)
    delivery.sweep()
    with a_sender():
        eventually(lambda: status(workspace, waiting) == Status.SENT)
    assert status(workspace, flying) == Status.SENT
    assert sink.texts() == ["flying", "flying", "waiting"]
    assert sink.arrivals[0].key == sink.arrivals[1].key != sink.arrivals[2].key


@pytest.mark.usefixtures("sink")
def test_the_living_are_left_alone(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        message = outbox.enqueue(a_conversation(a_fake_channel(sink)), Content(text="slow"), source=Message.Source.BOT)
    sink.answers = ["hang"]
    with a_sender():
        eventually(lambda: sink.hanging)
        delivery.sweep()
        assert status(workspace, message) == Status.SENDING
        sink.let_go.set()
        eventually(lambda: status(workspace, message) == Status.SENT)


def test_a_sender_that_was_believed_dead_sends_nothing_and_writes_what_it_knows(
    workspace: Workspace, sink: Sink, owner_cursor: Any
) -> None:
    with tenant(workspace):
        talk = a_conversation(a_fake_channel(sink))
        first, second = (outbox.enqueue(talk, Content(text=text), source=Message.Source.BOT) for text in ("1", "2"))
    sink.answers = ["hang"]
    with a_sender() as stalled:
        eventually(lambda: sink.hanging)
        owner_cursor.execute("UPDATE messengers_channellease SET expires_at = now() - interval '1 second'")
        delivery.sweep()
        assert status(workspace, first) == Status.UNCERTAIN
        with a_sender():
            eventually(lambda: status(workspace, second) == Status.SENT)
        sink.let_go.set()
        eventually(lambda: status(workspace, first) == Status.SENT)
        assert stalled.id
    assert sink.texts() == ["1", "2"]
