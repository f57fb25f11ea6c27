"""Connecting a number of WhatsApp's Cloud API."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from messengers.adapter import Connected
from messengers.channel_standing import quality_words
from messengers.wizards.wizard import KeysForm, Step, Wizard, Words

_LEAVE_EMPTY = _("Leave it empty unless Kaskad asks for it.")
_NO_ID = _("This is not an ID: it is a number that Meta shows, not the phone number itself.")


def _field(pattern: str, label: Any, wrong: Any, **more: Any) -> forms.RegexField:
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.RegexField(pattern, label=label, strip=True, error_messages={"invalid": wrong}, widget=widget, **more)


class WhatsAppKeys(KeysForm):
    """An app, its secret, and a system user's token."""

    SECRETS: ClassVar = ("token", "app_secret")

    app_id = _field(r"^\d{5,25}$", _("App ID"), _("An app ID is a number. It stands on top of the app's page."))
    app_secret = _field(
        r"^[0-9a-f]{32}$",
        _("App secret"),
        _("An app secret is 32 letters and digits. Copy it from the app's settings."),
    )
    token = _field(
        r"^EAA[A-Za-z0-9]{17,597}$",
        _("System user's token"),
        _("This is not a token. It begins with EAA and has some two hundred letters."),
    )
    phone_number_id = _field(r"^\d{5,25}$", _("Phone number ID"), _NO_ID, help_text=_LEAVE_EMPTY, required=False)
    waba_id = _field(r"^\d{5,25}$", _("WhatsApp Business Account ID"), _NO_ID, help_text=_LEAVE_EMPTY, required=False)


class WhatsAppWizard(Wizard):
    """A number, and the app that may write from it."""

    kind = "whatsapp"
    name = "WhatsApp"
    place = 30
    title = _("Connect a WhatsApp number")
    what = _("A number in WhatsApp Business Platform: you need an app at Meta and a system user's token.")
    first_heading = _("1. Prepare the number at Meta")
    steps = (
        Step(
            _("Open {link}, make an app of type “Business” and add WhatsApp to it, or take an app that you have."),
            (_("Meta for Developers"), "https://developers.facebook.com/apps/"),
        ),
        Step(_("Under WhatsApp, “API Setup”, add your number and confirm it with the code that Meta sends.")),
        Step(
            _("In {link} make a system user, and assign the app and the WhatsApp account to it with full control."),
            (_("the business settings"), "https://business.facebook.com/settings/system-users"),
        ),
        Step(
            _(
                "Generate a token for it that never expires, with the rights whatsapp_business_messaging and "
                "whatsapp_business_management."
            )
        ),
    )
    keys_heading = _("2. Paste its keys")
    keys_help = _("App ID and app secret stand in the app's settings, “Basic”. Kaskad keeps the secrets encrypted.")
    check_words = _("Check the keys")
    renew_heading = _("Keys")
    renew_help = _("If a key was seen by somebody, replace it at Meta and put the new one in here.")
    renew_words = _("Replace the keys")
    how_to_write = _("Open the link, or point your phone's camera at the code, and send the message.")
    reasons = {
        "wrong_token": _("Meta does not know this token, or it has expired. Generate a new one."),
        "token_revoked": _("The token does not work any more. Generate a new one and put it in here."),
        "wrong_app_secret": _("App ID and app secret do not belong together. Copy both from the app's basic settings."),
        "token_of_another_app": _("The token was generated for another app. Generate it for this one."),
        "rights_missing": _("The system user may not manage this number. Assign the WhatsApp account to it."),
        "missing_whatsapp_business_messaging": _(
            "The token lacks the right whatsapp_business_messaging. Generate it once more with both rights."
        ),
        "missing_whatsapp_business_management": _(
            "The token lacks the right whatsapp_business_management. Generate it once more with both rights."
        ),
        "account_unknown": _("Meta does not say which account the token is for. Fill in the account's ID, too."),
        "no_number": _("The WhatsApp account has no number yet. Add one at Meta."),
        "number_unknown": _("This number is not in the WhatsApp account. Compare its ID with the one at Meta."),
        "several_numbers": _("The account has several numbers. Fill in the ID of the one to connect."),
        "number_not_registered": _("The number is not registered at Meta yet. Finish that under “API Setup”."),
        "messages_not_subscribed": _(
            "The app is not subscribed to messages. Open WhatsApp, “Configuration” in the app and subscribe to the "
            "field “messages”."
        ),
        "hook_refused": _("Meta could not reach the address of this installation. It must be open to the internet."),
        "account_banned": _("Meta has blocked the WhatsApp account. Look into Meta's business support."),
        "account_deleted": _("The WhatsApp account was deleted at Meta."),
        "PROMOTIONAL": _("Meta says: it is advertising, which does not belong into this category."),
        "ABUSIVE_CONTENT": _("Meta says: something in it is against its rules."),
        "INCORRECT_CATEGORY": _("Meta says: it belongs into another category."),
        "TAG_CONTENT_MISMATCH": _("Meta says: the words do not fit the category or the language."),
        "INVALID_FORMAT": _("Meta says: the gaps or the marks are not as they should be."),
        "SCAM": _("Meta says: it looks like fraud."),
        "account_locked": _("Meta has locked the WhatsApp account. Look into Meta's business support."),
        "blocked_by_meta": _("Meta has blocked the account for breaking its rules. Look into Meta's business support."),
        "display_name_needed": _("The number's display name has not been approved by Meta yet."),
        "payment_needed": _("Meta cannot take payment for messages. Add a payment method to the WhatsApp account."),
    }
    Keys = WhatsAppKeys

    def shown_name(self, facts: Mapping[str, Any]) -> str:
        """Return the number as people dial it."""
        return str(facts.get("phone") or "")

    def told(self, account: Connected) -> Sequence[tuple[Words, str]]:
        """Return what Meta thinks of the number."""
        told: list[tuple[Words, str]] = []
        if account.facts.get("quality"):
            told.append((_("Quality"), quality_words(str(account.facts["quality"]))))
        if account.facts.get("limit_tier"):
            told.append((_("Messaging limit"), str(account.facts["limit_tier"])))
        return told
