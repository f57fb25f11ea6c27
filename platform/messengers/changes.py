"""What has changed since: the sequence by which a client that was away catches up and misses nothing.

A row's `revision` is the number of the transaction that last changed it, stamped by a trigger. A cursor is the oldest
transaction that was still open when it was taken. Rows with `revision >= cursor` are then all that the holder of the
cursor may have missed: a counter handed out before commit would skip those who commit late. Some rows come twice; the
client knows each by its id and revision, so that costs nothing.
"""

from django.db import connection


def take_cursor() -> int:
    """Return the cursor of now. Take it before reading the rows that go with it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        (value,) = cursor.fetchone()
    return int(value)
