"""The dashboard's figures, in a fixed number of queries however large the base is. Called by the dashboard's view."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Min, Q
from django.db.models.functions import TruncDate

from analytics.period import Period
from messengers.models import Channel, Conversation, Identity, Message
from messengers.statuses import RECEIPTS


@dataclass(frozen=True)
class Figure:
    """A number of the period and of the one before. None is "no data yet", which is not nought."""

    value: int | None
    before: int | None = None

    @property
    def change(self) -> int | None:
        """By how much it differs from the period before."""
        return None if self.value is None or self.before is None else self.value - self.before


@dataclass(frozen=True)
class Day:
    """How the base changed on one day."""

    date: date
    new: int
    left: int


@dataclass(frozen=True)
class Overview:
    """What the dashboard shows of a period."""

    subscribers: int | None
    new: Figure
    left: Figure
    messages_in: Figure
    messages_out: Figure
    waiting: int | None
    waiting_since: datetime | None
    open: int | None
    growth: list[Day]
    channels: list[Channel]

    @property
    def net(self) -> int | None:
        """By how many the base grew or shrank."""
        return None if self.new.value is None else self.new.value - (self.left.value or 0)


def overview(period: Period) -> Overview:
    """Count everything for the workspace in scope."""
    people = _people(period)
    messages = _messages(period)
    talks = Conversation.objects.aggregate(
        all=Count("id"),
        open=Count("id", filter=_OPEN),
        waiting=Count("id", filter=_OPEN & Q(waiting_since__isnull=False)),
        since=Min("waiting_since", filter=_OPEN),
    )
    known, spoken = bool(people["all"]), bool(talks["all"])
    return Overview(
        subscribers=people["active"] if known else None,
        new=_figure(known, people, "new"),
        left=_figure(known, people, "left"),
        messages_in=_figure(spoken, messages, "in"),
        messages_out=_figure(spoken, messages, "out"),
        waiting=talks["waiting"] if spoken else None,
        waiting_since=talks["since"],
        open=talks["open"] if spoken else None,
        growth=_growth(period) if known else [],
        channels=sorted(Channel.objects.all(), key=lambda channel: channel.state != Channel.State.BROKEN),
    )


_OPEN = Q(state=Conversation.State.OPEN)
_GONE = ~Q(state=Identity.State.ACTIVE)


def _figure(known: bool, counted: dict[str, Any], name: str) -> Figure:
    return Figure(counted[name], counted[f"{name}_before"]) if known else Figure(None)


def _people(period: Period) -> dict[str, Any]:
    def between(field: str, *also: Q) -> dict[str, Count]:
        now = Q(*also, **{f"{field}__gte": period.start})
        before = Q(*also, **{f"{field}__gte": period.before, f"{field}__lt": period.start})
        name = "new" if field == "created_at" else "left"
        return {name: Count("id", filter=now), f"{name}_before": Count("id", filter=before)}

    return Identity.objects.aggregate(
        all=Count("id"),
        active=Count("id", filter=Q(state=Identity.State.ACTIVE)),
        **between("created_at"),
        **between("state_at", _GONE),
    )


def _messages(period: Period) -> dict[str, Any]:
    ways = {"in": Q(direction=Message.Direction.IN), "out": Q(direction=Message.Direction.OUT, status__in=RECEIPTS)}
    counts = {}
    for name, way in ways.items():
        counts[name] = Count("id", filter=way & Q(created_at__gte=period.start))
        counts[f"{name}_before"] = Count("id", filter=way & Q(created_at__lt=period.start))
    return Message.objects.filter(created_at__gte=period.before).aggregate(**counts)


def _growth(period: Period) -> list[Day]:
    new = _by_day(Q(created_at__gte=period.start), "created_at", period)
    left = _by_day(_GONE & Q(state_at__gte=period.start), "state_at", period)
    return [Day(day, new.get(day, 0), left.get(day, 0)) for day in period.dates]


def _by_day(which: Q, field: str, period: Period) -> dict[date, int]:
    days = TruncDate(field, tzinfo=period.start.tzinfo)
    rows = Identity.objects.filter(which).annotate(day=days).values_list("day").annotate(Count("id")).order_by("day")
    return dict(rows)
