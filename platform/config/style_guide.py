"""The style guide: every component in every state, for staff, and for everybody while developing."""

from datetime import timedelta
from types import SimpleNamespace

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from workspaces.access import public

MESSENGERS = (
    ("site_chat", _("Site chat")),
    ("telegram", "Telegram"),
    ("vk", _("VK")),
    ("whatsapp", "WhatsApp"),
    ("viber", "Viber"),
    ("messenger", "Messenger"),
    ("instagram", "Instagram"),
    ("max", "MAX"),
    ("sms", "SMS"),
    ("email", _("E-mail")),
)
FACES = ("Анна Смирнова", "Ivan Petrov", "maria@example.com", "Олег", "Kim Lee", "Zoë")
_ZONES = ("Europe/Moscow", "Europe/Kaliningrad", "Asia/Yekaterinburg", "Asia/Vladivostok", "Europe/London")


class _Sample(forms.Form):
    name = forms.CharField(label=_("Name"), help_text=_("Your colleagues see it."), initial="Kaskad")
    email = forms.EmailField(label=_("E-mail"), required=False)
    zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=[(zone, zone) for zone in _ZONES],
        widget=forms.Select(attrs={"data-combobox": ""}),
    )
    letter = forms.CharField(label=_("Message"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    agree = forms.BooleanField(label=_("Send me a copy"), required=False)
    live = forms.BooleanField(
        label=_("Switched on"), required=False, initial=True, widget=forms.CheckboxInput(attrs={"class": "toggle"})
    )


@public
def style_guide(request: HttpRequest) -> HttpResponse:
    """Show each component in each state; visitors of a live installation find nothing here."""
    if not (settings.DEBUG or getattr(request.user, "is_staff", False)):
        raise Http404
    return render(
        request,
        "components/style_guide.html",
        {
            "themes": [
                {"name": name, "form": _Sample(auto_id=f"{name}_%s"), "wrong": _wrong(name)}
                for name in ("kaskad", "kaskad-dark")
            ],
            "messengers": [SimpleNamespace(kind=kind, name=name) for kind, name in MESSENGERS],
            "faces": FACES,
            "now": timezone.now(),
            "hour_ago": timezone.now() - timedelta(minutes=70),
            "week_ago": timezone.now() - timedelta(days=7),
        },
    )


def _wrong(name: str) -> _Sample:
    form = _Sample({"name": "", "email": "somebody", "zone": "Europe/Moscow"}, auto_id=f"{name}_wrong_%s")
    form.is_valid()
    return form
