"""A program that loads Kaskad once and then forks its parts on demand: a part that was killed is back at once.

`parts.Parts` runs it. Each line that it reads starts a part; it answers with the number of the process.
"""

import ctypes
import os
import signal
import sys
from datetime import timedelta
from typing import Any, NoReturn

import django

WORKER = ("worker", "--without-gossip", "--without-mingle", "--loglevel", "WARNING", "--pool", "threads")
PARTS = {
    "worker": (*WORKER, "-Q", "work", "--concurrency", "4"),
    "sender": (*WORKER, "-Q", "send", "--concurrency", "1"),
    "beat": ("beat", "--loglevel", "WARNING"),
}


def main(folder: str, lease: float) -> None:
    """Serve until nobody asks any more."""
    celery = load(lease)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead need no burial
    print("ready", flush=True)
    for line in sys.stdin:
        kind, name = line.split()
        extra = ("--schedule", f"{folder}/{name}.schedule") if kind == "beat" else ("-n", f"{name}@%h")
        print(fork(celery, (*PARTS[kind], *extra), f"{folder}/{name}.log"), flush=True)


def load(lease: float) -> Any:
    """Import all that a part needs, and let the dead be missed sooner than in production."""
    django.setup()
    from config.celery import app
    from fake_messenger import Fake, IdempotentFake, SlowFake
    from messengers import delivery, leases, registry, tasks

    for adapter in (Fake(), IdempotentFake(), SlowFake()):
        registry.register(adapter)
    app.loader.import_default_modules()
    leases.LEASE = timedelta(seconds=lease)
    delivery.TRUST, delivery.HEARTBEAT = lease * 0.6, lease / 6
    tasks._OFFER_EVERY = 1.0
    return app


def fork(celery: Any, arguments: tuple[str, ...], log: str) -> int:
    """Start a part in a process of its own; return its number."""
    parent = os.getpid()
    pid = os.fork()
    if not pid:
        grow_up(celery, arguments, log, parent)
    return pid


def grow_up(celery: Any, arguments: tuple[str, ...], log: str, parent: int) -> NoReturn:
    try:
        set_death_signal = 1  # PR_SET_PDEATHSIG: nobody outlives the test
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for stream in (1, 2):
            os.dup2(said, stream)
        os.close(0)
        os.open(os.devnull, os.O_RDONLY)
        celery.start(["--quiet", *arguments])
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
