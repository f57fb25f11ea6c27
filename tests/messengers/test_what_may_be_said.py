"""A messenger's window: who may write to whom until when, checked when it is queued and again when it leaves."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from builders import a_conversation
from fake_messenger import Sink, a_fake_channel, a_sender, eventually
from messengers import batches, inbox, outbox
from messengers.content import Content, Template
from messengers.models import Conversation, Message
from messengers.statuses import Status
from workspaces.models import Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("committed_db")

TEMPLATE = Content(text="Your order is ready", template=Template(name="ready", language="en"))


def heard(talk: Conversation, ago: timedelta | None) -> Conversation:
    Conversation.objects.filter(pk=talk.pk).update(heard_at=timezone.now() - ago if ago is not None else None)
    return talk


@pytest.mark.parametrize(
    ("ago", "source", "content", "reason"),
    [
        (timedelta(hours=23), "bot", Content(text="x"), ""),
        (timedelta(hours=25), "bot", Content(text="x"), "window_closed"),
        (None, "bot", Content(text="x"), "window_closed"),
        (timedelta(hours=25), "bot", TEMPLATE, ""),
        (timedelta(hours=25), "member", Content(text="x"), ""),
        (timedelta(days=8), "member", Content(text="x"), "window_closed"),
    ],
)
def test_what_is_queued_keeps_to_the_window(
    workspace: Workspace, sink: Sink, ago: timedelta | None, source: str, content: Content, reason: str
) -> None:
    with tenant(workspace):
        talk = heard(a_conversation(a_fake_channel(sink, "window_fake")), ago)
        if not reason:
            assert outbox.enqueue(talk, content, source=source).status == Status.QUEUED
            return
        with pytest.raises(outbox.UnreachableError) as refused:
            outbox.enqueue(talk, content, source=source)
        assert refused.value.reason == reason


def test_a_window_that_closes_while_a_mailing_waits_is_kept_to_as_well(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        channel = a_fake_channel(sink, "window_fake")
        open_one, closed = (heard(a_conversation(channel), ago) for ago in (timedelta(hours=1), timedelta(hours=30)))
        for content in (Content(text="News"), TEMPLATE):
            batch = batches.begin()
            variant = batches.vary(batch, content)
            batches.fill(batch, variant, [open_one.pk, closed.pk], source=Message.Source.BROADCAST)

    def states() -> dict[tuple[int, str], tuple[str, str]]:
        with tenant(workspace):
            rows = Message.objects.select_related("variant")
            return {(one.conversation_id, one.words["text"]): (one.status, one.reason) for one in rows}

    with a_sender():
        eventually(lambda: not {"queued", "sending"} & {status for status, _reason in states().values()})
    assert states() == {
        (open_one.pk, "News"): ("sent", ""),
        (open_one.pk, "Your order is ready"): ("sent", ""),
        (closed.pk, "News"): ("canceled", "window_closed"),
        (closed.pk, "Your order is ready"): ("sent", ""),
    }


@pytest.mark.parametrize("what", [{"type": "message", "text": "Hi"}, {"type": "start"}])
def test_a_word_and_a_start_open_it(workspace: Workspace, sink: Sink, what: dict[str, Any]) -> None:
    with tenant(workspace):
        channel = a_fake_channel(sink, "window_fake")
        body = {"id": "1", "from": "ann", "name": "Ann", "at": timezone.now().isoformat(), **what}
        (update,) = inbox.store_many(channel, [body])
    inbox.process(update, workspace_id=workspace.pk)
    with tenant(workspace):
        talk = Conversation.objects.get()
        assert isinstance(talk.heard_at, datetime)
        outbox.enqueue(talk, Content(text="Good day"), source="bot")
