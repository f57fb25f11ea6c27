"""Connecting a mailbox: its address and a password for programs; the large providers' servers are known."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from django import forms
from django.conf import settings as installation
from django.utils.translation import gettext_lazy as _

from messengers.adapter import ChannelFacts
from messengers.wizards.wizard import KeysForm, SettingsForm, Step, Wizard, Words, at


@dataclass(frozen=True, slots=True)
class _Servers:
    """Where a provider takes letters, and where it keeps those that come."""

    name: Words
    smtp: tuple[str, int, str]
    imap: tuple[str, int, str]
    spf: str  # what a domain of one's own says in DNS when its letters leave there
    domains: tuple[str, ...]  # which the provider itself looks after


OTHER = "other"
PROVIDERS: Mapping[str, _Servers] = {
    "yandex": _Servers(
        _("Yandex"),
        ("smtp.yandex.ru", 465, "tls"),
        ("imap.yandex.ru", 993, "tls"),
        "v=spf1 redirect=_spf.yandex.net",
        ("yandex.ru", "ya.ru", "yandex.com", "yandex.by", "yandex.kz"),
    ),
    "mailru": _Servers(
        _("Mail.ru"),
        ("smtp.mail.ru", 465, "tls"),
        ("imap.mail.ru", 993, "tls"),
        "v=spf1 redirect=_spf.mail.ru",
        ("mail.ru", "bk.ru", "inbox.ru", "list.ru", "internet.ru"),
    ),
    "gmail": _Servers(
        "Gmail, Google Workspace",
        ("smtp.gmail.com", 465, "tls"),
        ("imap.gmail.com", 993, "tls"),
        "v=spf1 include:_spf.google.com ~all",
        ("gmail.com", "googlemail.com"),
    ),
    "microsoft": _Servers(
        "Outlook, Microsoft 365",
        ("smtp.office365.com", 587, "starttls"),
        ("outlook.office365.com", 993, "tls"),
        "v=spf1 include:spf.protection.outlook.com -all",
        ("outlook.com", "hotmail.com", "live.com"),
    ),
}
_SECURITY = (("tls", "TLS"), ("starttls", "STARTTLS"))
_BARE = ("none", _("None: only in the lab"))
_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


def _host(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=253, required=False, widget=forms.TextInput(attrs=at(OTHER, _PLAIN)))


def _port(label: Any, usual: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=1, max_value=65535, initial=usual, required=False,
        widget=forms.NumberInput(attrs=at(OTHER, {})),
    )  # fmt: skip


def _security(label: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=_SECURITY, required=False, widget=forms.Select(attrs=at(OTHER, {})))


class EmailKeys(KeysForm):
    """The address and the password; where another provider is, its servers, too."""

    SECRETS: ClassVar = ("password", "dkim_key")

    provider = forms.ChoiceField(
        label=_("Where the mailbox is"),
        choices=[*((code, known.name) for code, known in PROVIDERS.items()), (OTHER, _("Another mail server"))],
    )
    address = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    password = forms.CharField(
        label=_("Password for programs"), max_length=400, strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    login = forms.CharField(
        label=_("Login, where it is not the address"), max_length=254, required=False,
        widget=forms.TextInput(attrs=at(OTHER, _PLAIN, wanted=False)),
    )  # fmt: skip
    smtp_host = _host(_("Server for outgoing mail (SMTP)"))
    smtp_port = _port(_("Port of SMTP"), 465)
    smtp_security = _security(_("Encryption of SMTP"))
    imap_host = _host(_("Server for incoming mail (IMAP)"))
    imap_port = _port(_("Port of IMAP"), 993)
    imap_security = _security(_("Encryption of IMAP"))
    dkim_key = forms.CharField(
        label=_("Private key for DKIM"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs=at(OTHER, {"rows": 3, **_PLAIN}, wanted=False)),
        help_text=_("Only if the server does not sign letters itself."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Show what is known already; offer to go without encryption where there is a lab."""
        super().__init__(*args, **kwargs)
        if host := self.initial.get("smtp_host"):
            known = (code for code, one in PROVIDERS.items() if one.smtp[0] == host)
            self.initial = {**self.initial, "provider": next(known, OTHER)}
        if installation.LAB_URL:
            for name in ("smtp_security", "imap_security"):
                field = self.fields[name]
                assert isinstance(field, forms.ChoiceField)
                field.choices = [*_SECURITY, _BARE]

    def clean_password(self) -> str:
        """Return it without the spaces with which Google shows it in groups of four."""
        password: str = self.cleaned_data["password"]
        groups = password.split()
        return "".join(groups) if len(groups) == 4 and all(len(group) == 4 for group in groups) else password

    def clean(self) -> dict[str, Any]:
        """Fill in the servers of a known provider; ask for those of another."""
        given = super().clean() or {}
        known = PROVIDERS.get(given.get("provider", ""))
        if known is not None:
            given["login"] = given["dkim_key"] = ""
            for kind, server in (("smtp", known.smtp), ("imap", known.imap)):
                given[f"{kind}_host"], given[f"{kind}_port"], given[f"{kind}_security"] = server
            return given
        for name in ("smtp_host", "smtp_port", "imap_host", "imap_port"):
            if not given.get(name) and name not in self.errors:
                self.add_error(name, str(_("Your provider's help says what belongs here.")))
        return given

    def settings(self) -> dict[str, Any]:
        """Return the servers, and not by what name they were chosen."""
        told = {name: value for name, value in super().settings().items() if name != "provider"}
        return {**told, "login": self.cleaned_data.get("login", "")}


class EmailChoices(SettingsForm):
    """How letters look and how fast they leave."""

    sender_name = forms.CharField(
        label=_("Sender's name"),
        max_length=100,
        required=False,
        help_text=_("People see it before the address. Empty: the address alone."),
    )
    signature = forms.CharField(
        label=_("Signature"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stands below every letter."),
    )  # fmt: skip
    per_hour = forms.IntegerField(
        label=_("Letters an hour"),
        min_value=1,
        max_value=1_000_000,
        initial=300,
        help_text=_("Providers close mailboxes that send too fast. Gmail and Yandex allow about 500 letters a day."),
    )
    dkim_domain = forms.CharField(
        label=_("Domain for DKIM"), max_length=253, required=False,
        help_text=_("Only with a private key for DKIM. The record to add is shown below."),
    )  # fmt: skip
    dkim_selector = forms.CharField(label=_("Selector for DKIM"), max_length=63, required=False)
    plus = forms.BooleanField(
        label=_("Letters to the address with a plus arrive, too"),
        required=False,
        help_text=_("As in shop+news@…: then returned letters are recognised surely. Yandex, Gmail and Outlook do it."),
    )


class EmailWizard(Wizard):
    """A mailbox and its password."""

    kind = "email"
    name = _("E-mail")
    place = 50
    title = _("Connect a mailbox")
    what = _("A mailbox of your own: you need its address and a password for programs.")
    first_heading = _("1. Get a password for programs")
    steps = (
        Step(
            _(
                "Yandex: make an app password for mail at {link}. In Mail → All settings → Mail programs, switch IMAP "
                "on."
            ),
            ("id.yandex.ru", "https://id.yandex.ru/security/app-passwords"),
        ),
        Step(
            _("Mail.ru: add a password for external applications at {link}. Let it read and send mail."),
            ("account.mail.ru", "https://account.mail.ru/user/2-step-auth/passwords/"),
        ),
        Step(
            _("Gmail: switch 2-step verification on, then make an app password at {link}."),
            ("myaccount.google.com", "https://myaccount.google.com/apppasswords"),
        ),
        Step(
            _(
                "Outlook and Microsoft 365 let programs in by password only where an administrator has allowed it; "
                "most mailboxes there cannot be connected."
            ),
        ),
        Step(_("Another server: its help names the hosts and ports of SMTP and IMAP.")),
    )
    keys_heading = _("2. Say which mailbox it is")
    keys_help = _(
        "Kaskad keeps the password encrypted and never shows it again. It reads new letters without marking or "
        "deleting any, and answers from this address."
    )
    check_words = _("Check the mailbox")
    renew_heading = _("Mailbox and password")
    renew_help = _(
        "If the password was seen by somebody, delete it at the provider's, make a new one and put it in here. The old "
        "one is never shown."
    )
    renew_words = _("Replace the password")
    how_to_write = _("Send a letter to this address from another mailbox of yours.")
    reasons = {
        "app_password_wanted": _(
            "The provider wants a password for programs, not the one with which you sign in. Make one as told above."
        ),
        "imap_no_answer": _("The server for incoming mail does not answer. Look at its name and its port."),
        "imap_off": _("The provider does not let programs read this mailbox. Switch IMAP on in its settings."),
        "imap_refused": _("The server for incoming mail lets nobody in at the moment. Try again in some minutes."),
        "imap_wrong_certificate": _(
            "The server for incoming mail shows a certificate that is not to be trusted. Look at its name."
        ),
        "imap_wrong_login": _(
            "The server for incoming mail does not take this address and password. Is IMAP switched on there?"
        ),
        "imap_wrong_security": _("The server for incoming mail wants another encryption. Look at its port, too."),
        "must_poll": _("Letters are always fetched: a mailbox delivers nothing by itself."),
        "password_login_off": _(
            "This provider does not let programs in by password any more. Microsoft does so only where an "
            "administrator has allowed it. Take a mailbox elsewhere."
        ),
        "smtp_no_answer": _("The server for outgoing mail does not answer. Look at its name and its port."),
        "smtp_refused": _("The server for outgoing mail lets nobody in at the moment. Try again in some minutes."),
        "smtp_wrong_certificate": _(
            "The server for outgoing mail shows a certificate that is not to be trusted. Look at its name."
        ),
        "smtp_wrong_login": _("The server for outgoing mail does not take this address and password."),
        "smtp_wrong_security": _("The server for outgoing mail wants another encryption. Look at its port, too."),
        "token_revoked": _("The password does not work any more. Make a new one at the provider's and put it in here."),
        "wrong_sender": _("The server does not let this account write under this address."),
        "wrong_token": _("The mailbox does not take this password any more. Make a new one and put it in here."),
    }
    Keys = EmailKeys
    Settings = EmailChoices

    def ways(self, settings: Mapping[str, Any]) -> frozenset[str]:
        """Fetch letters: nothing else is possible."""
        return frozenset({"polls"})

    def shown_name(self, facts: Mapping[str, Any]) -> str:
        """Return the address."""
        return str(facts.get("address") or "")

    def by_hand(self, channel: ChannelFacts) -> Sequence[tuple[Words, str]]:
        """Return the DNS records by which others believe that letters come from the domain."""
        host, address = channel.settings.get("smtp_host"), str(channel.settings.get("address", ""))
        known, domain = (
            next((one for one in PROVIDERS.values() if one.smtp[0] == host), None),
            address.partition("@")[2],
        )
        if known is None:
            return _dkim(channel)
        if domain in known.domains:
            return ()
        return (
            (_("DNS record of your domain (TXT), so that its letters are believed: SPF"), known.spf),
            (_("And DMARC, as a TXT record of the name _dmarc"), "v=DMARC1; p=none"),
        )


def _dkim(channel: ChannelFacts) -> Sequence[tuple[Words, str]]:
    domain, selector = (str(channel.settings.get(f"dkim_{name}", "")) for name in ("domain", "selector"))
    key = channel.secrets.get("dkim_key", "")
    if not (domain and selector and key):
        return ()
    private = load_pem_private_key(key.encode(), password=None)
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return (
        (_("Name of the DNS record (TXT) for DKIM"), f"{selector}._domainkey.{domain}"),
        (_("What it says"), f"v=DKIM1; k=rsa; p={b64encode(public).decode()}"),
    )
