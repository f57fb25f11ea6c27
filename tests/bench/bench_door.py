"""What the door in costs: webhooks a second through a real server, and an update handled behind it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
from django.db import connection, transaction
from django.utils import timezone

from bench.programs import HERE, environment
from bench.table import record, show
from builders import a_channel, a_workspace
from config.environment import ROOT
from config.house import choose_port
from messengers import inbox
from messengers.adapters.telegram import _hook_secret
from messengers.channels import facts
from messengers.models import Channel, Message
from workspaces.scope import tenant

UPDATES = 300
WEBHOOKS = 20_000
DURING_DEATHS = 6_000
CONNECTIONS = 64
TOKEN = "123456:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghi"


def bench_webhooks_per_second(committed_db: None, owner_cursor: Any) -> None:
    workspace = a_workspace()
    with tenant(workspace):
        channel = a_channel("telegram", settings={"username": "shop_bot", "bot_id": 123456}, secrets={"token": TOKEN})
    with a_web_server() as (address, server):
        url = f"{address}/hooks/telegram/{channel.key}"
        load(url, channel, 1, 500)  # the processes import what they need
        calm = load(url, channel, 1_000, WEBHOOKS)()
        finish = load(url, channel, 1_000 + WEBHOOKS, DURING_DEATHS, wait=False)
        deaths = 0
        for _ in range(3):
            time.sleep(0.7)
            deaths += kill_a_worker(server)
        stormy = finish()
    owner_cursor.execute(
        "SELECT count(*), count(DISTINCT external_id) FROM messengers_inboundupdate WHERE external_id::int >= 1000"
    )
    kept, distinct = owner_cursor.fetchone()
    assert kept == distinct == WEBHOOKS + DURING_DEATHS
    record(
        "webhooks_per_second",
        ours=WEBHOOKS / calm["seconds"],
        unit="1/s",
        note=f"at least 1,500; {kept:,} of {kept:,} kept while {deaths} servers were killed "
        f"({stormy['repeated']:,.0f} repeats)",
    )


def bench_updates_per_second(committed_db: None) -> None:
    workspace = a_workspace()
    with tenant(workspace):
        channel = a_channel(settings={"origins": ["https://shop.example"]})

    def store(number: int) -> None:
        with tenant(workspace):
            assert inbox.store(channel, said(number)) is not None

    stored = per_second(store)
    start = time.perf_counter()
    while inbox.process_waiting(channel.pk, workspace_id=workspace.pk, seconds=60):
        pass
    handled = UPDATES / (time.perf_counter() - start)
    with tenant(workspace):
        assert Message.objects.filter(direction=Message.Direction.IN).count() == UPDATES
    bare = per_second(lambda number: insert(channel, number))
    show(
        f"{UPDATES} messages of as many new people in one process",
        ("", "a second", "of bare"),
        [
            ("bare INSERT and COMMIT", f"{bare:,.0f}", "1.00"),
            ("stored at the door", f"{stored:,.0f}", f"{stored / bare:.2f}"),
            ("handled behind it", f"{handled:,.0f}", f"{handled / bare:.2f}"),
        ],
    )


@contextmanager
def a_web_server() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The web part with two processes, as on a server of two cores; its address and its first process."""
    port = choose_port("127.0.0.1", 8090, setting="", chosen_by_user=False)
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port", str(port)),
            *("--workers", "2", "--no-access-log", "--log-level", "error"),
        ],
        cwd=ROOT,
        env=environment(),
    )
    address = f"http://127.0.0.1:{port}"
    try:
        yield address, server
    finally:
        server.terminate()
        server.wait(30)


def load(url: str, channel: Channel, first: int, count: int, *, wait: bool = True) -> Callable[[], dict[str, float]]:
    """Let a program deliver updates; return what waits for it and tells what it has measured."""
    arguments = [url, _hook_secret(facts(channel)), str(first), str(count), str(CONNECTIONS)]
    program = subprocess.Popen(
        [sys.executable, str(HERE / "webhook_load.py"), *arguments],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    if wait:
        program.wait()

    def told() -> dict[str, float]:
        output, _ = program.communicate()
        measured: dict[str, float] = json.loads(output)
        return measured

    return told


def kill_a_worker(server: subprocess.Popen[bytes]) -> int:
    """Kill one of the server's processes as hard as can be; return how many that were."""
    workers = [one for one in psutil.Process(server.pid).children() if "spawn_main" in " ".join(one.cmdline())]
    for worker in workers[:1]:
        worker.kill()
    return len(workers[:1])


def said(number: int) -> dict[str, str]:
    return {
        "type": "message",
        "visitor": f"visitor-{number:06}",
        "client_id": f"message-{number:06}",
        "at": timezone.now().isoformat(),
        "text": "Good day, do you deliver on Sundays?",
    }


def insert(channel: Channel, number: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('kaskad.workspace', %s, true)", [str(channel.workspace_id)])
        cursor.execute(
            "INSERT INTO audience_contact (workspace_id, name, phone, email, language, time_zone, created_at) "
            "VALUES (%s, %s, '', '', '', '', now())",
            [channel.workspace_id, f"Contact {number}"],
        )


def per_second(act: Callable[[int], None]) -> float:
    start = time.perf_counter()
    for number in range(UPDATES):
        act(number)
    return UPDATES / (time.perf_counter() - start)
