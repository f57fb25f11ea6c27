"""On which sites a chat may stand: addresses as people type them, and the question whether a page is among them.

Called by the channel's form and by the site chat's door.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_DEFAULT_PORTS = {"https": 443, "http": 80}


class OriginError(ValueError):
    """What was typed is not a site's address. `code` says why."""

    def __init__(self, code: str) -> None:
        """Keep the reason."""
        super().__init__(code)
        self.code = code


def normalise_origin(text: str) -> str:
    """Return what a browser sends as Origin from this site, or raise OriginError. `*.` stands for all subdomains."""
    typed = text.strip().lower()
    try:
        parts = urlsplit(typed if "://" in typed else f"https://{typed}")
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise OriginError("invalid") from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise OriginError("scheme")
    if parts.username is not None:
        raise OriginError("invalid")
    host = _host(host)
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != _DEFAULT_PORTS[parts.scheme] else "")


def is_allowed(origin: str, listed: Iterable[str]) -> bool:
    """Say whether a page of this origin may show the chat."""
    return any(_matches(origin, entry) for entry in listed)


def is_site(origin: str) -> bool:
    """Say whether an Origin names one site. A made-up one may hold “*.”, and `null` is any page in a sandbox."""
    try:
        return "*" not in origin and normalise_origin(origin) == origin
    except OriginError:
        return False


def _host(typed: str) -> str:
    wildcard = typed.startswith("*.")
    name = typed.removeprefix("*.").rstrip(".")
    try:
        # Browsers send names with letters of other alphabets in this form.
        name = name.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise OriginError("invalid") from error
    labels = name.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise OriginError("invalid")
    if wildcard and len(labels) < 2:
        raise OriginError("too_wide")
    if len(labels) == 1 and name != "localhost":
        raise OriginError("incomplete")
    return f"*.{name}" if wildcard else name


def _matches(origin: str, entry: str) -> bool:
    if "://*." not in entry:
        return origin == entry
    scheme, _, suffix = entry.partition("://*")
    if not origin.startswith(f"{scheme}://"):
        return False
    host = origin.removeprefix(f"{scheme}://")
    return host.endswith(suffix) and bool(re.fullmatch(r"[a-z0-9.-]+", host.removesuffix(suffix)))
