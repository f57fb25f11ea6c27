"""The list of conversations: folders, filters, search, pages. Called by the panel's endpoints and by live updates."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from django.db.models import Count, F, Q, QuerySet
from pydantic import BaseModel, ConfigDict, Field, field_validator

from messengers.models import Conversation

PAGE = 40
SEARCHED = 5000  # only so many of the newest conversations are searched: names have no index under row-level security
COUNTED = 1000


class Folder(StrEnum):
    """Whose conversations are shown."""

    UNASSIGNED = "unassigned"
    MINE = "mine"
    BOT = "bot"
    ALL = "all"


class Sort(StrEnum):
    """Which come first."""

    NEWEST = "newest"
    WAIT = "wait"


class Filters(BaseModel):
    """What the reader has asked for; `after` is the place where the page before ended."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    folder: Folder = Folder.ALL
    state: Conversation.State | None = Conversation.State.OPEN
    channel: int | None = None
    sort: Sort = Sort.NEWEST
    search: str = Field(default="", max_length=100)
    after: tuple[datetime, int] | None = None

    @field_validator("state", "channel", "after", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("after", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.split(",")) if isinstance(value, str) and value else value


class Page(NamedTuple):
    """Conversations, and where the next page begins (empty at the end)."""

    conversations: list[Conversation]
    after: str


def described() -> QuerySet[Conversation]:
    """Return the conversations in which something was said, with all that a row of the list shows."""
    return Conversation.objects.filter(last_message__isnull=False).select_related(
        "contact", "channel", "identity__picture", "assignee", "last_message__variant"
    )


def needs_person() -> Q:
    """Match conversations that wait for a person: given to people, or left without an answer by the bot."""
    return Q(owner=Conversation.Owner.PERSON) | Q(waiting_since__isnull=False)


def find(filters: Filters, user_id: int) -> Page:
    """Return one page, in one query whatever its length."""
    rows = described().filter(_folder(filters.folder, user_id))
    if filters.state:
        rows = rows.filter(state=filters.state)
    if filters.channel:
        rows = rows.filter(channel=filters.channel)
    if filters.search.strip():
        rows = _search(rows, filters.search.strip())
    rows = _sorted(rows, filters)
    found = list(rows[: PAGE + 1])
    if len(found) <= PAGE:
        return Page(found, "")
    found.pop()
    return Page(found, _place(found[-1], filters.sort))


def unread_counts() -> dict[int | None, int]:
    """Return how many unread conversations wait for each person, and under None for anybody: COUNTED at most."""
    waiting = (
        Conversation.objects.filter(needs_person(), state=Conversation.State.OPEN, unread__gt=0)
        .order_by("waiting_since", "id")
        .values("id")[:COUNTED]
    )
    counts = Conversation.objects.filter(id__in=waiting).order_by().values_list("assignee").annotate(Count("id"))
    return dict(counts)


def touch(conversation_ids: Sequence[int]) -> None:
    """Give conversations a new revision: something that their rows show, but do not hold, has changed."""
    Conversation.objects.filter(id__in=conversation_ids).update(state=F("state"))


def _folder(folder: Folder, user_id: int) -> Q:
    match folder:
        case Folder.UNASSIGNED:
            return Q(assignee__isnull=True) & needs_person()
        case Folder.MINE:
            return Q(assignee=user_id)
        case Folder.BOT:
            return Q(owner=Conversation.Owner.BOT)
        case Folder.ALL:
            return Q()


def _search(rows: QuerySet[Conversation], words: str) -> QuerySet[Conversation]:
    newest = Conversation.objects.order_by("-last_message_at", "-id").values("id")[:SEARCHED]
    digits = "".join(letter for letter in words if letter.isdigit())
    wanted = Q(contact__name__icontains=words) | Q(contact__email__icontains=words)
    if len(digits) >= 3:
        wanted |= Q(contact__phone__contains=digits)
    return rows.filter(wanted, id__in=newest)


def _sorted(rows: QuerySet[Conversation], filters: Filters) -> QuerySet[Conversation]:
    if filters.sort is Sort.WAIT:
        rows = rows.filter(waiting_since__isnull=False)
        if filters.after:
            at, pk = filters.after
            rows = rows.filter(Q(waiting_since__gt=at) | Q(waiting_since=at, id__gt=pk))
        return rows.order_by("waiting_since", "id")
    rows = rows.filter(last_message_at__isnull=False)
    if filters.after:
        at, pk = filters.after
        rows = rows.filter(Q(last_message_at__lt=at) | Q(last_message_at=at, id__lt=pk))
    return rows.order_by("-last_message_at", "-id")


def _place(conversation: Conversation, sort: Sort) -> str:
    at = conversation.waiting_since if sort is Sort.WAIT else conversation.last_message_at
    return f"{at.isoformat()},{conversation.pk}" if at else ""
