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

-- messengers

CREATE FUNCTION kaskad.channel_of_key(public_key text) RETURNS TABLE (workspace_id bigint, channel_id bigint)
LANGUAGE sql STABLE AS $$
    SELECT c.workspace_id, c.id FROM messengers_channel c WHERE c.key = public_key
$$;
