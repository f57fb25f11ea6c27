"""How each messenger is connected and set up, in a marketer's words: one module for each, named after its kind."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from messengers.wizards.wizard import Wizard


@cache
def _all() -> dict[str, Wizard]:
    found: dict[str, Wizard] = {}
    for module in iter_modules(__path__, f"{__name__}."):
        for thing in vars(import_module(module.name)).values():
            if isinstance(thing, type) and issubclass(thing, Wizard) and "kind" in vars(thing):
                found[thing.kind] = thing()
    return found


def wizard_of(kind: str) -> Wizard | None:
    """Return the wizard of a messenger; None where it has none."""
    return _all().get(kind)


def all_wizards() -> list[Wizard]:
    """Return every wizard, in the order of the gallery."""
    return sorted(_all().values(), key=lambda one: (one.place, one.kind))
