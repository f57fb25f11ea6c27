"""Bulk messages: made in one statement, filled for each person, paused, stopped, slowed, finished together."""

from dataclasses import replace
from io import BytesIO
from typing import Any, ClassVar

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from builders import a_conversation, a_user
from fake_messenger import Fake, Sink, a_fake_channel, a_sender, eventually
from messengers import batches, media, outbox, personal, registry
from messengers.adapter import Capabilities, ChannelFacts, HttpCall, Outcome, Outgoing, Sent, Steps
from messengers.content import AttachmentKind, Content
from messengers.models import Batch, Channel, Conversation, Identity, Message, Variant
from messengers.statuses import Status
from workspaces.models import Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("committed_db")


def mail(batch: Batch, talks: list[Conversation], text: str = "News") -> int:
    return batches.fill(
        batch, batches.vary(batch, Content(text=text)), [talk.pk for talk in talks], source=Message.Source.BROADCAST
    )


def statuses(workspace: Workspace, batch: Batch) -> dict[str, int]:
    with tenant(workspace):
        found = list(Message.objects.filter(batch=batch).values_list("status", flat=True))
    return {status: found.count(status) for status in found}


def state(workspace: Workspace, batch: Batch) -> str:
    with tenant(workspace):
        return str(Batch.objects.get(pk=batch.pk).state)


def people(channel: Channel, *names: str) -> list[Conversation]:
    return [a_conversation(channel, name=name) for name in names]


def test_one_statement_makes_the_messages_of_all_who_may_be_written_to(
    workspace: Workspace, sink: Sink, django_assert_num_queries: Any
) -> None:
    with tenant(workspace):
        talks = people(a_fake_channel(sink), *"ABCDE")
        Identity.objects.filter(pk=talks[0].identity_id).update(state=Identity.State.UNSUBSCRIBED)
        batch = batches.begin()
        variant = batches.vary(batch, Content(text="News"))
        with django_assert_num_queries(1):
            made = batches.fill(batch, variant, [one.pk for one in talks], source=Message.Source.BROADCAST, source_id=5)
        assert made == 4
        assert set(batch.messages.values_list("status", "lane", "source_id")) == {(Status.QUEUED, 1, 5)}
        assert {message.words["text"] for message in batch.messages.select_related("variant")} == {"News"}


def test_each_person_reads_his_own_name_and_it_is_kept_what_he_read(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        batch = batches.begin()
        talks = people(a_fake_channel(sink), "Anna Maria", "Bob")
        mail(batch, talks, "Good day, {{ first_name }}!")
    with a_sender():
        eventually(lambda: statuses(workspace, batch) == {Status.SENT: 2})
    assert sorted(sink.texts()) == ["Good day, Anna!", "Good day, Bob!"]
    with tenant(workspace):
        said = Message.objects.select_related("variant").get(conversation=talks[0], batch=batch)
        assert said.words["text"] == "Good day, Anna!"
        assert said.words["markup"] is True


def test_a_name_cannot_bring_formatting_along() -> None:
    filled = personal.fill(Content(text="*Hi* {{ name }}"), personal.facts("*Eve*", "", "", ""))
    assert filled.text == r"*Hi* \*Eve\*"


def test_a_subject_is_filled_too_and_stays_one_line() -> None:
    letter = Content(text="Hello", subject="{{ name }}, your coffee")
    assert personal.has_gaps(letter)
    assert personal.fill(letter, personal.facts("*Anna*\nB", "", "", "")).subject == "*Anna* B, your coffee"


@pytest.mark.parametrize("text", ["Hi {{ name", "{% for one in (1..9) %}", "{% unknown %}"])
def test_gaps_that_cannot_be_filled_are_refused_before_anything_is_queued(workspace: Workspace, text: str) -> None:
    with tenant(workspace):
        batch = batches.begin()
        with pytest.raises(personal.BadTemplateError):
            batches.vary(batch, Content(text=text))
        assert not Variant.objects.exists()


@pytest.mark.parametrize(
    "text",
    [
        "{% assign a = 'aaaaaaaaaa' %}" + "{% assign a = a | append: a %}" * 28 + "{{ a }}",
        "{{ (1..300000000) | join: '' }}",
        "{{ 'nan' | floor }}",
        "{{ '1e999' | plus: 1 | ceil }}",
    ],
)
def test_a_text_that_would_fill_the_memory_or_breaks_is_refused(text: str) -> None:
    with pytest.raises(personal.BadTemplateError):
        personal.fill(Content(text=text), personal.facts("Anna", "", "", ""))


def test_a_person_for_whom_nothing_is_left_to_say_holds_nobody_up(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        batch = batches.begin()
        mail(batch, people(a_fake_channel(sink), "Anna", "Bob"), "{% if name == 'Bob' %}For Bob{% endif %}")
    with a_sender():
        eventually(lambda: statuses(workspace, batch) == {Status.SENT: 1, Status.REJECTED: 1})
    assert sink.texts() == ["For Bob"]


def test_it_is_finished_with_its_last_message_and_runs_again_for_one_that_is_resent(
    workspace: Workspace, sink: Sink
) -> None:
    with tenant(workspace):
        batch = batches.begin()
        talks = people(a_fake_channel(sink), *"ABC")
        mail(batch, talks)
        batches.seal(batch)
    batches.finish()
    assert state(workspace, batch) == Batch.State.RUNNING
    sink.answers = [(400, {})]
    with a_sender():
        eventually(lambda: statuses(workspace, batch) == {Status.SENT: 2, Status.REJECTED: 1})
        batches.finish()
        assert state(workspace, batch) == Batch.State.FINISHED
        with tenant(workspace):
            outbox.retry(Message.objects.get(batch=batch, status=Status.REJECTED), a_user())
        assert state(workspace, batch) == Batch.State.RUNNING
        eventually(lambda: statuses(workspace, batch) == {Status.SENT: 3})
    batches.finish()
    assert state(workspace, batch) == Batch.State.FINISHED


def test_one_in_which_a_message_was_just_queued_again_is_not_finished(
    workspace: Workspace, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant(workspace):
        batch = batches.begin()
        mail(batch, people(a_fake_channel(sink), "A"))
        batches.seal(batch)
    # Found at a moment when nothing was left in it.
    monkeypatch.setattr(batches, "ids_across_workspaces", lambda *_: [(workspace.pk, batch.pk)])
    assert batches.finish() == 0
    assert state(workspace, batch) == Batch.State.RUNNING


def test_one_that_is_still_being_filled_is_not_finished(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        batch = batches.begin()
        talks = people(a_fake_channel(sink), *"AB")
        mail(batch, talks[:1])
    with a_sender():
        eventually(lambda: statuses(workspace, batch) == {Status.SENT: 1})
        batches.finish()
        assert state(workspace, batch) == Batch.State.RUNNING
        with tenant(workspace):
            mail(batch, talks[1:])
        eventually(lambda: statuses(workspace, batch) == {Status.SENT: 2})


@pytest.mark.parametrize(
    ("before", "asked", "after"),
    [
        (state, asked, batches.TRANSITIONS.get((state, asked)))
        for state in Batch.State.values
        for asked in ("pause", "resume", "stop")
    ],
)
def test_what_can_be_done_with_it(workspace: Workspace, before: str, asked: str, after: str | None) -> None:
    with tenant(workspace):
        batch = Batch.objects.create(state=before)
        act = {"pause": batches.pause, "resume": batches.resume, "stop": batches.stop}[asked]
        if after is None:
            with pytest.raises(batches.BatchOverError):
                act(batch)
        else:
            assert act(batch).state == after


def test_nothing_is_added_to_one_that_is_over(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        talks = people(a_fake_channel(sink), "A")
        batch = batches.stop(batches.begin())
        with pytest.raises(batches.BatchOverError):
            mail(batch, talks)


def test_a_message_of_a_stopped_one_is_not_sent_again(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        batch = batches.begin()
        mail(batch, people(a_fake_channel(sink), "A"))
        Message.objects.filter(batch=batch).update(status=Status.UNCERTAIN)
        batches.stop(batch)
        with pytest.raises(outbox.NotRetriableError):
            outbox.retry(Message.objects.get(batch=batch), a_user())


def test_several_mailings_of_one_channel_take_turns(workspace: Workspace, sink: Sink) -> None:
    with tenant(workspace):
        channel = a_fake_channel(sink, "slow_fake")
        large, small = batches.begin(), batches.begin()
        mail(large, people(channel, *(f"P{number}" for number in range(60))), "large")
        mail(small, people(channel, *"AB"), "small")
    with a_sender():
        eventually(lambda: statuses(workspace, small) == {Status.SENT: 2})
        assert statuses(workspace, large).get(Status.SENT, 0) < 30


class FileFake(Fake):
    """Gives files that were uploaded names of its own."""

    kind: ClassVar[str] = "file_fake"
    capabilities: ClassVar[Capabilities] = replace(
        Fake.capabilities, attachments={AttachmentKind.IMAGE: 1000}, attachments_per_message=1, reuses_files=True
    )

    def send(self, channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
        (file,) = message.content.attachments
        name = message.file_ids.get(file.media)
        body = {"to": message.to, "text": name or "upload", "key": message.idempotency_key}
        yield HttpCall("POST", f"{channel.settings['url']}/send", json=body)
        return Sent("1", file_ids={} if name else {file.media: f"file-{file.media}"})


def test_a_file_goes_up_once_for_a_whole_mailing_and_not_again_for_the_next(workspace: Workspace, sink: Sink) -> None:
    registry.register(FileFake())
    picture = BytesIO()
    Image.new("RGB", (2, 2)).save(picture, "PNG")
    with tenant(workspace):
        file = media.as_attachment(media.store(ContentFile(picture.getvalue(), name="dot.png")))
        talks = people(a_fake_channel(sink, "file_fake"), *"ABCDE")
    for texts in (["upload", *["file"] * 4], ["file"] * 5):
        sink.arrivals.clear()
        with tenant(workspace):
            batch = batches.begin()
            variant = batches.vary(batch, Content(attachments=[file]))
            batches.fill(batch, variant, [talk.pk for talk in talks], source=Message.Source.BROADCAST)
        with a_sender():
            eventually(lambda b=batch: statuses(workspace, b) == {Status.SENT: 5})
        assert [text.partition("-")[0] for text in sink.texts()] == texts
