"""Connecting a bot of Telegram."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from messengers.wizards.wizard import KeysForm, SettingsForm, Step, Wizard

_TOKEN = re.compile(r"\b\d{3,20}:[A-Za-z0-9_-]{30,64}")
_NO_TOKEN = _("This is not a token. A token is a number, a colon, and about 35 letters and digits.")


class TelegramKeys(KeysForm):
    """A token, perhaps with the words of @BotFather around it."""

    SECRETS: ClassVar = ("token",)

    token = forms.CharField(label=_("Token"), max_length=4000, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def clean_token(self) -> str:
        """Return the token alone."""
        found = _TOKEN.search(self.cleaned_data["token"])
        if found is None:
            raise forms.ValidationError(str(_NO_TOKEN))
        return found.group()


class TelegramSettings(SettingsForm):
    """A bot's name and settings."""

    link_previews = forms.BooleanField(
        label=_("Show previews of links"),
        required=False,
        initial=True,
        help_text=_("Telegram adds a picture and a title under a message with a link."),
    )
    paid_broadcasts = forms.BooleanField(
        label=_("Pay for fast broadcasts"),
        required=False,
        help_text=_(
            "Up to 1000 messages a second instead of 30. Telegram takes 0.1 Stars from the bot's balance for each "
            "message above 30 a second, and asks for 100,000 Stars on the balance and 100,000 users a month."
        ),
    )


class TelegramWizard(Wizard):
    """A bot and its token."""

    kind = "telegram"
    name = "Telegram"
    place = 10
    title = _("Connect a Telegram bot")
    what = _("A bot: you need its token from @BotFather.")
    first_heading = _("1. Make a bot, or take one that you have")
    steps = (
        Step(
            _("Open {link} in Telegram: it is Telegram's own bot that makes bots."),
            ("@BotFather", "https://t.me/BotFather"),
        ),
        Step(_("Send it /newbot, give the bot a name that people will see, and a username that ends with “bot”.")),
        Step(_("It answers with a token. For a bot that you have already: /mybots, the bot, “API Token”.")),
    )
    keys_heading = _("2. Paste its token")
    keys_help = _("The token is the key to the bot: Kaskad keeps it encrypted and never shows it again.")
    check_words = _("Check the token")
    renew_heading = _("Token")
    renew_help = _(
        "If the token was seen by somebody, revoke it at @BotFather and put the new one in here. The old one is never "
        "shown."
    )
    renew_words = _("Replace the token")
    how_to_write = _("Open the link, or point your phone's camera at the code, and press Start.")
    reasons = {
        "hook_refused": _("Telegram does not accept the address of this installation. Let Kaskad fetch the messages."),
        "malformed_token": _NO_TOKEN,
        "token_revoked": _("The token does not work any more. Take a new one from @BotFather and put it in here."),
        "wrong_token": _(
            "Telegram does not know this token: a letter is missing, or it was revoked. Copy it once more."
        ),
    }
    Keys = TelegramKeys
    Settings = TelegramSettings

    def shown_name(self, facts: Mapping[str, Any]) -> str:
        """Return the bot's username."""
        return f"@{facts['username']}" if facts.get("username") else ""
