"""Celery's application: `work` for tasks, `send` for senders."""

import os
import warnings
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("kaskad")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Celery fears pickled messages from strangers; ours are JSON, and whoever runs `make run` as root knows it.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")


@worker_init.connect
@beat_init.connect
def _refuse_strong_role(**_kwargs: Any) -> None:
    from workspaces.checks import refuse_strong_role

    refuse_strong_role()


@worker_ready.connect
def _show_life(**_kwargs: Any) -> None:
    from config.tasks import heartbeat

    heartbeat.apply_async(expires=10)
