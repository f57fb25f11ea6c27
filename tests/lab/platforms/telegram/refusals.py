"""The answers with which Telegram refuses a call, in its own words."""

from math import ceil
from typing import Any


class RefusalError(Exception):
    """A call is refused with this code and description."""

    def __init__(self, code: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters

    def told(self) -> dict[str, Any]:
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(why: str) -> RefusalError:
    """The call itself is wrong."""
    return RefusalError(400, f"Bad Request: {why}")


def forbidden(why: str) -> RefusalError:
    """The bot may not."""
    return RefusalError(403, f"Forbidden: {why}")


def conflict(why: str) -> RefusalError:
    """Somebody else receives the bot's updates."""
    return RefusalError(409, f"Conflict: {why}")


def too_many(seconds: float) -> RefusalError:
    """Too fast."""
    wait = max(1, ceil(seconds))
    return RefusalError(429, f"Too Many Requests: retry after {wait}", {"retry_after": wait})


UNAUTHORIZED = (401, "Unauthorized")
NOT_FOUND = (404, "Not Found")
NO_SUCH_METHOD = (404, "Not Found: method not found")
TOO_LARGE = (413, "Request Entity Too Large")
