"""Prints what was measured as tables. Nothing in it is asserted: a slow machine is no fault.

Each bench records its lines here; the last table of a run and `build/bench.json` are made of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MEASURED: "dict[str, Line]" = {}


@dataclass(frozen=True, slots=True)
class Line:
    """What was measured of us and, where there is one, of an opponent in the same run."""

    ours: float
    other: float | None
    unit: str
    note: str

    @property
    def ratio(self) -> float | None:
        """Return how much of the other's figure ours is."""
        return self.ours / self.other if self.other else None


def record(name: str, *, ours: float, other: float | None = None, unit: str, note: str = "") -> None:
    """Keep a line for the table at the end. The note says what it should come to, or what the other is."""
    MEASURED[name] = Line(ours, other, unit, note)


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    print(f"\n\n{title}\n")
    for name, *figures in cells:
        print("  ", name.ljust(widths[0]), *map(str.rjust, figures, widths[1:]), sep="  ")


def figure(value: float | None) -> str:
    """Return a number in as many digits as mean something."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
