"""What every wizard says and asks. Subclass it in a module of this folder; the pages do the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, TypeAlias

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from messengers.adapter import ChannelFacts, Connected
from messengers.registry import messenger

Words: TypeAlias = str | Promise


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do at the messenger's. A `link` (its words, its address) stands where the text says `{link}`."""

    text: Words
    link: tuple[Words, str] | None = None


_FORGET = "forget_"


class KeysForm(forms.Form):
    """What a person pastes to connect an account. Fields named in `SECRETS` are encrypted and never shown again."""

    SECRETS: ClassVar[Sequence[str]] = ()

    def __init__(self, *args: Any, old: Mapping[str, str] = MappingProxyType({}), **kwargs: Any) -> None:
        """Begin anew, or replace the `old` secrets: those that may be missing are kept unless somebody removes them."""
        super().__init__(*args, **kwargs)
        self._old = old
        for name in self.SECRETS:
            field = self.fields[name]
            if field.required or not old.get(name):
                continue
            field.help_text = _("It is set. Leave this empty to keep it.")
            whose = {key: value for key, value in field.widget.attrs.items() if key == "data-at"}
            self.fields[_FORGET + name] = forms.BooleanField(
                label=gettext("Remove: %(what)s") % {"what": field.label},
                required=False,
                widget=forms.CheckboxInput(attrs=whose),
            )

    @property
    def problem(self) -> str:
        """Return what is wrong with what was typed, naming each field where there are several."""
        told = []
        for name, errors in self.errors.items():
            words = " ".join(str(error) for error in errors)
            named = name in self.fields and len(self.fields) > 1
            told.append(f"{self.fields[name].label}: {words}" if named else words)
        return " ".join(told)

    def secrets(self) -> dict[str, Any]:
        """Return what is encrypted."""
        told = {name: self.cleaned_data[name] or self._kept(name) for name in self.SECRETS if name in self.cleaned_data}
        return {name: value for name, value in told.items() if value}

    def settings(self) -> dict[str, Any]:
        """Return the rest."""
        told = self.cleaned_data.items()
        rest = {name: value for name, value in told if name not in self.SECRETS and not name.startswith(_FORGET)}
        return {name: value for name, value in rest.items() if value not in ("", None)}

    def _kept(self, name: str) -> str:
        """Return an old secret that nobody touched, unless it belongs to another provider than the chosen one."""
        whose = self.fields[name].widget.attrs.get("data-at")
        if self.cleaned_data.get(_FORGET + name) or whose not in (None, self.cleaned_data.get("provider")):
            return ""
        return self._old.get(name, "")


def at(provider: str, attrs: Mapping[str, Any], *, wanted: bool = True) -> dict[str, Any]:
    """Return a control's attributes by which it only shows where a provider is chosen, who may want it."""
    return {"data-at": provider, **({"data-wanted": True} if wanted else {}), **attrs}


class SettingsForm(forms.Form):
    """A channel's name, and whatever its adapter's `Settings` lets a person choose: fields bear the settings' names."""

    name = forms.CharField(label=_("Channel's name"), max_length=120, help_text=_("Only your team sees it."))

    def settings(self) -> dict[str, Any]:
        """Return what goes into the channel's settings."""
        return {name: value for name, value in self.cleaned_data.items() if name != "name"}


class Wizard:
    """How one messenger is connected. All words are lazy translations."""

    kind: ClassVar[str]
    name: ClassVar[Words]  # of the messenger
    place: ClassVar[int] = 50  # in the gallery
    title: ClassVar[Words]  # "Connect a Telegram bot"
    what: ClassVar[Words]  # what is needed, in the gallery
    first_heading: ClassVar[Words]  # "1. Make a bot, or take one that you have"
    steps: ClassVar[Sequence[Step]]
    keys_heading: ClassVar[Words]  # "2. Paste its token"
    keys_help: ClassVar[Words]
    check_words: ClassVar[Words]  # on the button
    found_heading: ClassVar[Words] = _("3. Is it this one?")
    renew_heading: ClassVar[Words]  # on the channel's page: "Token"
    renew_help: ClassVar[Words]
    renew_words: ClassVar[Words]  # on the button: "Replace the token"
    how_to_write: ClassVar[Words]  # on the page that waits for the first message
    reasons: ClassVar[Mapping[str, Words]] = {}  # the adapter's reason codes; the usual ones have words already
    Keys: ClassVar[type[KeysForm]]
    Settings: ClassVar[type[SettingsForm]] = SettingsForm

    def ways(self, settings: Mapping[str, Any]) -> frozenset[str]:
        """Return how news may come with these settings: `webhook`, `polls`."""
        return frozenset({"webhook", "polls"} if messenger(self.kind).capabilities.polls else {"webhook"})

    def shown_name(self, facts: Mapping[str, Any]) -> str:
        """Return how the messenger itself names the account, from what `account` told: "@shop_bot"."""
        return ""

    def told(self, account: Connected) -> Sequence[tuple[Words, str]]:
        """Return what else to show of an account that was found, with its label."""
        return ()

    def by_hand(self, channel: ChannelFacts) -> Sequence[tuple[Words, str]]:
        """Return what a person has to paste at the messenger's himself, with its label."""
        return ()
