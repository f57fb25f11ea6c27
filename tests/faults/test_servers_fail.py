"""Valkey forgets everything, Valkey and PostgreSQL are restarted while messages leave: all arrive, each once."""

import signal
from collections.abc import Callable, Iterator

import pytest
import redis
from django.conf import settings
from django.db import connections

from config import local_servers
from config.local_servers import LocalPostgres, LocalValkey
from fake_messenger import eventually
from faults import books
from faults.parts import Parts
from faults.traffic import OnFake, a_town
from faults.watched_sink import a_slow_sink
from messengers.statuses import Status

SEED = 7
Break = Callable[[LocalPostgres, LocalValkey], None]


def forget_everything(_postgres: LocalPostgres, _valkey: LocalValkey) -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushall()


def restart_valkey(_postgres: LocalPostgres, valkey: LocalValkey) -> None:
    valkey.stop()
    valkey.start()


def restart_postgres_politely(postgres: LocalPostgres, _valkey: LocalValkey) -> None:
    restart(postgres, signal.SIGINT)  # "fast": running transactions are rolled back


def restart_postgres_at_once(postgres: LocalPostgres, _valkey: LocalValkey) -> None:
    restart(postgres, signal.SIGQUIT)  # "immediate": as after a crash, the log is replayed


def restart(postgres: LocalPostgres, how: signal.Signals) -> None:
    connections.close_all()
    local_servers._stop(postgres._process, how)
    postgres.start()


@pytest.fixture
def kept_commits(owner_url: str, owner_cursor: object) -> Iterator[None]:
    """A PostgreSQL that keeps its word through a crash, as one in production does."""
    setting = "ALTER DATABASE kaskad_test SET synchronous_commit = {}"
    owner_cursor.execute(setting.format("on"))  # type: ignore[attr-defined]
    connections.close_all()
    yield
    connections.close_all()
    import psycopg2

    connection = psycopg2.connect(owner_url)
    connection.autocommit = True
    connection.cursor().execute(setting.format("off"))
    connection.close()


@pytest.mark.usefixtures("kept_commits")
@pytest.mark.parametrize(
    "fail", [forget_everything, restart_valkey, restart_postgres_politely, restart_postgres_at_once]
)
@pytest.mark.timeout(200)
def test_all_arrive_once(parts: Parts, fail: Break, pytestconfig: pytest.Config) -> None:
    postgres, valkey = servers_of(pytestconfig)
    with a_slow_sink(SEED, slowness=(0.1, 0.8)) as sink:
        town = a_town(OnFake(sink, "slow_fake"), SEED, workspaces=2, channels=3, people=50)
        for kind in ("beat", "worker", "sender", "sender"):
            parts.start(kind)
        for _ in range(3):
            town.mail(130)
        town.answer(60)
        town.hear(60)
        for enough in (100, 400):
            eventually(lambda number=enough: len(sink.arrivals) >= number, 60)
            fail(postgres, valkey)
            town.hear(5)
        eventually(lambda: parts.tend() or not books.unfinished(town.workspaces), 90)
        arrived = [(one.to, one.text) for one in sink.arrivals]
        account = books.audit(town.workspaces, arrived, updates=town.wrote, parts_that_gave_up=parts.gave_up)
    account.print(fail.__name__.replace("_", " ").capitalize())
    assert account.rows.total() >= 1_000
    assert not account.twice()
    assert not account.never()
    assert dict(account.statuses) == {Status.SENT: account.rows.total()}
    assert town.heard() == town.wrote


def servers_of(pytestconfig: pytest.Config) -> tuple[LocalPostgres, LocalValkey]:
    (found,) = (value for value in pytestconfig.stash._storage.values() if isinstance(value, tuple))
    postgres, valkey = found
    return postgres, valkey
