"""Do not stamp a message that is only handed to a sender: nobody shows that, and its outcome is stamped soon."""

from django.db import migrations

STAMP = """
DROP TRIGGER stamp_revision ON messengers_message;
CREATE TRIGGER stamp_revision BEFORE INSERT OR UPDATE ON messengers_message
    FOR EACH ROW WHEN (NEW.status <> 'sending') EXECUTE FUNCTION messengers_stamp_revision();
"""

BACK = """
DROP TRIGGER stamp_revision ON messengers_message;
CREATE TRIGGER stamp_revision BEFORE INSERT OR UPDATE ON messengers_message
    FOR EACH ROW EXECUTE FUNCTION messengers_stamp_revision();
"""


class Migration(migrations.Migration):
    dependencies = [("messengers", "0009_channel_accounts")]

    operations = [migrations.RunSQL(STAMP, BACK)]
