"""Reason codes of channels in words: why keys are refused, why a channel is broken, what is wrong with its webhook."""

from django.utils.translation import gettext_lazy as _

# What Kaskad and its adapters find; what a messenger says of itself is shown as it says it.
_REASONS = {
    "account_taken": _("This account is connected already. An account can be connected once in an installation."),
    "another_account": _("This is the token of another bot. Connect that one as a channel of its own."),
    "another_poller": _("Another program fetches this bot's messages. Stop it there, or make a new token."),
    "file_gone": _("The messenger does not have this file any more."),
    "hook_refused": _("Telegram does not accept the address of this installation. Let Kaskad fetch the messages."),
    "hook_set": _("Another program has set a webhook for this bot, so its messages cannot be fetched."),
    "malformed_token": _("This is not a token. A token is a number, a colon, and about 35 letters and digits."),
    "no_answer": _("Telegram does not answer. Nothing has changed: try again in a minute."),
    "secrets_unreadable": _("Its keys cannot be read with this installation's encryption key. Connect it anew."),
    "token_revoked": _("The token does not work any more. Take a new one from @BotFather and put it in here."),
    "too_many_requests": _("Telegram was asked too often. Try again in a minute."),
    "unknown_messenger": _("This Kaskad does not know its messenger. Update Kaskad."),
    "wrong_token": _("Telegram does not know this token: a letter is missing, or it was revoked. Copy it once more."),
}


def reason(code: str) -> object:
    """Return a reason in the reader's language, or the messenger's own words."""
    return _REASONS.get(code, code)
