"""The processes of a bench: started, watched, and gone at its end."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from config.environment import ROOT
from config.house import choose_port
from config.local_places import postgres_place
from config.local_servers import die_with_parent
from messengers import hints

HERE = Path(__file__).parent


def start(program: str, *arguments: str, **settings: str) -> "subprocess.Popen[str]":
    """Start a program of this folder; what it prints first says that it is ready."""
    return _run([str(HERE / program), *arguments], environment() | settings, stdout=subprocess.PIPE)


def _run(
    arguments: Sequence[str], environment: Mapping[str, str], stdout: int | None = None
) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=environment, stdout=stdout, text=True,
        preexec_fn=die_with_parent(signal.SIGKILL),
    )  # fmt: skip


def environment() -> dict[str, str]:
    """Return what a program needs to find the tests' modules and the run's servers."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "tests"), "C_FORCE_ROOT": "1"}


@dataclass(frozen=True)
class Sink:
    """The running sink."""

    url: str
    process: psutil.Process

    @property
    def count(self) -> int:
        """Return how many messages have come."""
        return int(self._told()["count"])

    @property
    def seen(self) -> dict[str, float]:
        """Return when each person was first told something with the mark in it."""
        return dict(self._told()["seen"])

    @property
    def paths(self) -> dict[str, int]:
        """Return how many messages have come under each path that was given to a channel."""
        return dict(self._told()["paths"])

    def _told(self) -> dict[str, Any]:
        with urllib.request.urlopen(self.url, timeout=10) as answer:
            return dict(json.loads(answer.read()))


@contextmanager
def a_sink(*, mark: str = "", delay: float = 0.0) -> Iterator[Sink]:
    """The messenger's server."""
    process = start("messenger_server.py", "--mark", mark, "--delay", str(delay))
    try:
        yield Sink(f"http://127.0.0.1:{first_line(process)}", psutil.Process(process.pid))
    finally:
        end(process)


@contextmanager
def senders(count: int = 1, **settings: str) -> Iterator[list[psutil.Process]]:
    """Senders, each in its process, ready to send; the settings join their environment."""
    processes = [start("sending_program.py", **settings) for _ in range(count)]
    try:
        for process in processes:
            assert first_line(process) == "ready"
        yield [psutil.Process(process.pid) for process in processes]
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            end(process)


@contextmanager
def without_django(*arguments: str) -> Iterator[None]:
    """Run another Python program, for which Celery shall do nothing of what it does for Django."""
    alone = {name: value for name, value in environment().items() if name != "DJANGO_SETTINGS_MODULE"}
    process = _run(arguments, alone)
    try:
        yield
    finally:
        end(process)


@contextmanager
def a_house(folder: Path) -> Iterator[str]:
    """A whole Kaskad at work: web, worker, sender and beat; its address."""
    port = choose_port("127.0.0.1", 0, setting="", chosen_by_user=True)
    parts = (("web", str(port)), ("worker",), ("sender",), ("beat", str(folder / "beat")))
    processes = [_run([str(HERE / "house_part.py"), *part], environment()) for part in parts]
    try:
        until(lambda: _answers(port))
        until(lambda: bool(hints.places("send")))  # a worker for senders has come up
        yield f"http://127.0.0.1:{port}"
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            end(process)


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def bare_http(url: str, count: int) -> float:
    """Return the messages a second that the bare loop sends."""
    return float(first_line(start("bare_http.py", url, str(count))))


def postgres_seconds() -> float:
    """Return the processor seconds that this run's PostgreSQL has used until now."""
    number = (postgres_place(Path(os.environ["KASKAD_VAR"])).folder / "data" / "postmaster.pid").read_text().split()[0]
    postmaster = psutil.Process(int(number))
    seconds = sum(postmaster.cpu_times()[:4])  # with those of its children that are gone
    for backend in postmaster.children():
        with suppress(psutil.NoSuchProcess):
            seconds += sum(backend.cpu_times()[:2])
    return float(seconds)


def first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def end(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)  # a second one would have Celery drop what it does
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    """Return when the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)
