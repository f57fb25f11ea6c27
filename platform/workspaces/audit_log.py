"""Reads the audit log for its page: newest first, by person and kind, a screenful after another."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime

from workspaces.audit_words import Change, Words, action_in_words, changes_in_words
from workspaces.models import AuditEntry, User

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as the page shows it."""

    entry: AuditEntry
    action: Words
    target: str
    changes: list[Change]


def lines(person: int | None, kind: str, before: int | None, size: int = PAGE) -> tuple[list[Line], int | None]:
    """Return the next entries and the id to go on from, if there are more."""
    found = AuditEntry.objects.select_related("actor").order_by("-id")
    if person is not None:
        found = found.filter(actor_id=person)
    if kind:
        found = found.filter(action__startswith=f"{kind}.")
    if before is not None:
        found = found.filter(pk__lt=before)
    entries = list(found[: size + 1])
    more = entries[size - 1].pk if len(entries) > size else None
    return [_line(entry) for entry in entries[:size]], more


def people() -> QuerySet[User]:
    """Return everybody who stands in the log, those who have left included."""
    return User.objects.filter(pk__in=AuditEntry.objects.values("actor_id")).order_by("name", "email")


def _line(entry: AuditEntry) -> Line:
    # Where somebody did something to himself, naming him twice says nothing.
    target = "" if entry.actor and entry.target_name == str(entry.actor) else entry.target_name
    return Line(entry, action_in_words(entry), target, changes_in_words(entry))


def moment(value: Any) -> datetime | None:
    """Read a moment as the log keeps it; nothing for anything else."""
    return parse_datetime(value) if isinstance(value, str) and "T" in value else None
