"""Every address of the house and who may open it, read from the resolver: for the checks and the tests of the walls."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from workspaces.roles import Permission


@dataclass(frozen=True, slots=True)
class Address:
    """One page or endpoint. `access` is a Permission, "public", "signed_in", "staff", or nothing: not declared."""

    route: str
    name: str
    view: Callable[..., Any]
    access: Permission | str | None
    parameters: tuple[str, ...]

    @property
    def is_in_workspace(self) -> bool:
        """Say whether the address names a workspace."""
        return "workspace_slug" in self.parameters

    def __str__(self) -> str:
        return self.name or self.route


def addresses(urlconf: str | None = None) -> Iterator[Address]:
    """Yield every address that the resolver knows."""
    return _walk(get_resolver(urlconf).url_patterns, "", "", ())


def socket_routes() -> Iterator[tuple[str, type[Any]]]:
    """Yield every WebSocket's route and consumer."""
    for pattern in import_module(settings.ROOT_URLCONF).websocket_urlpatterns:
        yield str(pattern.pattern), pattern.callback.consumer_class


def _walk(
    patterns: Iterable[URLPattern | URLResolver], route: str, namespace: str, parameters: tuple[str, ...]
) -> Iterator[Address]:
    for pattern in patterns:
        here = route + str(pattern.pattern).removeprefix("^" if route else "")
        held = parameters + tuple(pattern.pattern.converters or pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, here, inner, held)
        else:
            name = f"{namespace}{pattern.name}" if pattern.name else ""
            access = getattr(pattern.callback, "access", None) or settings.PAGES_OF_LIBRARIES.get(name)
            yield Address(here, name, pattern.callback, access, held)
