"""A whole Kaskad on one machine: web, worker, sender and beat, and the servers under them.

Called by `manage.py up`; the browser tests run their own.
"""

import contextlib
import errno
import fcntl
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from json import JSONDecodeError, loads
from pathlib import Path
from typing import IO

from config.environment import ROOT
from config.supervisor import Part, Supervisor

Say = Callable[[str, str], None]
_PATIENCE = 120.0  # seconds until all parts must have answered: slow machines compile bytecode at first


class CannotStartError(Exception):
    """Kaskad cannot start here and now. The message says why, and what to do."""


class House:
    """The parts of one installation, as processes of this machine."""

    def __init__(self, *, host: str, port: int, folder: Path, environment: Mapping[str, str], say: Say) -> None:
        """Take the address to listen on, a folder for what belongs to this run, and the settings of the parts."""
        self._host = host
        self._port = port
        self._folder = folder
        self._environment = {**os.environ, **environment, "PYTHONUNBUFFERED": "1", "C_FORCE_ROOT": "1"}
        self.address = f"http://{'127.0.0.1' if host in {'0.0.0.0', '::'} else host}:{port}"  # noqa: S104
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.supervisor = Supervisor(say, folder / "processes.json", ROOT)

    def start(self) -> None:
        """Start every part. They come up on their own time: see `await_health`."""
        self.supervisor.end_leftovers()
        schedule = self._folder / "beat"
        for file in self._folder.glob("beat*"):  # a killed beat may leave half a file; what is due stands in PostgreSQL
            file.unlink()
        celery = ("-m", "celery", "-A", "config", "--quiet")
        worker = ("worker", "--without-gossip", "--without-mingle", "--loglevel", "WARNING")
        self.add("web", "-m", "uvicorn", "config.asgi:application", "--host", self._host, "--port", str(self._port),
                 "--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "3")  # fmt: skip
        self.add("worker", *celery, *worker, "-Q", "work", "--pool", "threads", "--concurrency", "4", "-n", "worker@%h")
        self.add("sender", *celery, *worker, "-Q", "send", "--pool", "threads", "--concurrency", "1", "-n", "sender@%h")
        self.add(
            "listener", *celery, *worker, "-Q", "listen", "--pool", "threads", "--concurrency", "1", "-n", "listener@%h"
        )
        self.add("beat", *celery, "beat", "--schedule", str(schedule), "--loglevel", "WARNING")

    def add(self, name: str, *arguments: str) -> None:
        """Start one more part: a Python program with these arguments."""
        self.supervisor.start(Part(name, (sys.executable, *arguments), self._environment))

    def await_health(self, patience: float = _PATIENCE, *, stopping: Callable[[], bool] = lambda: False) -> None:
        """Return when all parts work together; CannotStartError when they do not in time."""
        deadline = time.monotonic() + patience
        while (health := self.health()) != {"database": "ok", "valkey": "ok", "worker": "ok"}:
            if stopping():
                return
            if time.monotonic() > deadline:
                raise CannotStartError(f"Kaskad did not become healthy. What {self.address}/healthz says: {health}")
            self.supervisor.tend()
            time.sleep(0.1)

    def health(self) -> dict[str, str]:
        """Return what `/healthz` says; nothing while the pages do not answer."""
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=5) as answer:  # noqa: S310
                return dict(loads(answer.read()))
        except urllib.error.HTTPError as refusal:
            with contextlib.suppress(JSONDecodeError):
                return dict(loads(refusal.read()))
        except OSError:
            pass
        return {}

    def stop(self) -> None:
        """Stop every part."""
        self.supervisor.stop()


def choose_port(host: str, wanted: int, *, setting: str, chosen_by_user: bool) -> int:
    """Return the port to listen on: the wanted one; if it is busy and nobody insists on it, the next free one."""
    for port in range(wanted, wanted + (1 if chosen_by_user else 20)):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    continue
                raise CannotStartError(
                    f"Kaskad may not listen on {host}:{port} ({error.strerror}). "
                    f"Choose another with {setting}=… in .env, or before `make run`."
                ) from error
            return int(probe.getsockname()[1])
    raise CannotStartError(
        f"Port {wanted} is busy: another program listens on it. Stop that program, or give Kaskad another port with "
        f"{setting}=… in .env, or before `make run`."
    )


@contextlib.contextmanager
def only_one(var: Path) -> Iterator[None]:
    """Hold the folder `var` for this process; CannotStartError if another Kaskad has it."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        file = (var / "lock").open("a+")
    except PermissionError as error:
        raise CannotStartError(
            f"Kaskad may not write to {var}: it belongs to another user, who started Kaskad here before. "
            f"Start it as that user, or give the folder over: sudo chown -R $USER {var}"
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotStartError(
                f"Kaskad runs from this folder already{_whose(file)}. Stop that one first."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _whose(file: IO[str]) -> str:
    file.seek(0)
    pid = file.read().strip()
    return f" (process {pid})" if pid else ""
