"""The ground every test stands on: a PostgreSQL and a Valkey of this run's own, and no way to the outside.

PostgreSQL starts with the first test that wants the database. Tests work as the app's role, which cannot bypass the
walls between workspaces; what a test commits is taken away as the owner.
"""

import ipaddress
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import psycopg2
import pytest
import redis
from cryptography.fernet import Fernet

from config.local_places import APP_ROLE, OWNER_ROLE
from config.local_servers import LocalPostgres, LocalValkey

DATABASE = "kaskad_test"
_servers = pytest.StashKey[tuple[LocalPostgres, LocalValkey]]()
_folder = pytest.StashKey[Path]()
_KEPT_TABLES = ("django_migrations", "django_content_type", "auth_permission")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("PYTEST_XDIST_WORKER") is None and config.getoption("numprocesses", None):
        return  # the workers have servers of their own
    _remove_what_killed_runs_left()
    folder = Path(tempfile.mkdtemp(prefix=f"kaskad-test-{os.getpid()}-", dir="/tmp"))
    folder.chmod(0o711)
    postgres, valkey = LocalPostgres(folder, throwaway=True), LocalValkey(folder)
    config.stash[_folder], config.stash[_servers] = folder, (postgres, valkey)
    valkey.start()
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings",
        KASKAD_ENV_FILE=os.devnull,  # a developer's own settings are not the tests'
        KASKAD_VAR=str(folder),
        DATABASE_URL=postgres.place.url(APP_ROLE, DATABASE),
        DATABASE_OWNER_URL=postgres.place.url(OWNER_ROLE, DATABASE),
        REDIS_URL=valkey.url,
        KASKAD_SECRET_KEY="tests",
        KASKAD_ENCRYPTION_KEYS=Fernet.generate_key().decode(),
        KASKAD_BASE_URL="http://testserver",
    )
    sys.addaudithook(_stay_on_this_machine)
    django.setup()
    from django.conf import settings

    settings.WHITENOISE_USE_FINDERS = False  # each test client would look through all static files anew
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one is slow on purpose


def pytest_unconfigure(config: pytest.Config) -> None:
    for server in config.stash.get(_servers, ()):
        server.stop()
    if folder := config.stash.get(_folder, None):
        shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Kills and outages take longest: begun first, they leave no process idle while another ends the run alone.
    items.sort(key=lambda item: "faults" not in item.path.parts)


@pytest.fixture(scope="session")
def local_postgres(pytestconfig: pytest.Config) -> LocalPostgres:
    """This run's PostgreSQL."""
    postgres, _valkey = pytestconfig.stash[_servers]
    postgres.start()
    return postgres


@pytest.fixture(scope="session")
def owner_url(local_postgres: LocalPostgres) -> str:
    """The test database's address as its owner."""
    return local_postgres.place.url(OWNER_ROLE, DATABASE)


@pytest.fixture(scope="session")
def django_db_setup(local_postgres: LocalPostgres, django_db_blocker: Any, owner_url: str) -> None:
    from django.core.management import call_command
    from django.test import TransactionTestCase

    local_postgres.create_database(DATABASE)
    with django_db_blocker.unblock():
        call_command("migrate", interactive=False, verbosity=0)
        from django.db import connections

        connections.close_all()
    # Django would empty the tables as the app's role, which may not truncate.
    TransactionTestCase._fixture_teardown = lambda _case: empty_tables(owner_url)  # type: ignore[method-assign]


@pytest.fixture
def committed_db(transactional_db: None) -> None:
    """A database in which commits are real: for threads, sockets and what runs on commit."""


@pytest.fixture
def door(committed_db: None, settings: Any) -> Iterator[None]:
    """Kaskad's own server, at which messengers knock."""
    from own_door import a_door

    with a_door(settings):
        yield


@pytest.fixture
def owner_cursor(owner_url: str, django_db_setup: None) -> Iterator[Any]:
    """A cursor of the owner, who sees through the walls: to check what is really there. Each statement is committed."""
    connection = psycopg2.connect(owner_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        yield cursor
    connection.close()


@pytest.fixture(autouse=True)
def _fresh_valkey(pytestconfig: pytest.Config) -> Iterator[None]:
    yield
    with redis.Redis.from_url(pytestconfig.stash[_servers][1].url) as client:
        client.flushall()


@pytest.fixture(autouse=True)
def _fresh_language() -> Iterator[None]:
    from django.utils import timezone, translation

    yield
    translation.deactivate()
    timezone.deactivate()


def empty_tables(owner_url: str) -> None:
    """Delete every row that a test may have left."""
    connection = psycopg2.connect(owner_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            tables = [name for (name,) in cursor.fetchall() if name not in _KEPT_TABLES]
            cursor.execute("SET LOCAL session_replication_role = replica")  # neither keys nor triggers matter here
            cursor.execute(";".join(f'DELETE FROM public."{name}"' for name in tables))
    finally:
        connection.close()


def _stay_on_this_machine(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None  # a string is a socket file
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    name = host.decode() if isinstance(host, bytes) else host
    if name in {None, "", "localhost"} or _is_loopback(name):
        return
    raise RuntimeError(f"A test wanted to reach {name}: tests stay on this machine.")


def _is_loopback(name: str) -> bool:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _remove_what_killed_runs_left() -> None:
    for folder in Path("/tmp").glob("kaskad-test-*"):
        pid = folder.name.split("-")[2]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists() and sys.platform == "linux":
            shutil.rmtree(folder, ignore_errors=True)
