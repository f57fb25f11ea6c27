"""What VK refuses, by its numbers and words. The answer's HTTP status stays 200."""

from typing import Any


class RefusalError(Exception):
    """A call is not done."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words

    def told(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return it as VK tells it; the token is never shown."""
        asked = [{"key": name, "value": value} for name, value in given.items() if name != "access_token"]
        return {"error": {"error_code": self.code, "error_msg": self.words, "request_params": asked}}


def invalid(what: str) -> RefusalError:
    """Return the refusal of a parameter."""
    return RefusalError(100, f"One of the parameters specified was missing or invalid: {what}")


def no_method() -> RefusalError:
    """Return the refusal of a method that VK, or this lab, does not know."""
    return RefusalError(3, "Unknown method passed")


def too_many() -> RefusalError:
    """Return the refusal of a call that came too soon."""
    return RefusalError(6, "Too many requests per second")


NO_TOKEN = (5, "User authorization failed: no access_token passed.")
WRONG_TOKEN = (5, "User authorization failed: invalid access_token (4).")
NO_RIGHT = (15, "Access denied: no access to call this method")
FLOOD = (9, "Flood control: too much messages sent to user")
NOT_ALLOWED = (901, "Can't send messages for users without permission")
DELETED = (18, "User was deleted or banned")
NO_BOTS = (912, "This is a chat bot feature, change this status in settings")
BAD_KEYBOARD = (911, "Keyboard format is invalid")
TOO_LONG = (914, "Message is too long")
TOO_OLD_TO_EDIT = (909, "Can't edit this message, because it's too old")
TOO_OLD_TO_DELETE = (924, "Can't delete this message for everybody")
NO_CODE = (12, "Unable to compile code")
TOO_MUCH_CODE = (13, "Runtime error occurred during code invocation: Too many api calls")
TOO_MANY_SERVERS = (2000, "Servers number limit is reached")
NOT_FOUND = (104, "Not found")
