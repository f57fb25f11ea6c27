"""Approved messages in the panel: which may be sent to this person, with what they are filled, and the filled one."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from messengers import media, personal, template_list, template_parts, template_rows
from messengers.content import Content
from messengers.models import Conversation, Media, MessageTemplate
from messengers.template_parts import Filling, Gap, GapsError

Payload = dict[str, Any]


def offered(row: Conversation) -> list[Payload]:
    """Describe what may be sent here now; gaps that somebody has given a value are filled for this person."""
    person = _person(row)
    return [_described(one, person) for one in template_rows.sendable([row.channel_id])]


def content(row: Conversation, template: MessageTemplate, values: Mapping[str, str], file: Media | None) -> Content:
    """Return the message for this person; GapsError names the gaps for which something is missing."""
    parts, person = template.said, _person(row)
    wanted = [gap.key for gap in template_parts.gaps(parts)]
    filled = template_rows.for_person({key: values.get(key, "") for key in wanted if values.get(key)}, person)
    empty = {key: "unknown" for key in wanted if values.get(key, "").strip() and key not in filled}
    if empty:
        raise GapsError(empty)
    attached = media.as_attachment(file) if file else None
    return template_parts.content(template.name, template.language, parts, Filling(filled, attached))


def words(error: GapsError) -> dict[str, str]:
    """Return what is missing, in words."""
    return {key: _WORDS[code]() for key, code in error.fields.items()}


_WORDS = {
    "missing": lambda: _("Fill this in."),
    "too_long": lambda: _("This is too long."),
    "wrong_file": lambda: _("The template wants a file of another kind."),
    "unknown": lambda: _("This is empty for this person, or cannot be read: write it yourself."),
}


def _described(row: MessageTemplate, person: Mapping[str, str]) -> Payload:
    parts = row.said
    known = template_rows.for_person(row.defaults, person)
    return {
        "id": row.pk,
        "name": row.name,
        "language": row.language,
        "header": parts.header,
        "body": parts.body,
        "footer": parts.footer,
        "file": parts.header_file,
        "buttons": [button.text for button in parts.buttons],
        "gaps": [_gap(gap, known) for gap in template_parts.gaps(parts)],
    }


def _gap(gap: Gap, known: Mapping[str, str]) -> Payload:
    return {"key": gap.key, "label": template_list.label(gap), "example": gap.example, "value": known.get(gap.key, "")}


def _person(row: Conversation) -> dict[str, str]:
    contact = row.contact
    return personal.facts(contact.name, contact.phone, contact.email, contact.language)
