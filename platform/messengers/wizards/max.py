"""Connecting a bot of MAX."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from messengers.wizards.wizard import KeysForm, SettingsForm, Step, Wizard

_TOKEN = re.compile(r"[A-Za-z0-9_.=+/-]{20,500}")
_NO_TOKEN = _("This is not a bot's token. A token is one long word of letters, digits, dashes and underscores.")


class MaxKeys(KeysForm):
    """A token, perhaps with words around it."""

    SECRETS: ClassVar = ("token",)

    token = forms.CharField(label=_("Token"), max_length=4000, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def clean_token(self) -> str:
        """Return the token alone: the longest word that may be one."""
        found = _TOKEN.findall(self.cleaned_data["token"])
        if not found:
            raise forms.ValidationError(str(_NO_TOKEN))
        token: str = max(found, key=len)
        return token


class MaxSettings(SettingsForm):
    """A bot's name and settings."""

    link_previews = forms.BooleanField(
        label=_("Show previews of links"),
        required=False,
        initial=True,
        help_text=_("MAX adds a picture and a title under a message with a link."),
    )


class MaxWizard(Wizard):
    """A bot and its token."""

    kind = "max"
    name = "MAX"
    place = 15
    title = _("Connect a MAX bot")
    what = _("A bot of your organisation: you need its token from MAX for partners.")
    first_heading = _("1. Make a bot, or take one that you have")
    steps = (
        Step(
            _("Open {link} and sign in to your organisation. Only a verified organisation can make bots."),
            ("business.max.ru", "https://business.max.ru/self"),
        ),
        Step(_("Chat-bots → Create: give the bot a name, a picture and a description, and send it to be checked.")),
        Step(_("MAX checks a bot for up to two days. After that: the bot → Integration → Get the token. Copy it.")),
    )
    keys_heading = _("2. Paste its token")
    keys_help = _("The token is the key to the bot: Kaskad keeps it encrypted and never shows it again.")
    check_words = _("Check the token")
    renew_heading = _("Token")
    renew_help = _(
        "If the token was seen by somebody, make a new one at business.max.ru and put it in here. The old one is never "
        "shown."
    )
    renew_words = _("Replace the token")
    how_to_write = _("Open the link, or point your phone's camera at the code, and press Start.")
    reasons = {
        "access_denied": _(
            "MAX does not let this bot write. Look at business.max.ru whether the bot has been checked and is on."
        ),
        "certificate_unknown": _(
            "This server does not trust the certificate of MAX. Whoever looks after the server has to install the root "
            "certificate of the Russian Ministry of Digital Development."
        ),
        "hook_refused": _(
            "MAX does not accept the address of this installation. It must be public, https and on port 443, with a "
            "certificate of a known authority. Or let Kaskad fetch the messages."
        ),
        "malformed_token": _NO_TOKEN,
        "token_revoked": _("The token does not work any more. Take a new one at business.max.ru and put it in here."),
        "wrong_token": _("MAX does not know this token: a letter is missing, or it was replaced. Copy it once more."),
    }
    Keys = MaxKeys
    Settings = MaxSettings

    def shown_name(self, facts: Mapping[str, Any]) -> str:
        """Return the bot's short name."""
        return f"@{facts['username']}" if facts.get("username") else ""
