"""Reason codes of channels in words: why keys are refused, why a channel is broken, what is wrong with its webhook."""

from django.utils.translation import gettext_lazy as _

from messengers.wizards import wizard_of
from messengers.wizards.wizard import Words

# What Kaskad and several adapters find; a wizard has words of its own for its messenger, and what a messenger says of
# itself is shown as it says it.
_REASONS: dict[str, Words] = {
    "account_taken": _("This account is connected already. An account can be connected once in an installation."),
    "another_account": _("These are the keys of another account. Connect that one as a channel of its own."),
    "another_poller": _("Another program fetches this account's messages. Stop it there, or make new keys."),
    "file_gone": _("The messenger does not have this file any more."),
    "hook_refused": _("%(name)s could not reach the address of this installation. It must be public, and https."),
    "hook_set": _("Another program has set a webhook for this account, so its messages cannot be fetched."),
    "no_answer": _("%(name)s does not answer. Nothing has changed: try again in a minute."),
    "no_public_address": _(
        "%(name)s only delivers to a public https address, and this installation has none (KASKAD_BASE_URL)."
    ),
    "secrets_unreadable": _("Its keys cannot be read with this installation's encryption key. Connect it anew."),
    "token_revoked": _("The keys do not work any more. Put new ones in here."),
    "too_many_requests": _("%(name)s was asked too often. Try again in a minute."),
    "unknown_messenger": _("This Kaskad does not know its messenger. Update Kaskad."),
    "wrong_token": _("%(name)s does not know these keys: a letter is missing, or they were revoked."),
}


def reason(code: str, kind: str = "") -> object:
    """Return a reason in the reader's language, or the messenger's own words. `kind` is the channel's messenger."""
    wizard = wizard_of(kind) if kind else None
    if wizard is not None and code in wizard.reasons:
        return wizard.reasons[code]
    words = _REASONS.get(code)
    return str(words) % {"name": wizard.name if wizard else _("The messenger")} if words else code
