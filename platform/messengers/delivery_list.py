"""Messages of the page of deliveries as it shows them: what was said, to whom, and what became of it in words."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messengers import markup
from messengers.models import Message
from messengers.statuses import Status

SHOWN = 160  # characters
# Kaskad's own codes; what a messenger says of itself is shown as it says it.
_REASONS = {
    "sender_died": gettext_lazy("The sending process died during the call."),
    "sender_stalled": gettext_lazy("The sending process stood still during the call."),
    "blocked": gettext_lazy("The person has blocked the channel."),
    "deactivated": gettext_lazy("The person's account is gone."),
    "never_started": gettext_lazy("The person has never started this bot."),
    "forbidden": gettext_lazy("The messenger does not let us write to this person."),
    "kicked": gettext_lazy("The bot was thrown out of the chat."),
    "file_too_large": gettext_lazy("The file is too large for the messenger."),
    "bad_template": gettext_lazy("A gap in the text could not be filled for this person."),
    "template_pending": gettext_lazy("The messenger has not approved this template yet."),
    "template_rejected": gettext_lazy("The messenger has not approved this template, or has it no more."),
    "no_such_template": gettext_lazy("The messenger has not approved this template, or has it no more."),
    "template_paused": gettext_lazy("The messenger has paused this template: people complained."),
    "template_disabled": gettext_lazy("The messenger has disabled this template."),
    "template_gaps": gettext_lazy("The template has other gaps by now: fill it anew."),
    "template_against_rules": gettext_lazy("Something in the template is against the messenger's rules."),
    "template_too_long": gettext_lazy("What fills the template makes it too long."),
    "window_closed": gettext_lazy("Too much time had passed since the person's last message."),
    "unreadable_content": gettext_lazy("The message cannot be read by this version of Kaskad."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the list."""

    message: Message
    text: str
    reason: object


def lines(messages: Iterable[Message]) -> list[Line]:
    """Return the lines of the list."""
    return [Line(message, _text(message), _reason(message)) for message in messages]


def _text(message: Message) -> str:
    said = message.words
    text = str(said.get("text", ""))
    plain = markup.plain(text) if said.get("markup", True) else text
    return plain[:SHOWN] or _("a file")


def _reason(message: Message) -> object:
    code = message.reason
    if message.status == Status.UNCERTAIN and code not in _REASONS:
        return _("The connection broke during the call.")
    if code.startswith("file_missing"):
        return _("A file of the message is not there any more.")
    if code.startswith("status_"):
        return _("The messenger had an error of its own, again and again.")
    return _REASONS.get(code, code)
