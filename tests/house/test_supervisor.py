"""The supervisor: what dies comes back, what ends is ended, nothing is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from config.environment import ROOT
from config.supervisor import Part, Supervisor

LASTING = "import time; print('here', flush=True); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + LASTING
WITH_CHILD = (
    "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);" + LASTING
)


def until(condition: Callable[[], object], patience: float = 10) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(lambda part, line: said.append(f"{part}: {line}"), tmp_path / "processes", tmp_path)
    yield supervisor
    supervisor.stop()


def part(name: str, program: str) -> Part:
    return Part(name, (sys.executable, "-c", program), os.environ)


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_what_parts_say_is_relayed_under_their_name(supervisor: Supervisor, said: list[str]) -> None:
    supervisor.start(part("web", LASTING))
    until(lambda: "web: here" in said)


def test_a_dead_part_comes_back_and_it_is_said(supervisor: Supervisor, said: list[str]) -> None:
    supervisor.start(part("worker", LASTING))
    first = supervisor.pids()["worker"]
    os.kill(first, signal.SIGKILL)

    def came_back() -> bool:
        supervisor.tend()
        return supervisor.pids()["worker"] != first

    until(came_back)
    assert "worker: ended (killed by SIGKILL); starts again in 0.5 s" in said
    until(lambda: alive(supervisor.pids()["worker"]))


def test_one_that_keeps_dying_is_given_longer_and_longer_pauses(supervisor: Supervisor, said: list[str]) -> None:
    supervisor.start(part("beat", "raise SystemExit(3)"))

    def died_twice() -> bool:
        supervisor.tend()
        return "beat: ended (code 3); starts again in 1 s" in said

    until(died_twice)
    assert said.index("beat: ended (code 3); starts again in 0.5 s") < said.index(
        "beat: ended (code 3); starts again in 1 s"
    )


def test_stopping_leaves_nothing_not_even_grandchildren_or_the_stubborn(
    supervisor: Supervisor, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.supervisor._GRACE", 0.5)
    supervisor.start(part("web", WITH_CHILD))
    supervisor.start(part("sender", STUBBORN))
    until(lambda: {"web: here", "sender: here"} <= set(said))
    family = [
        pid
        for parent in supervisor.pids().values()
        for pid in (parent, *(child.pid for child in psutil.Process(parent).children(recursive=True)))
    ]
    assert len(family) == 3
    supervisor.stop()
    until(lambda: not any(alive(pid) for pid in family))


def test_the_start_after_a_crash_ends_what_the_crash_left(supervisor: Supervisor, tmp_path: Path) -> None:
    orphan = subprocess.Popen([sys.executable, "-c", LASTING])
    record = tmp_path / "processes"
    record.write_text(f"[[{orphan.pid}, {psutil.Process(orphan.pid).create_time()}], [{os.getpid()}, 1.0]]")
    supervisor.end_leftovers()
    assert not alive(orphan.pid)  # and we, whose number is remembered with another birthday, live on
    assert not record.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_parts_go_with_a_killed_supervisor(tmp_path: Path) -> None:
    program = f"""
import sys, time
from pathlib import Path
from config.supervisor import Part, Supervisor
import os
supervisor = Supervisor(lambda part, line: None, Path({str(tmp_path / "processes")!r}), Path({str(tmp_path)!r}))
supervisor.start(Part("web", (sys.executable, "-c", {LASTING!r}), os.environ))
print(supervisor.pids()["web"], flush=True)
time.sleep(60)
"""
    supervisor = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert supervisor.stdout is not None
    pid = int(supervisor.stdout.readline())
    assert alive(pid)
    supervisor.kill()
    supervisor.wait()
    until(lambda: not alive(pid))
