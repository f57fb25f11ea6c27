"""SQL where sets are moved, each statement named and explained. The domain modules run it inside `tenant()`.

Every statement names the workspace: the index begins with it, and row-level security stands behind.
"""

import re
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection


def run_prepared(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement that is run again and again: PostgreSQL keeps its plan for as long as the connection lives.

    Of a portion of a slow channel, planning was the greater part.
    """
    with connection.cursor() as cursor:
        name, order = _prepared(cursor, statement)
        given = ", ".join(["%s"] * len(order))
        cursor.execute(f"EXECUTE {name} ({given})" if order else f"EXECUTE {name}", [values[one] for one in order])
        return cursor.fetchall() if cursor.description else []


def _prepared(cursor: Any, statement: str) -> tuple[str, list[str]]:
    """Return a statement's name on this connection and the order of its values."""
    known = _PREPARED.setdefault(connection.connection, {})
    if statement not in known:
        order: list[str] = []

        def number(found: re.Match[str]) -> str:
            if found[0] == "%%":
                return "%"
            if found[1] not in order:
                order.append(found[1])
            return f"${order.index(found[1]) + 1}"

        name = f"kaskad_{len(known) + 1}"
        # Without parameters, Django hands it over as it is.
        cursor.execute(f"PREPARE {name} AS {_PLACE.sub(number, statement)}")
        known[statement] = (name, order)
    return known[statement]


_PLACE = re.compile(r"%\((\w+)\)s|%%")
_PREPARED: "WeakKeyDictionary[Any, dict[str, tuple[str, list[str]]]]" = WeakKeyDictionary()


def run(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run one of these statements; return its rows, if it has any."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


# Whose turn it is: people are handled one update at a time. Who is not known at a glance has a turn for each update.
TURN = "hashtextextended(concat(told.channel_id, '/', coalesce(nullif(told.sender_key, ''), concat('#', told.id))), 0)"
TAKE_TURN = """
SELECT pg_advisory_xact_lock({turn}) FROM messengers_inboundupdate AS told
WHERE told.workspace_id = %(workspace)s AND told.id = %(update)s
"""

# Whoever corrects a message has it to himself until the transaction ends.
TRY_CORRECTION = """
SELECT pg_try_advisory_xact_lock(
    hashtextextended(concat('correction/', %(workspace)s::bigint, '/', %(message)s::bigint), 0))
"""

# What came in, in the order in which it came. One statement, so that of two copies that come at once one is dropped.
KEEP_UPDATES = """
INSERT INTO messengers_inboundupdate
    (workspace_id, channel_id, external_id, sender_key, body, state, error, tries, due_at, received_at)
SELECT %(workspace)s, told.channel_id, told.external_id, told.sender_key, told.body::jsonb,
    CASE WHEN told.error = '' THEN 'stored' ELSE 'failed' END, told.error, 0, now(), now()
FROM unnest(%(channels)s::bigint[], %(external_ids)s::text[], %(sender_keys)s::text[], %(bodies)s::text[],
        %(errors)s::text[]) WITH ORDINALITY AS told (channel_id, external_id, sender_key, body, error, place)
ORDER BY told.place
ON CONFLICT (workspace_id, channel_id, external_id) DO NOTHING
RETURNING id
"""

# The next updates of a channel whose people nobody else is busy with, in order. The locks go with the transaction.
CLAIM_UPDATES = """
WITH waiting AS MATERIALIZED (
    SELECT told.id, told.channel_id, told.sender_key FROM messengers_inboundupdate AS told
    WHERE told.workspace_id = %(workspace)s AND told.channel_id = %(channel)s AND told.state = 'stored'
        AND told.due_at <= %(now)s AND (told.sender_key = '' OR NOT EXISTS (
            SELECT FROM messengers_inboundupdate AS put_off
            WHERE put_off.workspace_id = told.workspace_id AND put_off.channel_id = told.channel_id
                AND put_off.sender_key = told.sender_key AND put_off.id < told.id AND put_off.state = 'stored'
                AND put_off.due_at > %(now)s))
    ORDER BY told.id LIMIT %(look_at)s
)
SELECT id FROM waiting AS told WHERE pg_try_advisory_xact_lock({turn}) LIMIT %(limit)s
"""

# Receipts: a status only rises. The times are the earliest told, whatever order the news comes in.
RAISE_STATUSES = """
UPDATE messengers_message AS message
SET status = CASE WHEN message.status = ANY(news.below) THEN news.status ELSE message.status END,
    reason = CASE WHEN message.status = ANY(news.below) THEN news.reason ELSE message.reason END,
    sent_at = coalesce(message.sent_at, news.sent_at),
    delivered_at = least(message.delivered_at, news.delivered_at),
    read_at = least(message.read_at, news.read_at)
FROM (VALUES {rows}) AS news (id, status, below, reason, sent_at, delivered_at, read_at)
WHERE message.workspace_id = %s AND message.id = news.id AND message.direction = 'out'
    AND (message.status = ANY(news.below)
         OR (message.delivered_at > news.delivered_at) OR (message.read_at > news.read_at))
RETURNING message.id, message.status, news.status
"""
RAISE_STATUSES_ROW = "(%s::bigint, %s::text, %s::text[], %s::text, %s::timestamptz, %s::timestamptz, %s::timestamptz)"

# A bulk mailing: rows for all who may be written to, in one statement. What they say stands once, in the variant.
ENQUEUE_MANY = """
WITH made AS (
    INSERT INTO messengers_message
        (workspace_id, conversation_id, channel_id, identity_id, batch_id, variant_id, direction, content, status,
         reason, lane, source, source_id, source_ref, external_id, client_id, due_at, attempts, retries, parts_sent,
         revision, album, created_at)
    SELECT conversation.workspace_id, conversation.id, conversation.channel_id, conversation.identity_id, %(batch)s,
           %(variant)s, 'out', '{}', 'queued', '', 1, %(source)s, %(source_id)s, %(source_ref)s, '', '', %(now)s, 0, 0,
           0, 0, '', %(now)s
    FROM messengers_conversation AS conversation
    JOIN messengers_identity AS identity
        ON identity.workspace_id = conversation.workspace_id AND identity.id = conversation.identity_id
    WHERE conversation.workspace_id = %(workspace)s AND conversation.id = ANY(%(conversations)s)
        AND identity.state = 'active'
    ORDER BY conversation.id
    RETURNING 1)
SELECT count(*) FROM made
"""

# A lease on a shard of a channel, if no living sender has it. What its last holder left of the rates comes with it.
CLAIM_SHARD = """
INSERT INTO messengers_channellease AS lease (workspace_id, channel_id, shard, sender, expires_at, chats)
VALUES (%(workspace)s, %(channel)s, %(shard)s, %(sender)s, clock_timestamp() + %(lifetime)s, '{}')
ON CONFLICT (workspace_id, channel_id, shard) DO UPDATE SET sender = excluded.sender, expires_at = excluded.expires_at
    WHERE lease.expires_at <= clock_timestamp() OR lease.sender = excluded.sender
RETURNING tokens, tokens_at, chats
"""

# A lease on asking a channel for news, if no living listener has it.
CLAIM_POLL = """
INSERT INTO messengers_polllease AS lease (workspace_id, channel_id, listener, expires_at)
VALUES (%(workspace)s, %(channel)s, %(listener)s, clock_timestamp() + %(lifetime)s)
ON CONFLICT (workspace_id, channel_id) DO UPDATE
    SET listener = excluded.listener, expires_at = excluded.expires_at
    WHERE lease.expires_at <= clock_timestamp()
RETURNING channel_id
"""

RELEASE_SHARD = """
UPDATE messengers_channellease
SET expires_at = clock_timestamp(), tokens = %(tokens)s, tokens_at = %(now)s, chats = %(chats)s
WHERE workspace_id = %(workspace)s AND channel_id = %(channel)s AND shard = %(shard)s AND sender = %(sender)s
"""

# What a sender must know of a channel before each portion; the version tells whether the rest is as it was.
CHANNEL = """
SELECT state, shards, paused_until, xmin::text FROM messengers_channel
WHERE workspace_id = %(workspace)s AND id = %(channel)s
"""

# The next messages of a shard, with what may not be said any more told by its reason, and the person's facts.
# Only the first of each conversation, or of each conversation in its mailing: the others wait until its outcome is
# written. Conversations that somebody holds at this moment are left for the next round: no bot speaks across a person
# who is just taking over. (Asked one by one: a join would be planned by counts from before the mailing, and read the
# whole of it each time.)
# A long queue is read on from where the last reading ended: what has left it lies in front of it, dead, for a while.
# A mailing's rows are not locked, only looked at once more when they are marked: nobody else hands them over.
# Picked first, and then looked up one by one, which OFFSET 0 sees to: where a base has grown since it was last counted,
# the planner takes an index and a whole table for equal, and joins whole tables with each other.
PICK = """
WITH picked AS MATERIALIZED (
    SELECT message.id, message.workspace_id, message.conversation_id, message.identity_id, message.batch_id,
        message.source, message.due_at, message.variant_id, message.content, message.attempts, message.retries,
        message.parts_sent, {owner} AS locked_owner
    FROM messengers_message AS message {conversations}
    WHERE message.workspace_id = %(workspace)s AND message.channel_id = %(channel)s AND message.status = 'queued'
        AND message.id > %(after)s AND message.due_at <= %(now)s AND message.identity_id <> ALL(%(resting)s)
        AND message.identity_id %% %(shards)s = %(shard)s AND {lane}
        AND message.id = (
            SELECT first.id FROM messengers_message AS first
            WHERE first.workspace_id = message.workspace_id AND first.conversation_id = message.conversation_id
                AND first.lane = message.lane AND {same_lane} AND first.status IN ('queued', 'sending')
            ORDER BY first.id LIMIT 1)
    ORDER BY message.id
    LIMIT %(limit)s
    {locks}
)
SELECT message.id,
    CASE
        WHEN batch.state = 'stopped' THEN 'batch_stopped'
        WHEN batch.not_after < %(now)s THEN 'too_late'
        WHEN message.batch_id IS NULL AND message.due_at < %(stale)s THEN 'too_late'
        WHEN message.source = 'bot' AND coalesce(message.locked_owner, conversation.owner) = 'person'
            THEN 'person_took_over'
        WHEN identity.state || '/' || message.source = ANY(%(refused)s) THEN identity.state
        ELSE ''
    END AS refusal,
    message.source, conversation.heard_at, message.identity_id, identity.external_id AS address, message.variant_id,
    message.content, message.attempts + 1,
    message.retries, message.parts_sent, {thread}, contact.name, contact.phone, contact.email, contact.language
FROM picked AS message
CROSS JOIN LATERAL (
    SELECT owner, heard_at FROM messengers_conversation
    WHERE workspace_id = message.workspace_id AND id = message.conversation_id OFFSET 0) AS conversation
CROSS JOIN LATERAL (
    SELECT contact_id, state, external_id, profile FROM messengers_identity
    WHERE workspace_id = message.workspace_id AND id = message.identity_id OFFSET 0) AS identity
CROSS JOIN LATERAL (
    SELECT name, phone, email, language FROM audience_contact
    WHERE workspace_id = message.workspace_id AND id = identity.contact_id OFFSET 0) AS contact
LEFT JOIN LATERAL (
    SELECT state, not_after FROM messengers_batch
    WHERE workspace_id = message.workspace_id AND id = message.batch_id OFFSET 0) AS batch ON true
"""

# Marked before anything is called. By nothing but their ids, in a statement of its own: joined with what was picked,
# of which the planner expects one row, each would be compared with each.
MARK = """
UPDATE messengers_message
SET status = 'sending', reason = '', lease = %(sender)s, leased_at = %(now)s, attempts = attempts + 1
WHERE workspace_id = %(workspace)s AND id = ANY(%(ids)s)
    AND coalesce(status, '') = 'queued' -- written so that the index of the whole queue is not taken for it
RETURNING id
"""
CANCEL = """
UPDATE messengers_message SET status = 'canceled', reason = %(reason)s, lease = NULL, leased_at = NULL
WHERE workspace_id = %(workspace)s AND id = ANY(%(ids)s) AND coalesce(status, '') = 'queued'
RETURNING id
"""

# What nobody wants any more of a channel that no sender serves.
EXPIRED = """
SELECT message.id, 'too_late' FROM messengers_message AS message
WHERE message.workspace_id = %(workspace)s AND message.channel_id = %(channel)s AND message.batch_id IS NULL
    AND message.status = 'queued' AND message.due_at < %(stale)s
UNION ALL
SELECT message.id, CASE WHEN batch.state = 'stopped' THEN 'batch_stopped' ELSE 'too_late' END
FROM messengers_batch AS batch
JOIN messengers_message AS message ON message.workspace_id = batch.workspace_id AND message.batch_id = batch.id
WHERE batch.workspace_id = %(workspace)s AND (batch.state = 'stopped' OR batch.not_after < %(now)s)
    AND message.channel_id = %(channel)s AND message.status = 'queued'
LIMIT %(limit)s
"""

# What a sender has marked without learning of it, because the answer to its COMMIT was lost: nothing was called.
UNMARK = """
UPDATE messengers_message SET status = 'queued', lease = NULL, attempts = attempts - 1
WHERE workspace_id = %(workspace)s AND channel_id = %(channel)s AND status = 'sending' AND lease = %(sender)s
    AND identity_id %% %(shards)s = %(shard)s AND id <> ALL(%(known)s)
"""
INTERACTIVE = "message.batch_id IS NULL"
BULK = "message.batch_id = %(batch)s"
SAME_BATCH = "first.batch_id = message.batch_id"  # one that is paused must not hold back another
CONVERSATIONS = """
    JOIN messengers_conversation AS conversation
        ON conversation.workspace_id = message.workspace_id AND conversation.id = message.conversation_id"""
SKIP_HELD_CONVERSATIONS = "FOR UPDATE OF message SKIP LOCKED FOR SHARE OF conversation SKIP LOCKED"

# The running mailings that have something for a channel, and the stopped ones whose rest has to be canceled.
BATCHES_OF_CHANNEL = """
SELECT batch.id, CASE WHEN batch.state = 'running' THEN batch.per_hour END
FROM messengers_batch AS batch
WHERE batch.workspace_id = %(workspace)s AND batch.state IN ('running', 'stopped') AND batch.next_at <= %(now)s
    AND EXISTS (
        SELECT FROM messengers_message AS message
        WHERE message.workspace_id = batch.workspace_id AND message.batch_id = batch.id
            AND message.channel_id = %(channel)s AND message.status = 'queued' AND message.due_at <= %(now)s)
ORDER BY batch.id
"""

# What became of many messages. A receipt may have been faster, so a status is only written where the call left it; a
# message that was called uncertain meanwhile is lifted by the sender that has it.
RECORD_OUTCOMES = """
UPDATE messengers_message AS message
SET status = CASE WHEN message.status IN ('sending', 'uncertain') THEN outcome.status ELSE message.status END,
    reason = CASE WHEN message.status IN ('sending', 'uncertain') THEN outcome.reason ELSE message.reason END,
    external_id = CASE WHEN outcome.external_id = '' THEN message.external_id
        WHEN right(message.external_id, 1) = ',' THEN right(message.external_id || outcome.external_id, 200)
        ELSE outcome.external_id END,
    content = coalesce(outcome.content::jsonb, message.content),
    due_at = coalesce(outcome.due_at, message.due_at),
    sent_at = coalesce(message.sent_at, outcome.sent_at),
    parts_sent = outcome.parts_sent,
    retries = message.retries + outcome.retries,
    lease = NULL
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[], %(reasons)s::text[], %(external_ids)s::text[],
        %(contents)s::text[], %(due_ats)s::timestamptz[], %(sent_ats)s::timestamptz[], %(parts_sent)s::int[],
        %(retries)s::int[])
    AS outcome (id, status, reason, external_id, content, due_at, sent_at, parts_sent, retries)
WHERE message.workspace_id = %(workspace)s AND message.id = outcome.id
    -- Written so that the planner does not expect one row, and compare each message with each outcome.
    AND coalesce(message.lease, '00000000-0000-0000-0000-000000000000') = %(sender)s
RETURNING message.id, message.status
"""

# An attempt that was given up for uncertain may turn out to have been recorded late.
RECORD_ATTEMPTS = """
INSERT INTO messengers_attempt (workspace_id, message_id, number, started_at, finished_at, outcome, reason)
SELECT %(workspace)s, attempt.*
FROM unnest(%(ids)s::bigint[], %(numbers)s::int[], %(started_ats)s::timestamptz[], %(finished_ats)s::timestamptz[],
        %(outcomes)s::text[], %(reasons)s::text[]) AS attempt
ON CONFLICT (workspace_id, message_id, number)
    DO UPDATE SET finished_at = excluded.finished_at, outcome = excluded.outcome, reason = excluded.reason
"""

# The messenger has these files now, under names of its own.
REMEMBER_FILES = """
INSERT INTO messengers_messengerfile (workspace_id, channel_id, media_id, file_id, created_at)
SELECT %(workspace)s, %(channel)s, file.media, file.id, now()
FROM unnest(%(media)s::bigint[], %(file_ids)s::text[]) AS file (media, id)
ON CONFLICT (workspace_id, channel_id, media_id) DO UPDATE SET file_id = excluded.file_id, created_at = now()
"""

# Messages in the hands of a sender that is no more. Where the messenger knows our key, sending again repeats nothing.
SWEEP_ORPHANS = """
UPDATE messengers_message AS message
SET status = CASE WHEN {again} THEN 'queued' ELSE 'uncertain' END,
    reason = CASE WHEN {again} THEN '' ELSE 'sender_died' END,
    lease = CASE WHEN {again} THEN NULL ELSE message.lease END,
    retries = message.retries + 1
WHERE message.workspace_id = %(workspace)s AND message.channel_id = %(channel)s AND message.status = 'sending'
    AND NOT EXISTS (
        SELECT FROM messengers_channellease AS lease
        WHERE lease.workspace_id = message.workspace_id AND lease.channel_id = message.channel_id
            AND lease.sender = message.lease AND lease.expires_at > clock_timestamp())
RETURNING message.id, message.status, message.attempts, message.leased_at
"""
