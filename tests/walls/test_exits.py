"""The ways past the walls, and who takes them: a list that may only shrink.

A new use is a decision: argue for it, and add its line to `exits.txt`. One that has gone takes its line along.
"""

import re
from collections import Counter
from pathlib import Path

from django.conf import settings

ROOT = settings.ROOT
LIST = Path(__file__).with_name("exits.txt")

# The name of an exit, and how its use reads in the source.
EXITS = {
    "asks across workspaces": r"\bids_across_workspaces\(",
    "raw SQL": r"\.cursor\(\)|RawSQL\(|\.raw\(|\.extra\(",
    "another connection": r"\.using\(|\busing=\"|\bconnections\[",
    "another manager": r"\._base_manager\b|\._default_manager\b|\bmodels\.Manager\(|\bQuerySet\(",
    "past the scope": r"\bkaskad\.workspace\b|\b_raw_delete\(|\bcontextvars\b|\b_current\b",
}


def uses() -> Counter[str]:
    """Count every use in our own sources, migrations left out: those run as the owner."""
    found: Counter[str] = Counter()
    for app in settings.LOCAL_APPS:
        for folder in (ROOT / app, ROOT / "platform" / app):
            for path in folder.rglob("*.py"):
                if "migrations" not in path.parts:
                    text = path.read_text()
                    for name, pattern in EXITS.items():
                        for _ in re.finditer(pattern, text):
                            found[f"{path.relative_to(ROOT)}: {name}"] += 1
    return found


def listed() -> Counter[str]:
    lines = (line.split(" x ", 1) for line in LIST.read_text().splitlines() if line)
    return Counter({name: int(count) for count, name in lines})


def test_no_new_way_past_the_walls() -> None:
    assert uses() - listed() == Counter(), "A new way past the walls. Is there no other?"


def test_a_way_that_is_closed_stays_closed() -> None:
    assert listed() - uses() == Counter(), "Fewer ways than listed: shorten the list."


def test_the_search_finds_what_it_looks_for() -> None:
    assert uses()["platform/workspaces/scope.py: past the scope"] > 0
    assert uses()["platform/workspaces/crossings.py: raw SQL"] == 1
