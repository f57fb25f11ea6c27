"""Runs the benches that `--only` names, on a PostgreSQL that keeps what it was told, and tells what came out.

A bench is a function `bench_<name>`. One that fails takes no other with it; a slow figure is no failure.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench import table
from config.environment import ROOT
from config.local_servers import LocalPostgres

RESULTS = ROOT / "build" / "bench.json"


# Lines that another bench measures along with its own.
ALONG = {
    "mailing_speed_at_1000000": "mailing_memory_growth",
    "reply_p95_ms_under_fast_mailing": "reply_p95_ms_under_mailing",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--only", default="", help="names of the benches to run, with commas between them")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = {ALONG.get(name.strip(), name.strip()) for name in config.getoption("only").split(",") if name.strip()}
    known = {_name(item) for item in items}
    if unknown := wanted - known:
        raise pytest.UsageError(
            f"No bench is called {', '.join(sorted(unknown))}. There are: {', '.join(sorted(known))}"
        )
    if wanted:
        config.hook.pytest_deselected(items=[item for item in items if _name(item) not in wanted])
        items[:] = [item for item in items if _name(item) in wanted]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    broken = [
        report.nodeid.split("::bench_")[-1]
        for kind in ("failed", "error")
        for report in terminalreporter.getreports(kind)
    ]
    rows = [
        (name, table.figure(line.ours), table.figure(line.other), table.figure(line.ratio), line.unit, "  " + line.note)
        for name, line in table.MEASURED.items()
    ]
    rows += [(name, "failed", "", "", "", "") for name in dict.fromkeys(broken)]
    if not table.MEASURED and not broken:
        return
    table.show("What it costs", ("", "ours", "other", "ratio", "unit", ""), rows)
    RESULTS.parent.mkdir(exist_ok=True)
    figures = {
        name: {"ours": line.ours, "other": line.other, "ratio": line.ratio, "unit": line.unit, "note": line.note}
        for name, line in table.MEASURED.items()
    }
    before = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}  # what was not run now stays
    RESULTS.write_text(json.dumps(before | figures, indent=1) + "\n")
    print(f"\n     Written to {RESULTS.relative_to(ROOT)}\n")


@pytest.fixture(scope="session")
def local_postgres() -> Iterator[LocalPostgres]:
    """A PostgreSQL as `make run` has it: what is committed is on the disk, and autovacuum cleans up behind us."""
    postgres = LocalPostgres(Path(os.environ["KASKAD_VAR"]))
    postgres.start()
    yield postgres
    postgres.stop()


def _name(item: pytest.Item) -> str:
    return item.name.removeprefix("bench_").partition("[")[0]
