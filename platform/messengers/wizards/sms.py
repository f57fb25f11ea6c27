"""Connecting an account that sends SMS: at SMSC.ru, at Twilio, or at an operator's centre over SMPP."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from messengers.adapter import ChannelFacts
from messengers.protocols.smsc_hook import hook_address
from messengers.wizards.wizard import KeysForm, SettingsForm, Step, Wizard, Words, at

_PROVIDERS = (("smsc", "SMSC.ru"), ("twilio", "Twilio"), ("smpp", _("An operator's centre (SMPP)")))
_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
# What each provider cannot do without, and the words where it is missing.
_WANTED: Mapping[str, Mapping[str, Words]] = {
    "smsc": {"login": _("SMSC.ru wants the login with which you sign in.")},
    "twilio": {"account_sid": _("Twilio wants the account's SID: it begins with AC.")},
    "smpp": {
        "host": _("The operator's letter says what belongs here."),
        "port": _("The operator's letter says what belongs here."),
        "system_id": _("The operator's letter says what belongs here."),
    },
}


def _field(label: Any, size: int, attrs: Mapping[str, Any] = _PLAIN) -> forms.CharField:
    return forms.CharField(label=label, max_length=size, required=False, widget=forms.TextInput(attrs={**attrs}))


class SmsKeys(KeysForm):
    """The provider, and what opens the account there. Fields of other providers may stay empty."""

    SECRETS: ClassVar = ("password", "hook_secret")

    provider = forms.ChoiceField(label=_("Provider"), choices=_PROVIDERS)
    sender = _field(_("Sender: a registered name or a number"), 40)
    password = forms.CharField(
        label=_("Password; at Twilio the auth token"),
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    login = _field(_("Login (SMSC.ru)"), 100, at("smsc", _PLAIN))
    hook_secret = _field(
        _("Secret word for statuses (SMSC.ru, if you have set one)"), 200, at("smsc", _PLAIN, wanted=False)
    )
    account_sid = forms.RegexField(
        label=_("Account SID (Twilio)"), regex=r"^AC[0-9a-fA-F]{32}$", required=False,
        widget=forms.TextInput(attrs=at("twilio", _PLAIN)),
    )  # fmt: skip
    host = forms.RegexField(
        label=_("Server (SMPP)"), regex=r"^[A-Za-z0-9.:-]*$", max_length=253, required=False,
        widget=forms.TextInput(attrs=at("smpp", _PLAIN)),
    )  # fmt: skip
    port = forms.IntegerField(
        label=_("Port (SMPP)"), min_value=1, max_value=65535, initial=2775, required=False,
        widget=forms.NumberInput(attrs=at("smpp", {})),
    )  # fmt: skip
    tls = forms.BooleanField(
        label=_("The server speaks TLS (SMPP)"), required=False, widget=forms.CheckboxInput(attrs={"data-at": "smpp"})
    )
    system_id = _field(_("System ID (SMPP)"), 15, at("smpp", _PLAIN))

    def clean(self) -> dict[str, Any]:
        """Ask for what the chosen provider cannot do without."""
        given = super().clean() or {}
        provider = given.get("provider", "")
        for name, words in _WANTED.get(provider, {}).items():
            if not given.get(name) and name not in self.errors:
                self.add_error(name, str(words))
        if provider == "twilio" and not given.get("sender") and "sender" not in self.errors:
            self.add_error("sender", str(_("Twilio wants a number of yours to send from.")))
        return given

    def settings(self) -> dict[str, Any]:
        """Return what belongs to the chosen provider alone."""
        told = super().settings()
        foreign = {name for provider, names in _WANTED.items() if provider != told.get("provider") for name in names}
        foreign |= {"tls"} if told.get("provider") != "smpp" else set()
        return {name: value for name, value in told.items() if name not in foreign}


class SmsChoices(SettingsForm):
    """How fast SMS may leave, and what a part costs."""

    per_second = forms.IntegerField(label=_("Messages a second"), min_value=1, max_value=1000, initial=10)
    price = forms.FloatField(
        label=_("Price of a part"),
        min_value=0,
        max_value=1000,
        initial=0,
        help_text=_("For estimates where the provider does not tell. 0: unknown."),
    )
    currency = forms.RegexField(label=_("Currency"), regex=r"^[A-Z]{3}$", initial="RUB")


class SmsWizard(Wizard):
    """A provider's account."""

    kind = "sms"
    name = "SMS"
    place = 45
    title = _("Connect SMS")
    what = _("Messages to any phone: you need an account at SMSC.ru or Twilio, or an operator's contract for SMPP.")
    first_heading = _("1. Get an account and a sender")
    steps = (
        Step(_("SMSC.ru: sign in at {link} and ask there for a sender's name."), ("SMSC.ru", "https://smsc.ru")),
        Step(
            _("Twilio: take the account's SID and its auth token from {link}, and a number that can send SMS."),
            ("console.twilio.com", "https://console.twilio.com"),
        ),
        Step(_("An operator's centre: his letter names the server, the port, the system ID and the password.")),
        Step(_("Advertising wants the person's consent beforehand, and in Russia a name registered with operators.")),
    )
    keys_heading = _("2. Paste the account's keys")
    keys_help = _("Kaskad keeps the keys encrypted and never shows them again.")
    check_words = _("Check the keys")
    renew_heading = _("Keys")
    renew_help = _("If the password has changed, put the new one in here. The old one is never shown.")
    renew_words = _("Replace the keys")
    how_to_write = _("Nobody has to write first: send a message to a phone number of your own.")
    reasons = {
        "bind_refused": _("The centre refuses the session. Ask the operator whether it is switched on for you."),
        "cannot_poll": _("This provider brings its news itself: it needs a public address of Kaskad."),
        "hook_refused": _("Twilio does not take Kaskad's address. Is the number yours, and is the address public?"),
        "ip_blocked": _(
            "The provider has blocked this installation's address after too many errors. Wait some minutes."
        ),
        "must_poll": _("A centre is always listened to over its own session."),
        "no_answer": _("The provider does not answer. Look at the server's name and port, or try again in a minute."),
        "no_money": _("There is no money left on your account at the provider's. Top it up and switch the channel on."),
        "number_not_found": _("Twilio does not know this number among yours. Copy it with its country's code."),
        "refused": _("The provider refuses these keys. Look at your account there."),
        "suspended": _("The provider has suspended this account. Look there for the reason."),
        "too_many_requests": _("The provider was asked too often. Try again in a minute."),
        "wrong_number": _("This is no phone number."),
        "wrong_token": _("The provider does not know these keys. Copy them once more."),
    }
    Keys = SmsKeys
    Settings = SmsChoices

    def ways(self, settings: Mapping[str, Any]) -> frozenset[str]:
        """Listen to a centre's session; the others bring their news."""
        return frozenset({"polls" if settings.get("provider") == "smpp" else "webhook"})

    def shown_name(self, facts: Mapping[str, Any]) -> str:
        """Return the balance, where the provider tells it: the account has no other name."""
        return str(facts.get("balance") or "")

    def by_hand(self, channel: ChannelFacts) -> Sequence[tuple[Words, str]]:
        """Return the address that SMSC.ru's cabinet wants, so that it tells what became of messages."""
        if channel.settings.get("provider") != "smsc":
            return ()
        return [(_("Address for statuses of messages, for the provider's cabinet"), hook_address(channel))]
