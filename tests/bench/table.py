"""Prints what was measured as a table. Nothing in it is asserted: a slow machine is no fault."""

from collections.abc import Sequence


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    print(f"\n\n{title}\n")
    for name, *figures in cells:
        print("  ", name.ljust(widths[0]), *map(str.rjust, figures, widths[1:]), sep="  ")
