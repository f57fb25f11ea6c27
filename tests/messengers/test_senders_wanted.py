"""As many senders run as the workers have room for: no more, and never none for long."""

from typing import Any

import pytest

from builders import a_conversation
from fake_messenger import Sink, a_fake_channel, eventually
from messengers import batches, delivery, hints, inbox, outbox, tasks
from messengers.content import Content
from messengers.models import Message
from messengers.statuses import Status
from workspaces.models import Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The senders that were asked for, as (place, token)."""
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(tasks.run_sender, "apply_async", lambda args, **_how: asked.append(args))
    return asked


def test_every_place_gets_one_sender(started: list[tuple[str, str]]) -> None:
    tasks.tick()
    assert started == []
    hints.offer_places("send", "worker@one", 2)
    hints.offer_places("send", "worker@two", 1)
    tasks.tick()
    tasks.tick()
    assert sorted(place for place, _ in started) == ["worker@one/0", "worker@one/1", "worker@two/0"]


def test_a_slice_ends_with_the_next_one_asked_for(
    workspace: Workspace, sink: Sink, started: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery.Sender.__init__, "__kwdefaults__", {"channels": 10, "seconds": 1.0})
    with tenant(workspace):
        message = outbox.enqueue(a_conversation(a_fake_channel(sink)), Content(text="Hi"), source=Message.Source.BOT)
    tasks.run_sender("worker@one/0", "token")
    assert started == [("worker@one/0", "token")]
    with tenant(workspace):
        assert Message.objects.get(pk=message.pk).status == Status.SENT


def test_a_place_taken_by_another_is_left_to_it(started: list[tuple[str, str]]) -> None:
    hints.claim_place("worker@one/0", "somebody else")
    tasks.run_sender("worker@one/0", "token")
    assert started == []


def test_a_worker_that_goes_frees_its_place(started: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.worker, "should_stop", 0)
    tasks.run_sender("worker@one/0", "token")
    assert started == []
    monkeypatch.setattr(tasks.worker, "should_stop", None)
    assert hints.claim_place("worker@one/0", "next")


def test_only_a_worker_of_the_send_queue_offers_places(monkeypatch: pytest.MonkeyPatch) -> None:
    class Named:
        def __init__(self, **facts: Any) -> None:
            self.__dict__.update(facts)

    def ready(queue: str) -> None:
        controller = Named(hostname=f"{queue}@here", concurrency=2)
        tasks.offer_places(Named(task_consumer=Named(queues=[Named(name=queue)]), controller=controller))

    ready("work")
    ready("send")
    try:
        eventually(lambda: hints.places("send") == ["send:send@here/0", "send:send@here/1"])
    finally:
        monkeypatch.setattr(tasks.worker, "should_stop", 0)  # ends the thread that offers


def test_what_fails_in_a_tick_keeps_nothing_else_from_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("out of luck")

    done: list[str] = []
    monkeypatch.setattr(delivery, "sweep", fail)
    monkeypatch.setattr(batches, "finish", lambda: done.append("finish"))
    monkeypatch.setattr(inbox, "overdue", lambda: done.append("overdue") or [])
    with pytest.raises(RuntimeError):  # or nobody would hear of it
        tasks.tick()
    assert done == ["finish", "overdue"]
