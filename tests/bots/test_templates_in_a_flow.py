"""A step with a template: said where the messenger lets nothing else through, checked where it is chosen."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bots import flows, payloads
from bots.graph import load
from builders import a_channel, a_workspace
from flow_people import Person, a_flow, graph, message, welcome
from messengers import inbox
from messengers.content import AttachmentKind
from messengers.models import Channel, Message, MessageTemplate
from messengers.template_parts import TemplateParts
from messengers.updates import Started
from workspaces.scope import tenant

PARTS = TemplateParts(body="Здравствуйте, {{1}}! Ваш заказ {{2}} готов", body_examples=["Анна", "42"])
TEMPLATE = {
    "name": "ready",
    "language": "ru",
    "parts": PARTS.model_dump(mode="json"),
    "values": {"body.1": "{{ first_name | default: 'друг' }}", "body.2": "№ 7"},
}


@pytest.fixture
def channel(db: None) -> Iterator[Channel]:
    with tenant(a_workspace()):
        made = a_channel("whatsapp", settings={"app_id": "900900"})
        row = {"external_id": "1", "state": "approved", "parts": TEMPLATE["parts"]}
        MessageTemplate.objects.create(channel=made, name="ready", language="ru", **row)
        yield made


def comes(person: Person, hours: float) -> None:
    """Let him come in so long ago."""
    sender = replace(person._sender(), name="Анна Белова")
    inbox.handle(Started(sender, f"s{hours}", timezone.now() - timedelta(hours=hours)), person.channel)


def said(person: Person) -> list[dict[str, Any]]:
    return [one.content for one in Message.objects.filter(conversation=person.conversation).order_by("id")]


def wrong(template: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    found = flows.everything_wrong(load(graph(welcome(), told={**message(), "template": template})))
    return {one.field: (one.code, one.error) for one in found}


def test_it_is_said_when_a_day_has_passed_and_not_before(channel: Channel) -> None:
    a_flow(welcome(), told={**message("Готово"), "template": TEMPLATE})
    late, early = Person(channel), Person(channel)
    comes(late, 25)
    comes(early, 1)
    (told,) = said(late)
    assert told["text"] == "Здравствуйте, Анна! Ваш заказ № 7 готов"
    assert told["template"]["body"] == ["Анна", "№ 7"]
    assert [(one["text"], one["template"]) for one in said(early)] == [("Готово", None)]


def test_without_one_the_run_stops_and_says_why(channel: Channel) -> None:
    a_flow(welcome(), told=message("Готово"))
    anna = Person(channel)
    comes(anna, 25)
    assert [run.error for run in anna.runs] == ["window_closed"]


def test_one_that_is_not_approved_any_more_stops_the_run_with_its_reason(channel: Channel) -> None:
    a_flow(welcome(), told={**message("Готово"), "template": TEMPLATE})
    MessageTemplate.objects.update(state="paused")
    anna = Person(channel)
    comes(anna, 25)
    assert [run.error for run in anna.runs] == ["template_paused"]


def test_what_is_wrong_with_it_is_said_at_its_field(channel: Channel) -> None:
    assert wrong(TEMPLATE) == {}
    assert wrong({**TEMPLATE, "values": {"body.1": "x"}}) == {"template.body.2": ("empty_gap", True)}
    unreadable = {"body.1": "{{ oops", "body.2": " "}
    assert wrong({**TEMPLATE, "values": unreadable}) == {
        "template.body.1": ("unreadable_gap", True),
        "template.body.2": ("empty_gap", True),
    }
    framed = PARTS.model_copy(update={"header_file": AttachmentKind.IMAGE}).model_dump(mode="json")
    assert wrong({**TEMPLATE, "parts": framed})["template.file"] == ("no_template_file", True)
    assert wrong({**TEMPLATE, "name": "other"}) == {"template": ("template_gone", True)}
    MessageTemplate.objects.update(state="paused")
    assert wrong(TEMPLATE) == {"template": ("template_paused", False)}
    MessageTemplate.objects.update(state="rejected")
    assert wrong(TEMPLATE) == {"template": ("template_rejected", True)}
    shorter = PARTS.model_copy(update={"body": "Заказ {{1}} готов"}).model_dump(mode="json")
    MessageTemplate.objects.update(state="approved", parts=shorter)
    assert wrong(TEMPLATE) == {"template": ("template_changed", True)}


def test_the_editor_offers_what_is_approved(channel: Channel) -> None:
    MessageTemplate.objects.create(channel=channel, name="not_yet", language="ru", external_id="2", state="pending")
    (offered,) = payloads._templates()
    assert (offered["name"], [gap["key"] for gap in offered["gaps"]]) == ("ready", ["body.1", "body.2"])
