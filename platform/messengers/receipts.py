"""What became of messages after they left: statuses only rise, whatever order news comes in. The door in calls this."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection

from messengers import signals, statements
from messengers.models import Channel, Identity, Message
from messengers.statuses import Status, below, raises
from messengers.updates import ReceiptReceived
from workspaces.scope import current_workspace_id


@dataclass(frozen=True, slots=True)
class News:
    """All that is newly known of one message."""

    message_id: int
    status: Status
    reason: str = ""
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    at: datetime | None = None


def apply(channel: Channel, receipts: Iterable[ReceiptReceived], identity: Identity | None = None) -> list[str]:
    """Raise the statuses of this channel's messages in one statement; with `identity`, of messages to that person only.

    Return the messenger's ids that nothing is known of: we may just not have written them down yet.
    """
    receipts = list(receipts)
    ours = Message.objects.filter(channel=channel, direction=Message.Direction.OUT)
    if identity is not None:
        ours = ours.filter(identity=identity)
    told_ids = {number for receipt in receipts for number in receipt.message_ids}
    told_names = {name for receipt in receipts for name in receipt.external_ids}
    known = set(ours.filter(pk__in=told_ids).values_list("pk", flat=True)) if told_ids else set()
    named: dict[str, list[int]] = {}
    if told_names:
        for name, pk in ours.filter(external_id__in=told_names).values_list("external_id", "pk"):
            named.setdefault(name, []).append(pk)
    news: dict[int, News] = {}
    for receipt in receipts:
        by_name = (pk for name in receipt.external_ids for pk in named.get(name, ()))
        for pk in {*known.intersection(receipt.message_ids), *by_name}:
            news[pk] = merge(news.get(pk), _news(pk, receipt))
    raise_statuses(sorted(news.values(), key=lambda one: one.message_id))
    return sorted(told_names - named.keys())


def merge(first: News | None, second: News) -> News:
    """Join two pieces of news of one message: the higher status, the earliest times."""
    if first is None:
        return second
    high, low = (second, first) if raises(first.status, second.status) else (first, second)
    return replace(
        high,
        delivered_at=_earliest(high.delivered_at, low.delivered_at),
        read_at=_earliest(high.read_at, low.read_at),
        at=_earliest(high.at, low.at),
    )


def raise_statuses(news: Sequence[News]) -> None:
    """Write the news of many messages with one statement, and tell of those that rose."""
    if not news:
        return
    values: list[Any] = []
    for one in news:
        values += [one.message_id, one.status, list(below(one.status)), one.reason[:300], one.at]
        values += [one.delivered_at, one.read_at]
    rows = ", ".join([statements.RAISE_STATUSES_ROW] * len(news))
    with connection.cursor() as cursor:
        cursor.execute(statements.RAISE_STATUSES.format(rows=rows), [*values, current_workspace_id()])
        written = cursor.fetchall()
    risen: dict[str, list[int]] = {}
    for message_id, status, told in written:
        if status == told:
            risen.setdefault(status, []).append(message_id)
    for status, message_ids in risen.items():
        signals.message_status_changed.tell(message_ids=sorted(message_ids), status=Status(status))


def _news(message_id: int, receipt: ReceiptReceived) -> News:
    arrived = receipt.status in (Status.DELIVERED, Status.READ)
    return News(
        message_id,
        receipt.status,
        receipt.reason,
        delivered_at=receipt.at if arrived else None,
        read_at=receipt.at if receipt.status is Status.READ else None,
        at=receipt.at if arrived or receipt.status is Status.SENT else None,
    )


def _earliest(first: datetime | None, second: datetime | None) -> datetime | None:
    return min((moment for moment in (first, second) if moment is not None), default=None)
