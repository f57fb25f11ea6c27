"""What has changed since: the sequence by which a client that was away catches up and misses nothing.

A row's `revision` is the number of the transaction that last changed it, stamped by a trigger. A cursor is the oldest
transaction that was still open when it was taken. Rows with `revision >= cursor` are then all that the holder of the
cursor may have missed: a counter handed out before commit would skip those who commit late. Some rows come twice; the
client knows each by its id and revision, so that costs nothing. The panel and the site chat call this.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import connection
from django.db.models import Q, QuerySet

from messengers.models import Conversation, Message

_Row = TypeVar("_Row", Conversation, Message)

PAGE = 200


class BadCursorError(ValueError):
    """The client sent something that was never a cursor."""


@dataclass(frozen=True, slots=True)
class Changes(Generic[_Row]):
    """Rows in the order of their change. With `more`, ask again with `cursor` at once; else keep it for next time."""

    rows: list[_Row]
    cursor: str
    more: bool


def take_cursor() -> int:
    """Return the cursor of now. Take it before reading the rows that go with it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        (value,) = cursor.fetchone()
    return int(value)


def changed_messages(since: str | int, *, conversation_id: int | None = None, limit: int = PAGE) -> Changes[Message]:
    """Return the messages, of one conversation or of all, that changed since the cursor."""
    rows = Message.objects.select_related("variant")
    if conversation_id is not None:
        rows = rows.filter(conversation_id=conversation_id)
    return _changed(rows, since, limit)


def changed_conversations(since: str | int, *, limit: int = PAGE) -> Changes[Conversation]:
    """Return the conversations that changed since the cursor, with their people and last messages."""
    rows = Conversation.objects.select_related("contact", "identity", "channel", "last_message__variant", "assignee")
    return _changed(rows, since, limit)


def _changed(rows: QuerySet[_Row], since: str | int, limit: int) -> Changes[_Row]:
    place = _Place.read(since)
    # What commits late behind a page already given is caught by the next round, so that starts where this one began.
    upto = place.upto if place.upto is not None else take_cursor()
    after = Q(revision__gt=place.revision) | Q(revision=place.revision, id__gt=place.row_id)
    found = list(rows.filter(after).order_by("revision", "id")[: limit + 1])
    if len(found) <= limit:
        return Changes(found, str(upto), more=False)
    last = found[limit - 1]
    return Changes(found[:limit], f"{last.revision}.{last.pk}.{upto}", more=True)


@dataclass(frozen=True, slots=True)
class _Place:
    """A cursor: a revision; within a round also the last row (a mailing has one revision) and the round's start."""

    revision: int
    row_id: int = 0
    upto: int | None = None

    @classmethod
    def read(cls, cursor: str | int) -> "_Place":
        parts = str(cursor).split(".")
        if len(parts) not in (1, 3) or not all(part.isdecimal() and len(part) < 19 for part in parts):
            raise BadCursorError(cursor)
        return cls(*(int(part) for part in parts))
