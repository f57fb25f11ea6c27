"""Celery's application: `work` for tasks, `send` for senders."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("kaskad")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
@beat_init.connect
def _refuse_strong_role(**_kwargs: Any) -> None:
    from workspaces.checks import refuse_strong_role

    refuse_strong_role()
