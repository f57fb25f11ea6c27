"""Connecting an account at a provider that writes to Viber by phone number."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from messengers.adapter import ChannelFacts
from messengers.protocols.smsc_hook import hook_address
from messengers.wizards.wizard import KeysForm, SettingsForm, Step, Wizard, Words, at

_PROVIDERS = (("smsc", "SMSC.ru"), ("smsaero", "SMS Aero"))


class ViberBusinessKeys(KeysForm):
    """The provider, the account there, and the registered sender."""

    SECRETS: ClassVar = ("apikey", "hook_secret")

    provider = forms.ChoiceField(label=_("Provider"), choices=_PROVIDERS)
    sender = forms.CharField(label=_("Sender's name in Viber"), max_length=40)
    login = forms.CharField(label=_("Login, or e-mail at SMS Aero"), max_length=100, required=False)
    apikey = forms.CharField(label=_("API key"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    hook_secret = forms.CharField(
        label=_("Secret word for statuses (SMSC.ru, if you have set one)"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs=at("smsc", {"autocomplete": "off"}, wanted=False)),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for the e-mail where the key alone opens nothing."""
        given = super().clean() or {}
        if given.get("provider") == "smsaero" and not given.get("login"):
            self.add_error("login", str(_("SMS Aero wants the e-mail with which you sign in.")))
        return given


class ViberBusinessChoices(SettingsForm):
    """How fast messages may leave, and what one costs."""

    per_second = forms.IntegerField(label=_("Messages a second"), min_value=1, max_value=1000, initial=10)
    price = forms.FloatField(
        label=_("Price of a message"),
        min_value=0,
        max_value=1000,
        initial=0,
        help_text=_("For estimates where the provider does not tell. 0: unknown."),
    )


class ViberBusinessWizard(Wizard):
    """A provider's account."""

    kind = "viber_business"
    name = _("Viber by phone number")
    place = 41
    title = _("Connect Viber by phone number")
    what = _("Messages to people's Viber by their phone numbers: you need an account at SMSC.ru or SMS Aero.")
    first_heading = _("1. Have a sender's name registered")
    steps = (
        Step(
            _("Sign in at {link} or at SMS Aero, and ask there for a sender's name in Viber."),
            ("SMSC.ru", "https://smsc.ru"),
        ),
        Step(_("Viber looks at it for some days. Until then messages are refused.")),
        Step(_("Make an API key in the settings of your account there.")),
    )
    keys_heading = _("2. Paste the account's keys")
    keys_help = _("Kaskad keeps the keys encrypted and never shows them again.")
    check_words = _("Check the keys")
    renew_heading = _("Keys")
    renew_help = _("If you have made a new key, put it in here. The old one is never shown.")
    renew_words = _("Replace the keys")
    how_to_write = _("Nobody has to write first: send a message to a phone number of your own.")
    reasons = {
        "ip_blocked": _(
            "The provider has blocked this installation's address after too many errors. Wait some minutes."
        ),
        "no_money": _("There is no money left on your account at the provider's. Top it up and switch the channel on."),
        "refused": _("The provider refuses these keys. Look at your account there."),
        "token_revoked": _("The key does not work any more. Make a new one at the provider's and put it in here."),
        "wrong_sender": _("The provider does not know this sender's name. Is it registered for Viber?"),
        "wrong_token": _("The provider does not know these keys. Copy them once more."),
    }
    Keys = ViberBusinessKeys
    Settings = ViberBusinessChoices

    def shown_name(self, facts: Mapping[str, Any]) -> str:
        """Return the balance: the account has no other name."""
        return str(facts.get("balance") or "")

    def by_hand(self, channel: ChannelFacts) -> Sequence[tuple[Words, str]]:
        """Return the address that the provider's cabinet wants, so that it tells what became of messages."""
        return [(_("Address for statuses of messages, for the provider's cabinet"), hook_address(channel))]
