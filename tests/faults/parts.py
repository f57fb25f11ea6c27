"""Workers, senders and a beat as processes of their own, which tests kill and start again."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psutil

from config.environment import ROOT

LEASE = 4.0  # seconds after which a silent sender is believed dead: in production it is ten
_NURSERY = Path(__file__).with_name("nursery.py")


@dataclass
class Parts:
    """The running processes by kind."""

    folder: Path
    nursery: "subprocess.Popen[str]"
    running: dict[str, list[int]] = field(default_factory=dict)
    killed: dict[str, int] = field(default_factory=dict)
    gave_up: list[str] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=lambda: count(1))

    def start(self, kind: str, how_many: int = 1) -> None:
        """Start `worker`s, `sender`s or a `beat`."""
        assert self.nursery.stdin
        assert self.nursery.stdout
        for _ in range(how_many):
            print(kind, f"{kind}{next(self._number)}", file=self.nursery.stdin, flush=True)
            self.running.setdefault(kind, []).append(int(self.nursery.stdout.readline()))

    def kill(self, kind: str) -> None:
        """End the oldest of a kind without a word, as a power cut would."""
        pid = self.running[kind].pop(0)
        os.kill(pid, signal.SIGKILL)  # fails if it had died by itself, which would be news
        self.killed[kind] = self.killed.get(kind, 0) + 1

    def tend(self) -> None:
        """Start again what has ended by itself, as the supervisor does."""
        for kind, pids in self.running.items():
            for pid in [pid for pid in pids if not psutil.pid_exists(pid)]:
                pids.remove(pid)
                self.gave_up.append(kind)
                self.start(kind)

    def said(self) -> str:
        """Return what the parts have written."""
        return "\n".join(f"--- {log.stem}\n{log.read_text()}" for log in sorted(self.folder.glob("*.log")))


@contextmanager
def some_parts(folder: Path, lease: float = LEASE, **settings: str) -> Iterator[Parts]:
    """A nursery with these settings; whatever it started is gone at the end."""
    environment = {
        **os.environ,
        **settings,
        "PYTHONPATH": str(ROOT / "tests"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "C_FORCE_ROOT": "1",
    }
    with subprocess.Popen(
        [sys.executable, str(_NURSERY), str(folder), str(lease)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment,
    ) as nursery:  # fmt: skip
        assert nursery.stdout
        assert nursery.stdout.readline() == "ready\n"
        parts = Parts(folder, nursery)
        try:
            yield parts
        finally:
            for pid in [pid for pids in parts.running.values() for pid in pids]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            nursery.kill()
