"""What comes back to us in presses and echoes: which of our messages, which of its buttons."""

START = "GET_STARTED"  # what the button brings with which a talk begins
_OURS = "kaskad:"


def payload(message_id: int, button_id: str) -> str:
    """Return what a press of this button brings."""
    return f"{message_id}:{button_id}"


def button(told: str) -> tuple[int | None, str]:
    """Return the message and the button that a press brings; of somebody else's button all that it says."""
    ours, _, button_id = told.partition(":")
    if ours.isascii() and ours.isdecimal() and len(ours) <= 18 and button_id:
        return int(ours), button_id
    return None, told


def metadata(message_id: int) -> str:
    """Return what a message's echo brings."""
    return f"{_OURS}{message_id}"


def is_ours(told: str) -> bool:
    """Say whether an echo is of a message that Kaskad sent."""
    return told.startswith(_OURS)
