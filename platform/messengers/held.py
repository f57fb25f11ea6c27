"""What the transaction at hand holds locked: asked for again it is the same object, without a query.

`inbox` opens it around what it handles together; `conversations` and `identities` put rows in and find them again.
Nobody else can change such a row meanwhile, and whoever changes it in this transaction does so through that object.
"""

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction


class _Held(threading.local):
    rows: dict[Hashable, Any] | None = None
    facts: dict[Hashable, Any]
    gathered: dict[Callable[[list[Any]], None], list[Any]]


_held = _Held()


@contextmanager
def rows() -> Iterator[None]:
    """Hold on to locked rows until the block ends. Open it inside the transaction."""
    _held.rows, _held.facts, _held.gathered = {}, {}, {}
    try:
        yield
        for tell, things in _held.gathered.items():
            tell(things)
    finally:
        _held.rows = None


def get(key: Hashable) -> Any:
    """Return the row that is held under a key; None when it is not held."""
    return _held.rows.get(key) if _held.rows is not None else None


def put(key: Hashable, row: Any) -> None:
    """Hold a locked row, if rows are held at all here."""
    if _held.rows is not None:
        _held.rows[key] = row


def note(key: Hashable, fact: Any) -> None:
    """Note what was found out for the whole block, where rows are held."""
    if _held.rows is not None:
        _held.facts[key] = fact


def fact(key: Hashable) -> Any:
    """Return what was noted, and forget it; None when nothing was."""
    return _held.facts.pop(key, None) if _held.rows is not None else None


@contextmanager
def savepoint() -> Iterator[None]:
    """Open a savepoint. If it is rolled back, the objects that are held know more than the rows, so they are let go."""
    try:
        with transaction.atomic():
            yield
    except BaseException:
        if _held.rows is not None:
            _held.rows.clear()
        raise


def gather(thing: Any, tell: Callable[[list[Any]], None]) -> None:
    """Have `tell` called once with all things gathered for it: at the end of the block, or at once outside of one."""
    if _held.rows is None:
        tell([thing])
    else:
        _held.gathered.setdefault(tell, []).append(thing)
