"""Runs the parts of a Kaskad as processes: relays what they say, restarts what dies, leaves nothing behind.

Called by `config.house`.
"""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from config.local_servers import die_with_parent

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0  # seconds before a restart
_GOOD_LIFE = 60.0  # seconds after which a death no longer counts as one of a series
_GRACE = 12.0  # seconds to finish what is in hand


@dataclass(frozen=True, slots=True)
class Part:
    """One process: what it is called in the output, and how it is started."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]


@dataclass(slots=True)
class _Running:
    part: Part
    process: "subprocess.Popen[str]"
    started: float = field(default_factory=time.monotonic)
    pause: float = _FIRST_PAUSE
    restart_at: float | None = None


class Supervisor:
    """Keeps parts running until `stop`. Not for several threads: on Linux a child dies with the thread that made it."""

    def __init__(self, say: Callable[[str, str], None], record: Path, folder: Path) -> None:
        """`say(part, line)` gets each line of output; `record` remembers the processes for the start after a crash."""
        self._say = say
        self._record = record
        self._folder = folder
        self._running: list[_Running] = []

    def end_leftovers(self) -> None:
        """End the processes of a start that was killed before it could stop them."""
        try:
            known = json.loads(self._record.read_text())
        except (OSError, ValueError):
            return
        left = []
        for pid, created in known:
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                if abs(process.create_time() - created) < 1:  # else the number is another program's now
                    left.append(process)
        for process in left:
            process.terminate()
        for process in psutil.wait_procs(left, timeout=5)[1]:
            process.kill()
        self._record.unlink(missing_ok=True)

    def start(self, part: Part) -> None:
        """Start a part and keep it running."""
        self._running.append(_Running(part, self._launch(part)))
        self._write_record()

    def tend(self) -> None:
        """Restart what has died, each time after a longer pause. Call it a few times a second."""
        now = time.monotonic()
        for one in self._running:
            if one.restart_at is None:
                if one.process.poll() is None:
                    continue
                if now - one.started > _GOOD_LIFE:
                    one.pause = _FIRST_PAUSE
                self._say(one.part.name, f"ended ({_how(one.process.returncode)}); starts again in {one.pause:g} s")
                one.restart_at = now + one.pause
                one.pause = min(one.pause * 2, _LONGEST_PAUSE)
            elif now >= one.restart_at:
                one.process, one.started, one.restart_at = self._launch(one.part), now, None
                self._write_record()

    def pids(self) -> dict[str, int]:
        """Return the process number of each part."""
        return {one.part.name: one.process.pid for one in self._running}

    def stop(self) -> None:
        """Ask all parts to finish; after a while, make them."""
        for one in self._running:
            _signal_group(one.process, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE
        for one in self._running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                one.process.wait(max(0.1, deadline - time.monotonic()))
            _signal_group(one.process, signal.SIGKILL)
            one.process.wait()
        self._running.clear()
        self._record.unlink(missing_ok=True)

    def _launch(self, part: Part) -> "subprocess.Popen[str]":
        process = subprocess.Popen(  # noqa: S603
            part.command, cwd=self._folder, env=dict(part.environment), text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            # Ctrl-C in the terminal reaches only us; we tell the parts.
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509
        )  # fmt: skip
        threading.Thread(target=self._relay, args=(part.name, process), daemon=True).start()
        return process

    def _relay(self, name: str, process: "subprocess.Popen[str]") -> None:
        if process.stdout is not None:
            for line in process.stdout:
                if line.strip():
                    self._say(name, line.rstrip())

    def _write_record(self) -> None:
        known = []
        for one in self._running:
            with contextlib.suppress(psutil.NoSuchProcess):
                known.append([one.process.pid, psutil.Process(one.process.pid).create_time()])
        self._record.write_text(json.dumps(known))


def _signal_group(process: "subprocess.Popen[str]", signal_number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal_number)


def _how(code: int) -> str:
    return f"code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
