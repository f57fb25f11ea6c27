"""Connecting a bot of Viber."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from messengers.wizards.wizard import KeysForm, SettingsForm, Step, Wizard

_TOKEN = re.compile(r"\b[0-9A-Za-z]{8,40}(?:-[0-9A-Za-z]{8,40}){2}\b")
_NO_TOKEN = _("This is not a token of Viber. It is three groups of letters and digits with hyphens between them.")


class ViberKeys(KeysForm):
    """A token, perhaps with other words around it."""

    SECRETS: ClassVar = ("token",)

    token = forms.CharField(label=_("Token"), max_length=4000, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def clean_token(self) -> str:
        """Return the token alone."""
        found = _TOKEN.search(self.cleaned_data["token"])
        if found is None:
            raise forms.ValidationError(str(_NO_TOKEN))
        return found.group()


class ViberSettings(SettingsForm):
    """How the bot is called, and what it says first."""

    sender_name = forms.CharField(
        label=_("Name above messages"), max_length=28, required=False, help_text=_("Empty: the bot's own name.")
    )
    welcome = forms.CharField(
        label=_("Welcome"),
        max_length=7000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "It is said to people who open the chat. Viber lets nothing more be said until they write or press."
        ),
    )
    welcome_button = forms.CharField(
        label=_("Button under the welcome"),
        max_length=80,
        required=False,
        help_text=_("Whoever presses it subscribes, and the scenario of the link by which he came begins."),
    )
    broadcasts = forms.BooleanField(
        label=_("Viber has allowed broadcasts for this bot"),
        required=False,
        help_text=_(
            "A mailing then leaves to 300 people at a time. Ask Viber's support or your partner whether it has."
        ),
    )


class ViberWizard(Wizard):
    """A bot and its token."""

    kind = "viber"
    name = "Viber"
    place = 40
    title = _("Connect a Viber bot")
    what = _("A bot: you need its token from Viber's admin panel.")
    first_heading = _("1. Make a bot, or take one that you have")
    steps = (
        Step(
            _("Open {link} and sign in with your phone number."),
            (_("Viber's admin panel"), "https://partners.viber.com"),
        ),
        Step(_("New bots are made on commercial terms: Viber or one of its partners opens one for a monthly fee.")),
        Step(_("Open the bot's page there and copy its token.")),
    )
    keys_heading = _("2. Paste its token")
    keys_help = _("The token is the key to the bot: Kaskad keeps it encrypted and never shows it again.")
    check_words = _("Check the token")
    renew_heading = _("Token")
    renew_help = _("If Viber gave the bot a new token, put it in here. The old one is never shown.")
    renew_words = _("Replace the token")
    how_to_write = _("Open the link on a phone that has Viber, or point its camera at the code, and write something.")
    reasons = {
        "bot_blocked": _("Viber has blocked this bot. Ask Viber's support why."),
        "bot_not_found": _("Viber does not find this bot any more. Was it deleted?"),
        "bot_suspended": _("This bot is hidden in Viber's admin panel. Make it visible there and try again."),
        "free_messages_used_up": _("The free messages of this month are used up. Pay for more at Viber's."),
        "hook_missing": _("Viber does not know where to send news of this bot. Connect it once more."),
        "hook_refused": _(
            "Viber cannot reach this installation: it needs an address on the internet with a certificate that "
            "everybody trusts."
        ),
        "no_money": _("There is no money left on the bot's account at Viber's. Top it up and switch the channel on."),
        "refused": _("Viber refuses this bot and does not say why. Try again, or ask Viber's support."),
        "token_revoked": _("The token does not work any more. Take the new one from Viber's admin panel."),
        "wrong_token": _(
            "Viber does not know this token: a letter is missing, or the bot has a new one. Copy it again."
        ),
    }
    Keys = ViberKeys
    Settings = ViberSettings

    def shown_name(self, facts: Mapping[str, Any]) -> str:
        """Return the bot's name in links."""
        return str(facts.get("uri") or "")
