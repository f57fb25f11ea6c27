"""What is kept of messages that are approved beforehand: which may be sent now, and with what they are filled.

`outbox` asks whether one may be sent; the chat panel and the editor of flows offer those that may.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from messengers import personal
from messengers.content import Content, Template
from messengers.models import Channel, MessageTemplate
from workspaces.audit import record
from workspaces.models import User

State = MessageTemplate.State


def set_defaults(row: MessageTemplate, values: Mapping[str, str], actor: User) -> None:
    """Keep what its gaps shall be filled with unless somebody says otherwise."""
    held = {key: value.strip() for key, value in values.items() if value.strip()}
    if held != row.defaults:
        row.defaults = held
        row.save(update_fields=["defaults"])
        record(actor, "template.defaults", row.channel, {"template": (None, f"{row.name} ({row.language})")})


def sendable(channel_ids: Iterable[int]) -> list[MessageTemplate]:
    """Return what may be sent now through these channels, by name."""
    rows = MessageTemplate.objects.filter(channel_id__in=list(channel_ids), state=State.APPROVED)
    found = rows.select_related("channel").order_by("name", "language", "channel_id")
    return [row for row in found if not row.said.unsupported]


def wrong_values(values: Mapping[str, str]) -> dict[str, str]:
    """Return which values cannot be filled with a person's facts, and why, in the words of Liquid."""
    wrong = {}
    for key, value in values.items():
        try:
            personal.check(Content(text=f"{value}."))
        except personal.BadTemplateError as error:
            wrong[key] = str(error)
    return wrong


def for_person(values: Mapping[str, str], person: Mapping[str, str]) -> dict[str, str]:
    """Return values filled with a person's facts; those of which nothing is left are not there."""
    filled = {}
    for key, value in values.items():
        with suppress(personal.BadTemplateError):
            filled[key] = personal.fill_value(value, person)
    return filled


def why_not(channel: Channel, template: Template) -> str:
    """Return why a template may not be sent as far as we know, as a reason code; the messenger has the last word."""
    rows = MessageTemplate.objects.filter(channel=channel, name=template.name, language=template.language)
    state = rows.values_list("state", flat=True).first()
    return "" if state in (None, State.APPROVED) else f"template_{state}"
