"""The opponent of `mailing_vs_task_per_message`: the usual way, a Celery task for each message.

It does the same work by the shortest way: one statement reads the row with all that it needs, the same code renders, a
client that keeps its connections sends, one statement records. It asks for no leases, limits, walls or attempts. Two
processes did best on two cores: each costs a core most of the time.
"""

import os
from functools import cache
from typing import Any

import httpx
import psycopg2
from celery import Celery

from messengers import personal
from messengers.content import Content

QUEUE = "one-by-one"
WORKER = (
    "-m", "celery", "-A", "bench.task_per_message", "--quiet", "worker", "-Q", QUEUE, "--pool", "prefork",
    "--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat", "-n", "one-by-one@%h",
)  # fmt: skip

_READ = """
SELECT message.id, channel.settings ->> 'url', identity.external_id, variant.content,
    contact.name, contact.phone, contact.email, contact.language
FROM messengers_message AS message
JOIN messengers_channel AS channel ON channel.id = message.channel_id
JOIN messengers_identity AS identity ON identity.id = message.identity_id
JOIN audience_contact AS contact ON contact.id = identity.contact_id
JOIN messengers_variant AS variant ON variant.id = message.variant_id
WHERE message.id = %s AND message.status = 'queued'
"""
_RECORD = "UPDATE messengers_message SET status = %s, external_id = %s, sent_at = now() WHERE id = %s"

app = Celery("one_by_one", broker=os.environ["REDIS_URL"].replace("unix://", "redis+socket://"))
app.conf.task_ignore_result = True
app.conf.task_default_queue = QUEUE
app.conf.worker_prefetch_multiplier = 16


@app.task
def send(message_id: int) -> None:
    """Send one message."""
    with _database().cursor() as cursor:
        cursor.execute(_READ, [message_id])
        found = cursor.fetchone()
        if found is None:
            return
        number, url, to, content, *person = found
        text = personal.fill(Content.model_validate(content), personal.facts(*person)).text
        answer = _client().post(f"{url}/send", json={"to": to, "text": text, "key": f"{number}-0"})
        told = answer.json().get("id", "") if answer.is_success else ""
        cursor.execute(_RECORD, ["sent" if told else "rejected", told, number])


@cache
def _database() -> Any:
    connection = psycopg2.connect(os.environ["DATABASE_OWNER_URL"])  # who passes the walls, at no cost
    connection.autocommit = True
    return connection


@cache
def _client() -> httpx.Client:
    return httpx.Client(timeout=5)
