"""Messages of a mailing that leave in one call: grouped, answered one by one, within the rate, never twice."""

import pytest

from builders import a_conversation, an_identity
from fake_messenger import Sink, a_fake_channel, a_sender, eventually
from messengers import batches, outbox
from messengers.content import Content
from messengers.models import Channel, Conversation, Message
from messengers.statuses import Status
from workspaces.models import Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("committed_db")


def people(channel: Channel, *names: str) -> list[Conversation]:
    return [a_conversation(identity=an_identity(channel, name, external_id=name)) for name in names]


def mail(talks: list[Conversation], text: str = "News") -> None:
    batch = batches.begin()
    batches.fill(
        batch, batches.vary(batch, Content(text=text)), [talk.pk for talk in talks], source=Message.Source.BROADCAST
    )


def outcomes(workspace: Workspace) -> dict[str, str]:
    with tenant(workspace):
        return dict(Message.objects.values_list("identity__external_id", "status"))


def settled(workspace: Workspace) -> bool:
    return not {Status.QUEUED, Status.SENDING} & set(outcomes(workspace).values())


def test_a_call_carries_as_many_as_it_may_and_each_has_an_outcome_of_its_own(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        mail(people(a_fake_channel(sink, "batching_fake"), "a", "b", "blocked-c", "d", "e", "f", "g"), "Hi {{ name }}")
    with a_sender():
        eventually(lambda: settled(workspace))
    assert sorted(map(len, sink.calls)) == [1, 3, 3] or sorted(map(len, sink.calls)) == [3, 3]
    told = outcomes(workspace)
    assert told.pop("blocked-c") == Status.UNREACHABLE
    assert set(told.values()) == {Status.SENT}
    assert sorted(sink.texts()) == [f"Hi {name}" for name in "abdefg"]
    with tenant(workspace):
        ids = set(Message.objects.filter(status=Status.SENT).values_list("external_id", flat=True))
    assert len(ids) == 6


def test_what_cannot_share_a_call_and_answers_go_by_themselves(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        talks = people(a_fake_channel(sink, "batching_fake"), "a", "b", "c")
        mail(talks[:2], ".alone")
        outbox.enqueue(talks[2], Content(text="An answer"), source=Message.Source.MEMBER)
    with a_sender():
        eventually(lambda: settled(workspace))
    assert sink.calls == []
    assert sorted(sink.texts()) == [".alone", ".alone", "An answer"]


def test_a_call_that_is_refused_is_made_again_for_all(workspace: Workspace, sink: Sink) -> None:
    sink.answers = [(429,)]
    with tenant(workspace):
        mail(people(a_fake_channel(sink, "batching_fake"), "a", "b", "c"))
    with a_sender():
        eventually(lambda: settled(workspace))
    assert sorted(arrival.to for arrival in sink.arrivals) == ["a", "b", "c"]
    assert set(outcomes(workspace).values()) == {Status.SENT}


def test_a_call_that_was_cut_leaves_all_of_it_in_doubt(workspace: Workspace, sink: Sink) -> None:
    sink.answers = ["drop"]
    with tenant(workspace):
        mail(people(a_fake_channel(sink, "batching_fake"), "a", "b", "c"))
    with a_sender():
        eventually(lambda: settled(workspace))
    assert set(outcomes(workspace).values()) == {Status.UNCERTAIN}
    assert sink.arrivals == []
