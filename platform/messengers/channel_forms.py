"""What a person types about a bot of Telegram: its name and settings, and its token, which is never shown again."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from messengers.channel_words import reason
from messengers.models import Channel

_TOKEN = re.compile(r"\b\d{3,20}:[A-Za-z0-9_-]{30,64}")


class TokenForm(forms.Form):
    """A token, perhaps with the words of @BotFather around it."""

    token = forms.CharField(label=_("Token"), max_length=4000, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    @property
    def problem(self) -> str:
        """Return what is wrong with what was typed."""
        return " ".join(str(error) for error in self.errors.get("token", []))

    def clean_token(self) -> str:
        """Return the token alone."""
        found = _TOKEN.search(self.cleaned_data["token"])
        if found is None:
            raise forms.ValidationError(str(reason("malformed_token")))
        return found.group()


class TelegramForm(forms.Form):
    """A bot's name and settings."""

    name = forms.CharField(label=_("Channel's name"), max_length=120, help_text=_("Only your team sees it."))
    link_previews = forms.BooleanField(
        label=_("Show previews of links"),
        required=False,
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

    @classmethod
    def of(cls, channel: Channel, data: Any = None) -> "TelegramForm":
        """Return the form of an existing channel."""
        held = channel.settings
        shown = {
            "link_previews": held.get("link_previews", True),
            "paid_broadcasts": held.get("paid_broadcasts", False),
        }
        return cls(data, initial={**shown, "name": channel.name})

    def settings(self) -> dict[str, Any]:
        """Return what goes into the channel's settings."""
        return {name: value for name, value in self.cleaned_data.items() if name != "name"}
