"""What a person types about a site chat. Answers come in words; `channels` holds the result to the adapter's model."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from messengers.models import Channel
from messengers.site_chat.chat import DEFAULTS, settings_of
from messengers.site_chat.origins import OriginError, normalise_origin

_WRONG_SITE = {
    "scheme": _("“%(typed)s”: an address begins with https:// or http://."),
    "incomplete": _("“%(typed)s”: write the whole name, for example shop.example."),
    "too_wide": _("“%(typed)s” would be every site there is. Write the name of yours after “*.”."),
}


class SiteChatForm(forms.Form):
    """A site chat's name, look and sites."""

    name = forms.CharField(label=_("Channel's name"), max_length=120, help_text=_("Only your team sees it."))
    origins = forms.CharField(
        label=_("Sites where the chat may stand"),
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "https://shop.example\nhttps://*.shop.example"}),
        help_text=_("One a line. “*.” stands for all subdomains. Other sites get no chat, even with your code."),
    )
    title = forms.CharField(label=_("Title"), max_length=60, required=False, help_text=_("Visitors see it on top."))
    greeting = forms.CharField(label=_("Line under the title"), max_length=200, required=False)
    offline_text = forms.CharField(
        label=_("When there is no connection"),
        max_length=200,
        required=False,
        help_text=_("What a visitor reads while his messages wait. Empty: Kaskad's own words."),
    )
    color = forms.RegexField(
        label=_("Colour"),
        regex=r"^#[0-9a-fA-F]{6}$",
        initial=DEFAULTS.color,
        widget=forms.TextInput(attrs={"type": "color"}),
        help_text=_("Text on it turns white or black, whichever reads better."),
    )
    position = forms.ChoiceField(
        label=_("Corner"), choices=[("right", _("On the right")), ("left", _("On the left"))], initial="right"
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[("page", _("As on the page")), ("ru", "Русский"), ("en", "English")],
        initial="page",
    )

    @classmethod
    def of(cls, channel: Channel, data: Any = None) -> "SiteChatForm":
        """Return the form of an existing channel."""
        held = settings_of(channel)
        return cls(data, initial={**held.model_dump(), "name": channel.name, "origins": "\n".join(held.origins)})

    def clean_origins(self) -> list[str]:
        """Return the sites as browsers name them, each once."""
        typed = self.cleaned_data["origins"].replace(",", "\n").split("\n")
        found: dict[str, None] = {}
        problems = []
        for line in filter(None, map(str.strip, typed)):
            try:
                found[normalise_origin(line)] = None
            except OriginError as error:
                words = _WRONG_SITE.get(error.code, _("“%(typed)s” is not a site's address."))
                problems.append(str(words) % {"typed": line})
        if len(found) > 50:
            problems.append(gettext("At most 50 sites: use “*.” for subdomains."))
        if problems:
            raise forms.ValidationError(problems)
        return list(found)

    def clean_color(self) -> str:
        """Return the colour in small letters, as the widget expects it."""
        return str(self.cleaned_data["color"]).lower()

    def settings(self) -> dict[str, Any]:
        """Return what goes into the channel's settings."""
        return {name: value for name, value in self.cleaned_data.items() if name != "name"}
