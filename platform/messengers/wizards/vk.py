"""Connecting a community of VK."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from messengers.wizards.wizard import KeysForm, SettingsForm, Step, Wizard

_TOKEN = re.compile(r"\bvk1\.a\.[A-Za-z0-9_-]{40,480}|\b[0-9a-f]{85}\b")
_NO_TOKEN = _("This is not a community's key. A key begins with “vk1.a.” and goes on for some two hundred characters.")
_NO_RIGHT = _("The key lacks a right. Make a new one and tick all four: manage, messages, photos, documents.")


class VkKeys(KeysForm):
    """A key, perhaps with words around it."""

    SECRETS: ClassVar = ("token",)

    token = forms.CharField(
        label=_("Access key"), max_length=4000, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def clean_token(self) -> str:
        """Return the key alone."""
        found = _TOKEN.search(self.cleaned_data["token"])
        if found is None:
            raise forms.ValidationError(str(_NO_TOKEN))
        return found.group()


class VkSettings(SettingsForm):
    """A community's name and settings."""

    link_previews = forms.BooleanField(
        label=_("Show previews of links"),
        required=False,
        initial=True,
        help_text=_("VK adds a picture and a title under a message with a link."),
    )


class VkWizard(Wizard):
    """A community and its key."""

    kind = "vk"
    name = _("VK")
    place = 20
    title = _("Connect a VK community")
    what = _("A community: you need an access key from its settings.")
    first_heading = _("1. Prepare the community")
    steps = (
        Step(
            _("Open {link} and your community in it: you have to be its administrator."),
            ("vk.com", "https://vk.com/groups?tab=admin"),
        ),
        Step(_("Manage → Messages: switch the community's messages on.")),
        Step(_("Manage → Settings → API usage → Access tokens → Create token.")),
        Step(_("Tick four rights: community management, messages, photos, documents. Confirm, and copy the key.")),
    )
    keys_heading = _("2. Paste its access key")
    keys_help = _("Kaskad keeps the key encrypted and never shows it again. It sets everything else up by itself.")
    check_words = _("Check the key")
    renew_heading = _("Access key")
    renew_help = _("If the key was seen by somebody, delete it in the community's settings and put a new one in here.")
    renew_words = _("Replace the key")
    how_to_write = _("Open the link, or point your phone's camera at the code, and write something.")
    reasons = {
        "access_denied": _(
            "VK does not let this key do what is needed. Make a new one with all four rights and put it in here."
        ),
        "bot_features_off": _(
            "The community's bot features are off. Switch them on: Manage → Messages → Bot settings. Then try again."
        ),
        "captcha_needed": _("VK wants to see a person: open the community in a browser, then try again."),
        "hook_refused": _(
            "VK could not reach the address of this installation, or got a wrong answer there. It must be public and "
            "https. Or let Kaskad fetch the messages."
        ),
        "long_poll_off": _(
            "The community's Long Poll is off. Switch it on: Manage → Settings → API usage → Long Poll API."
        ),
        "malformed_token": _NO_TOKEN,
        "no_right_docs": _NO_RIGHT,
        "no_right_manage": _NO_RIGHT,
        "no_right_messages": _NO_RIGHT,
        "no_right_photos": _NO_RIGHT,
        "not_a_community": _("This key is a person's. What is needed is the key of a community, from its settings."),
        "token_revoked": _("The key does not work any more. Make a new one in the community's settings."),
        "too_many_servers": _(
            "The community has ten addresses already, and VK allows no more. Delete one: Manage → Settings → API "
            "usage → Callback API."
        ),
        "wrong_token": _("VK does not know this key: a letter is missing, or it was deleted. Copy it once more."),
    }
    Keys = VkKeys
    Settings = VkSettings

    def shown_name(self, facts: Mapping[str, Any]) -> str:
        """Return the community's address."""
        return f"vk.com/{facts['screen_name']}" if facts.get("screen_name") else ""
