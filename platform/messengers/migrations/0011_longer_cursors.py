"""A cursor may hold what belongs to news that are not whole yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messengers", "0010_stamp_less")]
    operations = [
        migrations.AlterField(model_name="channel", name="poll_cursor", field=models.TextField(blank=True)),
    ]
