"""No part of Kaskad starts as a role that could go round the walls."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

STARTS = {
    "web": "import config.asgi",
    "worker": "from celery.signals import worker_init; import config.celery; worker_init.send(sender=None)",
    "beat": "from celery.signals import beat_init; import config.celery; beat_init.send(sender=None)",
}


def start(code: str, database_url: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); {code}"],
        env={**os.environ, "DATABASE_URL": database_url},
        cwd=settings.ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.mark.parametrize("part", STARTS)
def test_it_refuses_the_owner_of_the_tables(part: str, owner_url: str, db: None) -> None:
    ended = start(STARTS[part], owner_url)
    assert ended.returncode == 1
    assert "Kaskad does not start. DATABASE_URL signs in as kaskad_owner, a superuser" in ended.stderr


def test_it_starts_as_the_app(db: None) -> None:
    assert start(STARTS["web"], os.environ["DATABASE_URL"]).returncode == 0
