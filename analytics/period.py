"""The span of days that a report covers, in the workspace's zone. Read by the dashboard."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

CHOICES = (7, 30, 90)
DEFAULT = 30


@dataclass(frozen=True)
class Period:
    """Whole days up to and with today; `before` is where the period to compare with begins."""

    days: int
    before: datetime
    start: datetime
    end: datetime

    @property
    def dates(self) -> list[date]:
        """Every day of the period, oldest first."""
        first = self.start.date()
        return [first + timedelta(days=number) for number in range(self.days)]


def period_of(asked: str | None, now: datetime, zone: tzinfo) -> Period:
    """Return the period that an address asks for; the default one for anything else."""
    days = int(asked) if asked and asked.isdigit() and int(asked) in CHOICES else DEFAULT
    today = now.astimezone(zone).date()
    start = today - timedelta(days=days - 1)
    return Period(
        days=days,
        before=datetime.combine(start - timedelta(days=days), time.min, zone),
        start=datetime.combine(start, time.min, zone),
        end=now.astimezone(zone),
    )
