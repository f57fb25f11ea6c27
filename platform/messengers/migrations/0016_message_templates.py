import django.db.models.deletion
from django.db import migrations, models

import workspaces.tenant_model


class Migration(migrations.Migration):
    dependencies = [
        ("messengers", "0015_media_library"),
        ("workspaces", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="channel",
            name="templates_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="channel",
            name="templates_problem",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AlterField(
            model_name="channel",
            name="trouble",
            field=models.CharField(
                blank=True,
                choices=[
                    ("broken", "Nothing leaves"),
                    ("stolen", "Another program receives its messages"),
                    ("expiring", "Its keys run out soon"),
                    ("restricted", "The messenger has restricted the account"),
                    ("disliked", "People complain of its messages"),
                ],
                max_length=16,
            ),
        ),
        migrations.CreateModel(
            name="MessageTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(max_length=200)),
                ("name", models.CharField(max_length=512)),
                ("language", models.CharField(max_length=16)),
                ("category", models.CharField(blank=True, max_length=32)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("approved", "Approved"),
                            ("pending", "Being looked at"),
                            ("rejected", "Rejected"),
                            ("paused", "Paused"),
                            ("disabled", "Disabled"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("quality", models.CharField(blank=True, max_length=10)),
                ("parts", models.JSONField(default=dict)),
                ("defaults", models.JSONField(default=dict)),
                ("synced_at", models.DateTimeField(blank=True, null=True)),
                (
                    "channel",
                    workspaces.tenant_model.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="templates", to="messengers.channel"
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "verbose_name": "template",
                "verbose_name_plural": "templates",
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "channel", "name", "language"), name="template_once")
                ],
            },
        ),
    ]
