"""Hints that leave once a transaction is committed: what they tell is found without them, too."""

from collections.abc import Callable
from typing import ParamSpec

from django.db import transaction

_P = ParamSpec("_P")


def after_commit(step: Callable[_P, object], *args: _P.args, **kwargs: _P.kwargs) -> None:
    """Call a step after the commit. Whatever it raises is logged: what was committed is not undone by it."""

    # A function, not a partial: Django asks the one that failed for its name.
    def call() -> None:
        step(*args, **kwargs)

    transaction.on_commit(call, robust=True)
