"""What the door in costs: an update stored and handled, against bare INSERTs of rows like those that come of it."""

import time
from collections.abc import Callable

from django.db import connection, transaction
from django.utils import timezone

from bench.table import show
from builders import a_channel, a_workspace
from messengers import inbox
from messengers.models import Channel, Message
from workspaces.scope import tenant

UPDATES = 300


def bench_updates_per_second(committed_db: None) -> None:
    workspace = a_workspace()
    with tenant(workspace):
        channel = a_channel(settings={"origins": ["https://shop.example"]})
    ids: list[int] = []

    def store(number: int) -> None:
        with tenant(workspace):
            update_id = inbox.store(channel, said(number))
            assert update_id is not None
            ids.append(update_id)

    stored = per_second(store)
    handled = per_second(lambda number: inbox.process(ids[number], workspace_id=workspace.pk))
    with tenant(workspace):
        assert Message.objects.filter(direction=Message.Direction.IN).count() == UPDATES
    bare = per_second(lambda number: insert(channel, number))
    show(
        f"{UPDATES} messages of as many people, one after the other, in one process",
        ("", "a second", "of bare"),
        [
            ("bare INSERT and COMMIT", f"{bare:,.0f}", "1.00"),
            ("stored at the door", f"{stored:,.0f}", f"{stored / bare:.2f}"),
            ("handled behind it", f"{handled:,.0f}", f"{handled / bare:.2f}"),
        ],
    )


def said(number: int) -> dict[str, str]:
    return {
        "type": "message",
        "visitor": f"visitor-{number:06}",
        "client_id": f"message-{number:06}",
        "at": timezone.now().isoformat(),
        "text": "Good day, do you deliver on Sundays?",
    }


def insert(channel: Channel, number: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('kaskad.workspace', %s, true)", [str(channel.workspace_id)])
        cursor.execute(
            "INSERT INTO audience_contact (workspace_id, name, phone, email, language, time_zone, created_at) "
            "VALUES (%s, %s, '', '', '', '', now())",
            [channel.workspace_id, f"Contact {number}"],
        )


def per_second(act: Callable[[int], None]) -> float:
    start = time.perf_counter()
    for number in range(UPDATES):
        act(number)
    return UPDATES / (time.perf_counter() - start)
