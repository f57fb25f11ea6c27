"""SQL where sets are moved, each statement named and explained. The domain modules run it inside `tenant()`.

Every statement names the workspace: the index begins with it, and row-level security stands behind.
"""

# One statement, so that two copies of an update that come at once cannot both be stored.
STORE_UPDATE = """
INSERT INTO messengers_inboundupdate
    (workspace_id, channel_id, external_id, sender_key, body, state, error, tries, due_at, received_at)
VALUES (%(workspace)s, %(channel)s, %(external_id)s, %(sender_key)s, %(body)s, 'stored', '', 0, now(), now())
ON CONFLICT (workspace_id, channel_id, external_id) DO NOTHING
RETURNING id
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

# A bulk mailing: rows for all who may be written to, in one statement.
ENQUEUE_MANY = """
INSERT INTO messengers_message
    (workspace_id, conversation_id, channel_id, identity_id, batch_id, direction, content, status, reason, lane,
     source, source_id, source_ref, external_id, client_id, due_at, attempts, retries, parts_sent, revision,
     created_at)
SELECT conversation.workspace_id, conversation.id, conversation.channel_id, conversation.identity_id, %(batch)s, 'out',
       %(content)s::jsonb, 'queued', '', 1, %(source)s, %(source_id)s, %(source_ref)s, '', '', %(now)s, 0, 0, 0, 0,
       %(now)s
FROM messengers_conversation AS conversation
JOIN messengers_identity AS identity
    ON identity.workspace_id = conversation.workspace_id AND identity.id = conversation.identity_id
WHERE conversation.workspace_id = %(workspace)s AND conversation.id = ANY(%(conversations)s)
    AND identity.state = 'active'
ORDER BY conversation.id
"""
