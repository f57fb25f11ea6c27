"""Some messengers name a file by its address, and signed addresses are long."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messengers", "0011_longer_cursors")]
    operations = [
        migrations.AlterField(
            model_name="media", name="source_ref", field=models.CharField(blank=True, max_length=2000)
        ),
    ]
