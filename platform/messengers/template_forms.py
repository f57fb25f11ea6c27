"""What a person types about a new template. What Meta would refuse anyway is said here, at the field."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from messengers.template_parts import NewTemplate, TemplateButton, TemplateParts, names

REPLIES = 3
_LANGUAGES = (
    *(("ru", "Русский"), ("en", "English"), ("en_US", "English (US)"), ("kk", "Қазақша"), ("uz", "Oʻzbekcha")),
    *(("es", "Español"), ("pt_BR", "Português (BR)"), ("de", "Deutsch"), ("fr", "Français"), ("tr", "Türkçe")),
)
_EDGE = re.compile(r"^\s*\{\{|\}\}\s*$")


def _line(label: Any, limit: int, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=limit, required=False, **more)


class NewTemplateForm(forms.Form):
    """Name, category, words with gaps, buttons."""

    name = forms.RegexField(
        r"^[a-z0-9_]{1,512}$",
        label=_("Name"),
        help_text=_("Small Latin letters, digits and underscores. Only your team sees it."),
        error_messages={"invalid": _("Use small Latin letters, digits and underscores only.")},
    )
    language = forms.ChoiceField(label=_("Language"), choices=_LANGUAGES)
    category = forms.ChoiceField(
        label=_("Category"),
        choices=[("MARKETING", _("Advertising and news")), ("UTILITY", _("About an order, a booking, an account"))],
        help_text=_("The messenger looks whether it is true, and the price depends on it."),
    )
    header = _line(_("Heading"), 60)
    header_example = _line(_("Example for the gap in the heading"), 60)
    body = forms.CharField(
        label=_("Text"),
        max_length=1024,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Gaps are written {{1}}, {{2}}. A text may neither begin nor end with one."),
    )
    body_examples = forms.CharField(
        label=_("Examples for the gaps"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line, in the order of the gaps: the messenger wants to see what will stand there."),
    )
    footer = _line(_("Small line at the end"), 60)
    reply_1 = _line(_("Reply button"), 25)
    reply_2 = _line(_("Second reply button"), 25)
    reply_3 = _line(_("Third reply button"), 25)
    url_text = _line(_("Button that opens a page"), 25)
    url = _line(_("Its address"), 2000, help_text=_("It may end in {{1}}."))
    url_example = _line(_("Example of the whole address"), 2000)

    def clean(self) -> dict[str, Any]:
        """Hold the gaps against their examples."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        self._numbered("header", 1)
        self._numbered("body", 50)
        if names(told.get("footer", "")):
            self.add_error("footer", gettext("There may be no gap in the small line."))
        if _EDGE.search(told.get("body", "")):
            self.add_error("body", gettext("A text may neither begin nor end with a gap."))
        if len(names(told.get("header", ""))) > len(self._examples("header_example")):
            self.add_error("header_example", gettext("Write an example for the gap."))
        if len(names(told.get("body", ""))) > len(self._examples("body_examples")):
            self.add_error("body_examples", gettext("Write an example for each gap, one a line."))
        self._address(told)
        return told

    def wanted(self) -> NewTemplate:
        """Return what was typed."""
        told = self.cleaned_data
        buttons = [
            TemplateButton(kind="reply", text=told[f"reply_{n}"]) for n in range(1, REPLIES + 1) if told[f"reply_{n}"]
        ]
        if told["url_text"]:
            address = TemplateButton(kind="url", text=told["url_text"], url=told["url"], example=told["url_example"])
            buttons.append(address)
        parts = TemplateParts(
            header=told["header"],
            header_examples=self._examples("header_example"),
            body=told["body"],
            body_examples=self._examples("body_examples"),
            footer=told["footer"],
            buttons=buttons,
        )
        return NewTemplate(told["name"], told["language"], told["category"], parts)

    def _numbered(self, field: str, most: int) -> None:
        found = names(self.cleaned_data.get(field, ""))
        if found != [str(number) for number in range(1, len(found) + 1)]:
            self.add_error(field, gettext("Number the gaps from one: {{1}}, {{2}}."))
        elif len(found) > most:
            self.add_error(field, gettext("There are too many gaps."))

    def _address(self, told: dict[str, Any]) -> None:
        text, url = told.get("url_text", ""), told.get("url", "")
        if bool(text) != bool(url):
            self.add_error("url" if text else "url_text", gettext("A button needs both words and an address."))
        elif url and not url.startswith(("https://", "http://")):
            self.add_error("url", gettext("An address begins with https://."))
        elif names(url) and not (url.endswith("{{1}}") and names(url) == ["1"]):
            self.add_error("url", gettext("The gap may stand at the end only, as {{1}}."))
        elif names(url) and not told.get("url_example"):
            self.add_error("url_example", gettext("Write an example for the gap."))

    def _examples(self, field: str) -> list[str]:
        return [line.strip() for line in self.cleaned_data.get(field, "").splitlines() if line.strip()]
