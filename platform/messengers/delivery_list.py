"""Messages of the page of deliveries as it shows them: what was said, to whom, and what became of it in words."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from messengers import markup
from messengers.message_words import why
from messengers.models import Message
from messengers.statuses import Status

SHOWN = 160  # characters


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the list."""

    message: Message
    text: str
    reason: str


def lines(messages: Iterable[Message]) -> list[Line]:
    """Return the lines of the list."""
    return [Line(message, _text(message), _reason(message)) for message in messages]


def _text(message: Message) -> str:
    said = message.words
    text = str(said.get("text", ""))
    plain = markup.plain(text) if said.get("markup", True) else text
    return plain[:SHOWN] or _("a file")


def _reason(message: Message) -> str:
    words = why(message.reason)
    if message.status == Status.UNCERTAIN and words == message.reason:
        return _("The connection broke during the call.")
    return words
