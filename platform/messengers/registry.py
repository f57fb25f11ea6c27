"""The messengers that Kaskad speaks: every adapter in the folder `adapters`, and the only module that imports them."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from messengers import adapters
from messengers.adapter import Messenger


class UnknownMessengerError(LookupError):
    """A channel's kind has no adapter."""


@cache
def _registered() -> dict[str, Messenger]:
    found: dict[str, Messenger] = {}
    for module in iter_modules(adapters.__path__, f"{adapters.__name__}."):
        for thing in vars(import_module(module.name)).values():
            if isinstance(thing, type) and issubclass(thing, Messenger) and thing.__module__ == module.name:
                found[thing.kind] = thing()
    return found


def register(adapter: Messenger) -> None:
    """Add a messenger that lies outside the folder."""
    _registered()[adapter.kind] = adapter


def messenger(kind: str) -> Messenger:
    """Return the adapter of a channel's kind, or raise UnknownMessengerError."""
    try:
        return _registered()[kind]
    except KeyError:
        raise UnknownMessengerError(kind) from None


def is_known(kind: str) -> bool:
    """Say whether a channel's kind has an adapter here."""
    return kind in _registered()


def all_messengers() -> list[Messenger]:
    """Return every adapter, in the order of their names."""
    return sorted(_registered().values(), key=lambda adapter: adapter.name)
