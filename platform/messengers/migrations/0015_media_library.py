from django.db import migrations, models

import messengers.models.media

# What members uploaded before there was a library stands in it, too.
SHELVE = "UPDATE messengers_media SET in_library = true WHERE uploaded_by_id IS NOT NULL"


class Migration(migrations.Migration):
    dependencies = [("messengers", "0014_watched_channels")]

    operations = [
        migrations.AddField(
            "media",
            "stage",
            models.CharField(
                choices=[
                    ("ready", "Ready"),
                    ("processing", "Being prepared"),
                    ("failed", "Could not be prepared"),
                    ("leaving", "Leaving"),
                ],
                default="ready",
                max_length=10,
            ),
        ),
        migrations.AddField("media", "stage_due_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("media", "in_library", models.BooleanField(default=False)),
        migrations.AddField(
            "media", "thumbnail", models.FileField(blank=True, upload_to=messengers.models.media.upload_path)
        ),
        migrations.AddField(
            "media", "poster", models.FileField(blank=True, upload_to=messengers.models.media.upload_path)
        ),
        migrations.AddField("media", "width", models.PositiveIntegerField(blank=True, null=True)),
        migrations.AddField("media", "height", models.PositiveIntegerField(blank=True, null=True)),
        migrations.AddField("media", "seconds", models.PositiveIntegerField(blank=True, null=True)),
        migrations.AddIndex(
            "media",
            models.Index(
                condition=models.Q(("stage__in", ["processing", "leaving"])),
                fields=["stage_due_at"],
                name="media_unfinished",
            ),
        ),
        migrations.AddIndex(
            "media",
            models.Index(condition=models.Q(("in_library", True)), fields=["workspace", "-id"], name="media_library"),
        ),
        migrations.RunSQL(SHELVE, migrations.RunSQL.noop),
    ]
