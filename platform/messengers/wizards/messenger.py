"""Connecting a Page of Facebook. Instagram asks for the same keys."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from messengers.wizards.wizard import KeysForm, Step, Wizard, Words

_TOKEN = re.compile(r"\bEAA[A-Za-z0-9]{20,590}\b")
_APP = re.compile(r"\d{5,25}")
_SECRET = re.compile(r"\b[0-9a-f]{32}\b")
_NO_COMPLETION = {"autocomplete": "off"}


class MetaKeys(KeysForm):
    """What the page of an app at Meta shows, perhaps with words around it."""

    SECRETS: ClassVar = ("token", "app_secret")

    app_id = forms.CharField(label=_("App ID"), max_length=200, widget=forms.TextInput(attrs=_NO_COMPLETION))
    app_secret = forms.CharField(label=_("App secret"), max_length=400, widget=forms.TextInput(attrs=_NO_COMPLETION))
    token = forms.CharField(label=_("Page token"), max_length=4000, widget=forms.TextInput(attrs=_NO_COMPLETION))

    def clean_app_id(self) -> str:
        """Return the number alone."""
        return self._found("app_id", _APP, _("An app ID is a number of some fifteen digits."))

    def clean_app_secret(self) -> str:
        """Return the secret alone."""
        return self._found("app_secret", _SECRET, _("An app secret has 32 digits and letters from a to f."))

    def clean_token(self) -> str:
        """Return the token alone."""
        return self._found("token", _TOKEN, _("A Page token begins with EAA and has some two hundred letters."))

    def _found(self, name: str, form: "re.Pattern[str]", words: Words) -> str:
        found = form.search(self.cleaned_data[name])
        if found is None:
            raise forms.ValidationError(str(words))
        return found.group()


STEPS = (
    Step(
        _("Open {link} and your app in it; if there is none yet, make one of the type “Business”."),
        (_("Meta for developers"), "https://developers.facebook.com/apps"),
    ),
    Step(_("App settings → Basic: copy the app ID and the app secret.")),
)
MISSING = _("The token lacks a right. Make a new one and let the app have: {rights}.")
REASONS: Mapping[str, Words] = {
    "blocked_by_meta": _(
        "Meta has stopped messages of this Page because of its rules. Look into Page support at Facebook."
    ),
    "hook_refused": _(
        "Meta could not reach the address of this installation, or got a wrong answer there. It must be public and "
        "https."
    ),
    "messages_not_allowed": _(
        "Instagram does not let programs read the messages. In its app: Settings → Messages → Connected tools → Allow "
        "access to messages."
    ),
    "no_page_token": _("This is the token of a person or of an app. What is needed is the token of a Page."),
    "rights_missing": _("Meta does not let this app do what is needed. Make a new token with all rights."),
    "token_of_another_app": _("This token was made for another app. Take the ID, the secret and the token of one app."),
    "token_revoked": _(
        "The token does not work any more: somebody changed a password, or left the Page. Make a new one and put it in."
    ),
    "wrong_app_secret": _("The app ID and the app secret do not belong together. Copy both once more."),
    "wrong_token": _("Meta does not know this token: a letter is missing, or it was revoked. Copy it once more."),
}


def missing(rights: Sequence[str]) -> dict[str, Words]:
    """Return the words for each right that a token may lack: they name all that are needed."""
    words = format_lazy(MISSING, rights=", ".join(rights))
    return {f"missing_{right}": words for right in rights}


class MetaWizard(Wizard):
    """What both have in common."""

    keys_help = _("Kaskad keeps the secret and the token encrypted and never shows them again.")
    check_words = _("Check the keys")
    renew_heading = _("Keys")
    renew_help = _(
        "If a key was seen by somebody, make a new one at Meta and put it in here. The old one is never shown."
    )
    renew_words = _("Replace the keys")
    Keys = MetaKeys


class MessengerWizard(MetaWizard):
    """A Page, by the token that an app has for it."""

    kind = "messenger"
    name = "Facebook Messenger"
    place = 40
    title = _("Connect a Facebook Page")
    what = _("A Page: you need an app at Meta for developers, and the token that it makes for the Page.")
    first_heading = _("1. Get the keys")
    steps = (
        *STEPS,
        Step(_("Add the product “Messenger” → Settings → Access tokens: choose the Page and generate a token.")),
        Step(_("Until Meta has approved the app, only people who have a role in it can write to the Page.")),
    )
    keys_heading = _("2. Paste them")
    how_to_write = _("Open the link, or point your phone's camera at the code, and press “Get started”.")
    reasons = {**REASONS, **missing(("pages_messaging", "pages_manage_metadata"))}

    def shown_name(self, facts: Mapping[str, Any]) -> str:
        """Return the Page's address."""
        page = facts.get("username") or facts.get("page_id")
        return f"facebook.com/{page}" if page else ""
