"""What became of messages after they left: statuses only rise, whatever order news comes in. The door in calls this."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from messengers import signals, statements
from messengers.models import Channel, Identity, Message
from messengers.statuses import RECEIPTS, Status, below, raises
from messengers.updates import ReceiptReceived
from workspaces.scope import current_workspace_id

ANSWERING = timedelta(seconds=2)  # we note that a message was sent when we are told so: the messenger has had it before
LOOKED_AT = 100  # of a person's messages in several parts, the latest
PARTS = timedelta(seconds=15)  # in which the last part of a message follows the others


class _Part(NamedTuple):
    message_id: int
    is_last: bool


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
    parts = _parts(identity, told_names - named.keys()) if identity is not None else {}
    news: dict[int, News] = {}
    for receipt in receipts:
        by_name = [pk for name in receipt.external_ids for pk in named.get(name, ())]
        of_parts = [parts[name] for name in receipt.external_ids if name in parts]
        by_name += [part.message_id for part in of_parts if part.is_last or receipt.status not in RECEIPTS]
        counted = _upto(ours, receipt) if receipt.upto and identity is not None else ()
        dated = _until(ours, receipt.status, receipt.until) if receipt.until and identity is not None else ()
        for pk in {*known.intersection(receipt.message_ids), *by_name, *counted, *dated}:
            news[pk] = merge(news.get(pk), _news(pk, receipt))
    raise_statuses(sorted(news.values(), key=lambda one: one.message_id))
    return sorted(told_names - named.keys() - parts.keys())


def is_ours(identity: Identity, name: str) -> bool:
    """Say whether the messenger calls a message to this person so, or a part of one."""
    ours = Message.objects.filter(channel_id=identity.channel_id, direction=Message.Direction.OUT)
    return ours.filter(external_id=name).exists() or name in _parts(identity, {name})


def is_spoken_to(identity: Identity) -> bool:
    """Say whether a message to this person is on its way now: we do not know yet what the messenger calls it."""
    return Message.objects.filter(identity=identity, status=Status.SENDING).exists()


def was_spoken_to(identity: Identity, moment: datetime) -> bool:
    """Say whether Kaskad was sending to this person at that moment."""
    ours = Message.objects.filter(identity=identity, direction=Message.Direction.OUT)
    ours = ours.exclude(source=Message.Source.MEMBER, author=None)  # written in the messenger's own app
    return ours.filter(created_at__lte=moment + PARTS, sent_at__gte=moment - PARTS).exists()


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


def _parts(identity: Identity, names: AbstractSet[str]) -> dict[str, _Part]:
    """Find messages of several parts by the names of these: a message has arrived when its last part has.

    Where parts are still missing the last name is empty. Only the latest such messages to this person are looked at.
    """
    if not names:
        return {}
    to_him = Message.objects.filter(conversation__identity=identity, direction=Message.Direction.OUT)
    rows = to_him.filter(external_id__contains=",").order_by("-pk").values_list("pk", "external_id")[:LOOKED_AT]
    found: dict[str, _Part] = {}
    for pk, written in rows:
        *earlier, last = written.split(",")
        for name in names & ({*earlier, last} - {""}):
            found.setdefault(name, _Part(pk, name == last))
    return found


def _upto(ours: QuerySet[Message], receipt: ReceiptReceived) -> set[int]:
    """Return the messages that the news would raise and whose numbers (of all their parts) are not above `upto`."""
    lower = ours.filter(status__in=below(receipt.status)).exclude(external_id="").values_list("pk", "external_id")
    return {pk for pk, name in lower if all(_number(one) <= receipt.upto for one in name.split(","))}


def _until(ours: QuerySet[Message], status: Status, moment: datetime) -> set[int]:
    """Return the messages that the news would raise and that had been sent by then."""
    arrived = {Status.SENT, Status.DELIVERED}.intersection(below(status))  # what failed was not among them
    return set(ours.filter(status__in=arrived, sent_at__lte=moment + ANSWERING).values_list("pk", flat=True))


def _number(name: str) -> float:
    return int(name) if name.isdecimal() else float("inf")


def _news(message_id: int, receipt: ReceiptReceived) -> News:
    arrived = receipt.status in (Status.DELIVERED, Status.READ)
    at = receipt.at or timezone.now()
    return News(
        message_id,
        receipt.status,
        receipt.reason,
        delivered_at=at if arrived else None,
        read_at=at if receipt.status is Status.READ else None,
        at=at if arrived or receipt.status is Status.SENT else None,
    )


def _earliest(first: datetime | None, second: datetime | None) -> datetime | None:
    return min((moment for moment in (first, second) if moment is not None), default=None)
