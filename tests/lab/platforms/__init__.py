"""The messengers that the lab plays, each in a package of its kind's name that exports its `Platform`."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol

from aiohttp import web

from lab.ground import Ground
from lab.people import Person


class Phone(Protocol):
    """A person's side of one chat. What he can do there is named by `phone_pages`."""

    bot: Any
    person: Person

    @property
    def url(self) -> str: ...

    def writes(self, text: str) -> Any: ...

    def texts(self) -> list[str]: ...

    def screen(self) -> dict[str, Any]: ...


class Bot(Protocol):
    """An account of a messenger: a bot, a community, a page, a number, a mailbox."""

    name: str

    @property
    def key(self) -> str: ...

    def credentials(self) -> dict[str, str]: ...

    def shown(self) -> dict[str, Any]: ...

    def phone(self, person: Person) -> Phone: ...

    def revoke(self) -> Any: ...


class Platform(Protocol):
    """A messenger with all its accounts."""

    name: str
    bots: dict[Any, Any]

    def new_bot(self, name: str, **more: Any) -> Any: ...

    def bot(self, key: str) -> Any: ...

    def routes(self) -> list[web.RouteDef]: ...

    def kept(self) -> dict[str, Any]: ...

    def restore(self, kept: dict[str, Any]) -> None: ...

    def begin(self) -> None: ...


def all_platforms(ground: Ground) -> dict[str, Any]:
    """Make one of each, by its name."""
    made = {}
    for module in iter_modules(__path__, f"{__name__}."):
        platform = getattr(import_module(module.name), "Platform", None)
        if platform is not None:
            one = platform(ground)
            made[one.name] = one
    return made
