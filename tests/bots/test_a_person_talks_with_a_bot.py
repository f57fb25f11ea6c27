"""From the door in to the outbox: what starts a flow, who answers, what a repeat or an error does."""

import pytest

from bots import engine, flows, runner, triggers
from bots.graph import load
from bots.models import FlowVersion, Run
from builders import a_channel, a_member
from flow_people import Person, a_flow, choice, keyword, message, welcome
from messengers import conversations
from messengers.content import Content
from messengers.models import Channel, Conversation, Identity, Message
from messengers.updates import MessageReceived
from workspaces.models import Workspace
from workspaces.roles import Role

pytestmark = pytest.mark.django_db


def menu() -> dict[str, dict[str, object]]:
    return {"a": choice("Menu", Prices="b", Help="c"), "b": message("Cheap"), "c": message("Soon", "a")}


def test_a_newcomer_is_welcomed_once(person: Person) -> None:
    a_flow(welcome(), a=message("Hello"), b=message("unused"))
    person.comes()
    person.writes("hi")
    assert person.was_told == ["Hello"]


def test_whoever_writes_without_coming_in_first_is_welcomed_too(person: Person) -> None:
    a_flow(welcome(), a=message("Hello"))
    person.writes("hi")
    person.writes("hi again")
    assert person.was_told == ["Hello"]


def test_a_keyword_goes_before_the_welcome(person: Person) -> None:
    a_flow(welcome(), a=message("Hello"))
    a_flow(keyword("приз"), a=message("Your prize"))
    person.writes("ПРИЗ)))")
    assert person.was_told == ["Your prize"]


def test_a_message_says_from_which_step_it_comes(person: Person) -> None:
    a_flow(welcome(), **menu())
    person.comes()
    sent = Message.objects.get(conversation=person.conversation)
    assert (sent.source, sent.source_id, sent.source_ref) == (Message.Source.BOT, person.runs[0].pk, "a")


@pytest.mark.parametrize("knows_message", [True, False])
def test_buttons_lead_on(person: Person, knows_message: bool) -> None:
    a_flow(welcome(), **menu())
    person.comes()
    person.presses("Help", knows_message=knows_message)
    person.presses("Prices", knows_message=knows_message)
    assert person.was_told == ["Menu", "Soon", "Menu", "Cheap"]
    assert person.runs[0].state == Run.State.FINISHED


def test_writing_a_buttons_words_presses_it(person: Person) -> None:
    a_flow(welcome(), **menu())
    person.comes()
    person.writes("prices!")
    assert person.was_told == ["Menu", "Cheap"]


def test_the_waiting_step_hears_before_keywords_do(person: Person) -> None:
    a_flow(welcome(), **menu())
    a_flow(keyword("prices"), a=message("The price list"))
    person.comes()
    person.writes("Prices")
    assert person.was_told == ["Menu", "Cheap"]


def test_a_keyword_takes_the_person_out_of_the_flow_he_waits_in(person: Person) -> None:
    a_flow(welcome(), **menu())
    a_flow(keyword("prize"), a=choice("Take part?", Yes="b"), b=message("Done"))
    person.comes()
    person.writes("prize")
    assert [run.state for run in person.runs] == [Run.State.STOPPED, Run.State.WAITING]
    person.writes("Prices")
    assert person.was_told == ["Menu", "Take part?"]


def test_words_that_mean_nothing_leave_the_person_where_he_is(person: Person) -> None:
    a_flow(welcome(), **menu())
    person.comes()
    person.writes("what?")
    assert person.was_told == ["Menu"]
    assert person.runs[0].state == Run.State.WAITING


def test_a_button_of_a_finished_flow_takes_it_up_again(person: Person) -> None:
    a_flow(welcome(), **menu())
    person.comes()
    person.presses("Prices")
    person.presses("Help")
    assert person.was_told == ["Menu", "Cheap", "Soon", "Menu"]
    assert [run.state for run in person.runs] == [Run.State.WAITING]


def test_a_button_of_a_stopped_flow_stops_the_newer_one(person: Person) -> None:
    a_flow(welcome(), **menu())
    a_flow(keyword("prize"), a=choice("Take part?", Yes="b"), b=message("Done"))
    person.comes()
    person.writes("prize")
    person.presses("Help")
    assert [run.state for run in person.runs] == [Run.State.WAITING, Run.State.STOPPED]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("order", "exact"),
        ("order pizza", "starts long"),
        ("order tea", "starts"),
        ("I want to order", "contains old"),
        ("nothing", None),
    ],
)
def test_of_several_keywords_the_best_fit_answers(person: Person, text: str, answer: str | None) -> None:
    a_flow(keyword("order", mode="contains"), a=message("contains old"))
    a_flow(keyword("order", mode="contains"), a=message("contains new"))
    a_flow(keyword("order", mode="starts"), a=message("starts"))
    a_flow(keyword("order pizza", mode="starts"), a=message("starts long"))
    a_flow(keyword("order"), a=message("exact"))
    person.writes(text)
    assert person.was_told == ([answer] if answer else [])


def test_a_trigger_may_be_kept_to_some_channels(channel: Channel) -> None:
    other = a_channel()
    a_flow(keyword("hi", channels=[other.pk]), welcome([other.pk]), a=message("Hello"))
    here, there = Person(channel), Person(other)
    for person in (here, there):
        person.writes("hi")
    assert (here.was_told, there.was_told) == ([], ["Hello"])


def test_a_draft_answers_nobody(person: Person) -> None:
    a_flow(welcome(), published=False, a=message("Hello"))
    person.comes()
    assert person.was_told == []


def test_the_bot_is_silent_where_a_member_answers_and_goes_on_after(person: Person, workspace: Workspace) -> None:
    agent = a_member(workspace, Role.AGENT)
    a_flow(welcome(), **menu())
    a_flow(keyword("prize"), a=message("Your prize"))
    person.comes()
    conversations.take_over(person.conversation, agent)
    person.writes("prize")
    person.presses("Help")
    assert person.was_told == ["Menu"]
    conversations.give_back(person.conversation, agent)
    person.presses("Help")
    assert person.was_told == ["Menu", "Soon", "Menu"]


def test_a_repeated_message_is_answered_once(person: Person) -> None:
    a_flow(keyword("hi"), a=message("Hello"))
    person.writes("hi", "same")
    person.writes("hi", "same")
    assert person.was_told == ["Hello"]


def test_a_repeated_signal_is_answered_once(person: Person) -> None:

    a_flow(keyword("hi"), a=message("Hello"))
    person.writes("hi")
    heard = Message.objects.get(conversation=person.conversation, direction=Message.Direction.IN)
    update = MessageReceived(person._sender(), "again", Content.model_validate(heard.content), heard.created_at)
    runner.hear(person.conversation, heard, update)
    assert person.was_told == ["Hello"]


def test_coming_in_twice_with_one_event_is_welcomed_once(person: Person) -> None:
    a_flow(welcome(), a=message("Hello"))
    person.comes("same")
    person.comes("same")
    assert person.was_told == ["Hello"]


def test_coming_back_does_not_tear_a_person_out_of_his_flow(person: Person) -> None:
    a_flow(welcome(), **menu())
    person.comes()
    person.comes()
    assert person.was_told == ["Menu"]
    person.presses("Prices")
    person.comes()
    assert person.was_told == ["Menu", "Cheap", "Menu"]


def test_who_is_inside_stays_in_the_version_where_he_began(
    person: Person, channel: Channel, workspace: Workspace
) -> None:
    flow = a_flow(welcome(), a=choice("Old", Go="b"), b=message("Old end"))
    person.comes()
    editor = a_member(workspace, Role.MARKETER)
    changed = {"format": 1, "start": "a", "triggers": [welcome()], "nodes": {"a": message("New")}}
    flows.save_draft(flow, load(changed), 1, editor)
    flows.publish(flow, 2, editor)
    newcomer = Person(channel)
    newcomer.comes()
    person.presses("Go")
    assert (person.was_told, newcomer.was_told) == (["Old", "Old end"], ["New"])


def test_a_flow_switched_off_lets_nobody_in_but_those_inside_go_on(
    person: Person, channel: Channel, workspace: Workspace
) -> None:
    flow = a_flow(welcome(), **menu())
    person.comes()
    flows.switch(flow, a_member(workspace, Role.MARKETER), on=False)
    newcomer = Person(channel)
    newcomer.comes()
    person.presses("Prices")
    person.presses("Help")
    assert (person.was_told, newcomer.was_told) == (["Menu", "Cheap"], [])


def test_switching_off_can_stop_those_inside(person: Person, workspace: Workspace) -> None:
    flow = a_flow(welcome(), **menu())
    person.comes()
    flows.switch(flow, a_member(workspace, Role.MARKETER), on=False, stop_inside=True)
    person.presses("Prices")
    assert person.was_told == ["Menu"]
    assert person.runs[0].state == Run.State.STOPPED


def test_a_circle_fails_the_run_and_says_nothing(person: Person) -> None:
    flow = a_flow(welcome(), a=message("Round"))
    looped = {"a": message("Round", "b"), "b": message("and round", "a")}
    FlowVersion.objects.filter(flow=flow).update(graph={"format": 1, "start": "a", "nodes": looped})
    person.comes()
    assert person.was_told == []
    assert [(run.state, run.error) for run in person.runs] == [(Run.State.FAILED, "too_many_steps")]


def test_a_version_of_a_newer_kaskad_fails_the_run_with_its_reason(person: Person) -> None:
    flow = a_flow(welcome(), a=message("Hi"))
    FlowVersion.objects.filter(flow=flow).update(graph={"format": 99})
    person.comes()
    assert [run.error for run in person.runs] == ["newer_format"]


def test_a_mistake_of_ours_fails_the_run_and_keeps_the_message(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> None:
        raise ZeroDivisionError

    a_flow(keyword("hi"), a=message("Hello"))
    monkeypatch.setattr(engine, "advance", broken)
    person.writes("hi")
    assert [run.error for run in person.runs] == ["internal"]
    assert Message.objects.filter(conversation=person.conversation).count() == 1


def test_a_person_who_cannot_be_written_to_leaves_the_flow(person: Person) -> None:
    a_flow(welcome(), a=message("Hello"))
    a_flow(keyword("more"), **menu())
    person.comes()
    Identity.objects.filter(pk=person.conversation.identity_id).update(state=Identity.State.BLOCKED)
    runner.welcome(person.conversation, "again", first=True)
    assert person.was_told == ["Hello"]
    assert (person.runs[-1].state, person.runs[-1].error) == (Run.State.STOPPED, "unreachable")


def test_at_most_one_run_of_a_conversation_waits(person: Person) -> None:
    for word in ("one", "two", "three"):
        a_flow(keyword(word), a=choice(word, Go="a"))
    for word in ("one", "two", "three"):
        person.writes(word)
    waiting = Run.objects.filter(conversation=person.conversation, state=Run.State.WAITING)
    assert waiting.count() == 1
    assert person.conversation.owner == Conversation.Owner.BOT


def test_looking_for_a_keyword_costs_the_same_however_many_flows_there_are(
    person: Person, django_assert_max_num_queries: object
) -> None:

    for number in range(12):
        a_flow(keyword(f"word {number}"), a=message("Hi"))
    with django_assert_max_num_queries(1):  # type: ignore[operator]
        assert triggers.by_keyword("tell me word 7", person.channel.pk) is None
