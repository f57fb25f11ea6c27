"""`make run`: what a newcomer sees, and what he sees when something is in the way."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from config.environment import ROOT
from config.house import CannotStartError, choose_port, only_one
from config.install import make_keys


class Start:
    """One `manage.py up` in a folder of its own."""

    def __init__(self, var: Path, **settings: str) -> None:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        environment = {**inherited, "KASKAD_ENV_FILE": os.devnull, "KASKAD_VAR": str(var), **settings}
        self.output = var.parent / "output"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"], cwd=ROOT, env=environment, stdout=output, stderr=output
            )

    def said(self) -> str:
        return self.output.read_text()

    def until_ready(self) -> str:
        """Return the address that it prints."""
        until(lambda: "Kaskad is ready." in self.said() or self.process.poll() is not None, 150, self.said)
        found = re.search(r"Address +(http\S+)", self.said())
        assert found, self.said()
        return found[1]

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


def until(condition: Callable[[], object], patience: float, said: Callable[[], str]) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, said()
        time.sleep(0.05)


def gone(processes: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    var = tmp_path / "var"
    monkeypatch.setattr("config.install.VAR", var)
    make_keys()
    yield var
    outside = (var / "postgres").resolve()  # root's PostgreSQL cannot live in a folder that is closed to others
    for process in psutil.process_iter():
        try:
            if process.environ().get("KASKAD_VAR") == str(var):
                process.kill()
        except psutil.Error:
            continue
    shutil.rmtree(outside, ignore_errors=True)


@pytest.mark.browser
@pytest.mark.timeout(400)
def test_a_killed_kaskad_starts_again_with_its_data_and_a_stopped_one_leaves_nothing(var: Path) -> None:
    ports = {"KASKAD_PORT": str(free_port()), "KASKAD_DEMO_PORT": str(free_port()), "KASKAD_LAB_PORT": str(free_port())}
    first = Start(var, **ports)
    first.until_ready()
    login = re.search(r"password +(\S+)", first.said())
    assert login, "the demo's login is printed"
    family = first.family()
    first.process.kill()  # as if the machine had lost its power: nobody could tidy up
    until(lambda: gone(family), 30, first.said)

    second = Start(var, **ports)
    address = second.until_ready()
    assert login[1] in second.said(), "the demo is there still"
    assert "filling the demo" not in second.said()
    with urllib.request.urlopen(f"{address}/accounts/login/", timeout=20) as page:
        assert page.status == 200
    with urllib.request.urlopen(f"http://127.0.0.1:{ports['KASKAD_DEMO_PORT']}/", timeout=20) as shop:
        assert f'src="{address}/chat.js"' in shop.read().decode()

    family = second.family()
    assert {"uvicorn", "celery", "valkey-server", "postgres"} <= {
        name
        for one in family
        for name in ("uvicorn", "celery", "valkey-server", "postgres")
        if name in " ".join(one.cmdline())
    }
    second.process.send_signal(signal.SIGTERM)
    assert second.process.wait(60) == 0, second.said()
    assert gone(family)


def test_a_busy_port_that_somebody_insists_on_is_named_with_its_setting(var: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        start = Start(var, KASKAD_PORT=str(port))
        assert start.process.wait(60) == 1
    assert f"Port {port} is busy" in start.said()
    assert "KASKAD_PORT=…" in start.said()
    assert "Traceback" not in start.said()


def test_a_busy_port_that_nobody_insists_on_is_passed_over() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        busy = other.getsockname()[1]
        assert busy < choose_port("127.0.0.1", busy, setting="KASKAD_PORT", chosen_by_user=False) < busy + 20


def test_a_host_that_is_not_this_machine_s_is_named() -> None:
    with pytest.raises(CannotStartError, match=r"may not listen on 192\.0\.2\.1:8000 .*KASKAD_PORT"):
        choose_port("192.0.2.1", 8000, setting="KASKAD_PORT", chosen_by_user=False)


def test_a_second_kaskad_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    program = "from config.house import only_one; import sys, pathlib\nwith only_one(pathlib.Path(sys.argv[1])): pass"
    with only_one(tmp_path):
        refused = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False
        )
    assert f"(process {os.getpid()})" in refused.stderr
    allowed = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert allowed.returncode == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
