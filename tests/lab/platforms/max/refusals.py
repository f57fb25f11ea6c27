"""What MAX refuses, in its own words: a status, a code, a message."""

from typing import Any


class RefusalError(Exception):
    """A call is refused."""

    def __init__(self, status: int, code: str, message: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(message or code)
        self.status, self.code, self.message = status, code, message or code
        self.headers = headers or {}

    @property
    def told(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"code": self.code, "message": self.message}


def bad(message: str) -> RefusalError:
    """Refuse what cannot be meant."""
    return RefusalError(400, "proto.payload", message)


def not_found(what: str = "chat") -> RefusalError:
    """Refuse what is about nothing that there is."""
    return RefusalError(404, f"{what}.not.found", f"{what.capitalize()} not found")


def no_token() -> RefusalError:
    """Refuse a stranger."""
    return RefusalError(401, "verify.token", "Invalid access_token")


def suspended() -> RefusalError:
    """Refuse to write to somebody who has stopped the bot."""
    return RefusalError(403, "chat.denied", "error.dialog.suspended")


def not_ready() -> RefusalError:
    """Refuse a file that is still looked through."""
    return RefusalError(400, "attachment.not.ready", "Key: errors.process.attachment.file.not.processed")


def too_many(seconds: float = 0) -> RefusalError:
    """Refuse one call too many."""
    headers = {"Retry-After": str(max(1, round(seconds)))} if seconds else None
    return RefusalError(429, "too.many.requests", "Too many requests", headers)
