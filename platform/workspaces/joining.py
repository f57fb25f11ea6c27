"""What a browser remembers of an invitation while its holder signs up or logs in: that he has pressed "accept"."""

from django.http import HttpRequest

_HASH, AT = "joining", "joining_at"


def remember(request: HttpRequest, token_hash: str, address: str) -> None:
    """Note that the holder wants to join, and the invitation's own address."""
    request.session[_HASH], request.session[AT] = token_hash, address


def joining(request: HttpRequest) -> str | None:
    """Return the hash of the invitation's token, if somebody is on the way with one."""
    return request.session.get(_HASH)


def following(request: HttpRequest) -> str:
    """Return the address of that invitation."""
    return str(request.session.get(AT, ""))


def forget(request: HttpRequest) -> None:
    """Forget it: the person has joined, or cannot."""
    request.session.pop(_HASH, None)
    request.session.pop(AT, None)
