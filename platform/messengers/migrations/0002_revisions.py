"""Stamp each changed message and conversation with the number of its transaction: see `messengers.changes`."""

from django.db import migrations

STAMP = """
CREATE FUNCTION messengers_stamp_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- An older transaction may be the later one to change a row: its number never goes back.
    NEW.revision := greatest(pg_current_xact_id()::text::bigint, OLD.revision);
    RETURN NEW;
END
$$;
CREATE TRIGGER stamp_revision BEFORE INSERT OR UPDATE ON messengers_message
    FOR EACH ROW EXECUTE FUNCTION messengers_stamp_revision();
CREATE TRIGGER stamp_revision BEFORE INSERT OR UPDATE ON messengers_conversation
    FOR EACH ROW EXECUTE FUNCTION messengers_stamp_revision();
"""

REMOVE = """
DROP TRIGGER stamp_revision ON messengers_conversation;
DROP TRIGGER stamp_revision ON messengers_message;
DROP FUNCTION messengers_stamp_revision();
"""


class Migration(migrations.Migration):
    dependencies = [("messengers", "0001_initial")]

    operations = [migrations.RunSQL(STAMP, REMOVE)]
