-- The only questions that look across workspaces. Each answers with ids; what is done with them is done inside
-- `tenant()`. They run as the owner of the tables (`workspaces.walls` makes them SECURITY DEFINER after each migrate and
-- lets the app's role, and nobody else, call them) and are asked through `workspaces.crossings`.
-- Ask as little as will do: a caller may be anybody who found a way to run SQL as the app.

-- workspaces

CREATE FUNCTION kaskad.workspaces_of_user(person bigint) RETURNS TABLE (workspace_id bigint) LANGUAGE sql STABLE AS $$
    SELECT m.workspace_id FROM workspaces_membership m WHERE m.user_id = person ORDER BY m.workspace_id
$$;

CREATE FUNCTION kaskad.workspace_of_invitation(hash text) RETURNS TABLE (workspace_id bigint) LANGUAGE sql STABLE AS $$
    SELECT i.workspace_id FROM workspaces_invitation i WHERE i.token_hash = hash
$$;

-- Those that wait to be erased.
CREATE FUNCTION kaskad.deleted_workspaces() RETURNS TABLE (workspace_id bigint) LANGUAGE sql STABLE AS $$
    SELECT w.id FROM workspaces_workspace w WHERE w.deleted_at IS NOT NULL ORDER BY w.deleted_at
$$;

-- The app itself may only add to the log. That of a deleted workspace goes with it.
CREATE FUNCTION kaskad.erase_audit_log(doomed bigint, at_most int) RETURNS TABLE (entry_id bigint)
LANGUAGE sql VOLATILE AS $$
    DELETE FROM workspaces_auditentry WHERE id IN (
        SELECT e.id FROM workspaces_auditentry e JOIN workspaces_workspace w ON w.id = e.workspace_id
        WHERE w.id = doomed AND w.deleted_at IS NOT NULL LIMIT at_most) RETURNING id
$$;

-- messengers

CREATE FUNCTION kaskad.channel_of_key(public_key text) RETURNS TABLE (workspace_id bigint, channel_id bigint)
LANGUAGE sql STABLE AS $$
    SELECT c.workspace_id, c.id FROM messengers_channel c
    JOIN workspaces_workspace w ON w.id = c.workspace_id AND w.deleted_at IS NULL
    WHERE c.key = public_key
$$;

-- One address may serve several accounts of a messenger; whether the request may speak for this one is checked there.
CREATE FUNCTION kaskad.channel_of_account(channel_kind text, channel_account text, is_practice boolean)
RETURNS TABLE (workspace_id bigint, channel_id bigint) LANGUAGE sql STABLE AS $$
    SELECT c.workspace_id, c.id FROM messengers_channel c
    JOIN workspaces_workspace w ON w.id = c.workspace_id AND w.deleted_at IS NULL
    WHERE c.kind = channel_kind AND c.account = channel_account AND c.account <> '' AND c.practice = is_practice
        AND c.state <> 'disconnected'
$$;

-- The channels in which something came in that nobody has handled in time. From one channel to the next by the index,
-- for one of them may have a million.
CREATE FUNCTION kaskad.channels_with_overdue_updates(age double precision, at_most int)
RETURNS TABLE (workspace_id bigint, channel_id bigint) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE waiting (workspace_id, channel_id) AS (
        (SELECT u.workspace_id, u.channel_id FROM messengers_inboundupdate u
            WHERE u.state = 'stored' ORDER BY u.workspace_id, u.channel_id LIMIT 1)
        UNION ALL
        SELECT next.workspace_id, next.channel_id FROM waiting w CROSS JOIN LATERAL (
            SELECT u.workspace_id, u.channel_id FROM messengers_inboundupdate u
            WHERE u.state = 'stored' AND (u.workspace_id, u.channel_id) > (w.workspace_id, w.channel_id)
            ORDER BY u.workspace_id, u.channel_id LIMIT 1) next)
    SELECT w.workspace_id, w.channel_id FROM waiting w
    WHERE EXISTS (SELECT FROM messengers_inboundupdate u
        WHERE u.workspace_id = w.workspace_id AND u.channel_id = w.channel_id AND u.state = 'stored'
            AND u.due_at <= now() AND u.received_at < now() - make_interval(secs => age))
    ORDER BY random() LIMIT at_most
$$;

-- What was handled long ago, oldest first. By the primary key: rows are as old as their ids.
CREATE FUNCTION kaskad.old_updates(before timestamptz, after bigint, at_most int)
RETURNS TABLE (workspace_id bigint, update_id bigint) LANGUAGE sql STABLE AS $$
    SELECT u.workspace_id, u.id FROM messengers_inboundupdate u
    WHERE u.id > after AND u.state = 'done' AND u.received_at < before ORDER BY u.id LIMIT at_most
$$;

CREATE FUNCTION kaskad.old_attempts(before timestamptz, after bigint, at_most int)
RETURNS TABLE (workspace_id bigint, attempt_id bigint) LANGUAGE sql STABLE AS $$
    SELECT a.workspace_id, a.id FROM messengers_attempt a
    WHERE a.id > after AND a.started_at < before ORDER BY a.id LIMIT at_most
$$;

-- What a sender shall serve next: shards of channels that have something due and no living sender, workspaces in turns.
CREATE FUNCTION kaskad.channels_to_serve(at_most int)
RETURNS TABLE (workspace_id bigint, channel_id bigint, shard int) LANGUAGE sql STABLE AS $$
    SELECT found.workspace_id, found.id, found.shard FROM (
        SELECT c.workspace_id, c.id, s.shard,
            row_number() OVER (PARTITION BY c.workspace_id ORDER BY random()) AS turn
        FROM messengers_channel c
        JOIN workspaces_workspace w ON w.id = c.workspace_id AND w.deleted_at IS NULL
        CROSS JOIN LATERAL generate_series(0, c.shards - 1) AS s (shard)
        WHERE c.state = 'active' AND (c.paused_until IS NULL OR c.paused_until <= now())
            AND NOT EXISTS (SELECT FROM messengers_channellease l
                WHERE l.workspace_id = c.workspace_id AND l.channel_id = c.id AND l.shard = s.shard
                    AND l.expires_at > now())
            AND (EXISTS (SELECT FROM messengers_message m
                    WHERE m.workspace_id = c.workspace_id AND m.channel_id = c.id AND m.batch_id IS NULL
                        AND m.status = 'queued' AND m.due_at <= now() AND m.identity_id % c.shards = s.shard)
                OR EXISTS (SELECT FROM messengers_batch b
                    WHERE b.workspace_id = c.workspace_id AND b.state IN ('running', 'stopped') AND b.next_at <= now()
                        AND EXISTS (SELECT FROM messengers_message m
                            WHERE m.workspace_id = c.workspace_id AND m.batch_id = b.id AND m.channel_id = c.id
                                AND m.status = 'queued' AND m.due_at <= now()
                                AND m.identity_id % c.shards = s.shard)))) found
    ORDER BY found.turn, random() LIMIT at_most
$$;

-- Mailings all of whose messages are made, and none of them is still to leave.
CREATE FUNCTION kaskad.batches_to_finish(at_most int)
RETURNS TABLE (workspace_id bigint, batch_id bigint) LANGUAGE sql STABLE AS $$
    SELECT b.workspace_id, b.id FROM messengers_batch b
    WHERE b.state = 'running' AND b.sealed_at IS NOT NULL
        AND NOT EXISTS (SELECT FROM messengers_message m
            WHERE m.workspace_id = b.workspace_id AND m.batch_id = b.id AND m.status = 'queued')
        AND NOT EXISTS (SELECT FROM messengers_message m
            WHERE m.workspace_id = b.workspace_id AND m.batch_id = b.id AND m.status = 'sending')
    LIMIT at_most
$$;

-- The channels with messages in the hands of a sender that is no more.
CREATE FUNCTION kaskad.channels_with_orphans(at_most int)
RETURNS TABLE (workspace_id bigint, channel_id bigint) LANGUAGE sql STABLE AS $$
    SELECT DISTINCT m.workspace_id, m.channel_id FROM messengers_message m
    WHERE m.status = 'sending' AND NOT EXISTS (SELECT FROM messengers_channellease l
        WHERE l.workspace_id = m.workspace_id AND l.channel_id = m.channel_id AND l.sender = m.lease
            AND l.expires_at > now())
    LIMIT at_most
$$;

-- The channels that no sender serves, and on which something waits that nobody wants any more.
CREATE FUNCTION kaskad.channels_with_expired(patience double precision, at_most int)
RETURNS TABLE (workspace_id bigint, channel_id bigint) LANGUAGE sql STABLE AS $$
    SELECT c.workspace_id, c.id FROM messengers_channel c
    WHERE c.state <> 'active'
        AND (EXISTS (SELECT FROM messengers_message m
                WHERE m.workspace_id = c.workspace_id AND m.channel_id = c.id AND m.batch_id IS NULL
                    AND m.status = 'queued' AND m.due_at < now() - make_interval(secs => patience))
            OR EXISTS (SELECT FROM messengers_batch b
                WHERE b.workspace_id = c.workspace_id AND (b.state = 'stopped' OR b.not_after < now())
                    AND EXISTS (SELECT FROM messengers_message m
                        WHERE m.workspace_id = c.workspace_id AND m.batch_id = b.id AND m.channel_id = c.id
                            AND m.status = 'queued')))
    LIMIT at_most
$$;

-- The channels to be looked after: those that work, now and then; those in trouble of which nobody was told, at once.
CREATE FUNCTION kaskad.channels_to_watch(age double precision, at_most int)
RETURNS TABLE (workspace_id bigint, channel_id bigint) LANGUAGE sql STABLE AS $$
    SELECT c.workspace_id, c.id FROM messengers_channel c
    JOIN workspaces_workspace w ON w.id = c.workspace_id AND w.deleted_at IS NULL
    WHERE (c.state = 'active' AND c.kind <> 'site_chat'
            AND (c.watched_at IS NULL OR c.watched_at < now() - make_interval(secs => age)))
        OR (c.state = 'broken' AND c.told_trouble <> 'broken'
            AND (c.watched_at IS NULL OR c.watched_at < now() - interval '1 minute'))
    ORDER BY c.watched_at NULLS FIRST LIMIT at_most
$$;

-- Uploads that nobody has sent in time.
CREATE FUNCTION kaskad.unsent_files(moment timestamptz, at_most int)
RETURNS TABLE (workspace_id bigint, media_id bigint) LANGUAGE sql STABLE AS $$
    SELECT f.workspace_id, f.id FROM messengers_media f
    WHERE f.unsent_until < moment ORDER BY f.unsent_until LIMIT at_most
$$;

-- The channels whose news somebody must fetch and nobody does.
CREATE FUNCTION kaskad.channels_to_poll(at_most int)
RETURNS TABLE (workspace_id bigint, channel_id bigint) LANGUAGE sql STABLE AS $$
    SELECT c.workspace_id, c.id FROM messengers_channel c
    JOIN workspaces_workspace w ON w.id = c.workspace_id AND w.deleted_at IS NULL
    WHERE c.polls AND c.state = 'active'
        AND NOT EXISTS (SELECT FROM messengers_polllease l
            WHERE l.workspace_id = c.workspace_id AND l.channel_id = c.id AND l.expires_at > now())
    ORDER BY random() LIMIT at_most
$$;

-- A listener's heartbeat, and its end.
CREATE FUNCTION kaskad.renew_poll_leases(holder uuid, lifetime double precision)
RETURNS TABLE (channel_id bigint) LANGUAGE sql VOLATILE AS $$
    UPDATE messengers_polllease SET expires_at = clock_timestamp() + make_interval(secs => lifetime)
    WHERE listener = holder AND expires_at > clock_timestamp() RETURNING channel_id
$$;

CREATE FUNCTION kaskad.end_poll_leases(holder uuid)
RETURNS TABLE (channel_id bigint) LANGUAGE sql VOLATILE AS $$
    UPDATE messengers_polllease SET expires_at = clock_timestamp()
    WHERE listener = holder AND expires_at > clock_timestamp() RETURNING channel_id
$$;

-- Files of which something is still to be made, and files that leave.
CREATE FUNCTION kaskad.unfinished_files(at_most int)
RETURNS TABLE (workspace_id bigint, media_id bigint) LANGUAGE sql STABLE AS $$
    SELECT f.workspace_id, f.id FROM messengers_media f
    JOIN workspaces_workspace w ON w.id = f.workspace_id AND w.deleted_at IS NULL
    WHERE f.stage IN ('processing', 'leaving') AND f.stage_due_at <= now() ORDER BY f.stage_due_at LIMIT at_most
$$;

-- Files that people sent and that are still with their messenger.
CREATE FUNCTION kaskad.remote_files(at_most int)
RETURNS TABLE (workspace_id bigint, media_id bigint) LANGUAGE sql STABLE AS $$
    SELECT f.workspace_id, f.id FROM messengers_media f
    JOIN workspaces_workspace w ON w.id = f.workspace_id AND w.deleted_at IS NULL
    WHERE f.state = 'remote' AND f.due_at <= now() ORDER BY f.due_at LIMIT at_most
$$;

-- People whom their messenger shall be asked about: three of each channel, so that asking draws no limit of its own.
CREATE FUNCTION kaskad.profiles_to_ask(at_most int)
RETURNS TABLE (workspace_id bigint, identity_id bigint) LANGUAGE sql STABLE AS $$
    SELECT due.workspace_id, due.id FROM (
        SELECT i.workspace_id, i.id, row_number() OVER (PARTITION BY i.channel_id ORDER BY i.profile_due_at) AS place
        FROM (SELECT * FROM messengers_identity WHERE profile_due_at <= now() ORDER BY profile_due_at LIMIT 1000) i
        JOIN messengers_channel c ON c.workspace_id = i.workspace_id AND c.id = i.channel_id AND c.state = 'active'
        JOIN workspaces_workspace w ON w.id = i.workspace_id AND w.deleted_at IS NULL) due
    WHERE due.place <= 3 LIMIT at_most
$$;

-- A sender's heartbeat: it may have a thousand channels, and touches nothing but how long they are its own.
CREATE FUNCTION kaskad.renew_leases(holder uuid, lifetime double precision)
RETURNS TABLE (channel_id bigint, shard smallint) LANGUAGE sql VOLATILE AS $$
    UPDATE messengers_channellease SET expires_at = clock_timestamp() + make_interval(secs => lifetime)
    WHERE sender = holder AND expires_at > clock_timestamp() RETURNING channel_id, shard
$$;
