"""The forms of workspaces and people's own settings."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from workspaces import time_zones
from workspaces.models import User, Workspace
from workspaces.roles import Role

if TYPE_CHECKING:
    _WorkspaceModelForm = forms.ModelForm[Workspace]
    _PersonModelForm = forms.ModelForm[User]
else:
    _WorkspaceModelForm = _PersonModelForm = forms.ModelForm


def languages() -> list[tuple[str, str]]:
    """Return every language by its own name."""
    return [(code, str(get_language_info(code)["name_local"]).capitalize()) for code, _name in settings.LANGUAGES]


class _LongSelect(forms.Select):
    """A list of hundreds, written in one go: Django's template for each option took most of the page's time."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        rows = ((key, mark_safe(" selected") if key == value else "", text) for key, text in self.choices)
        options = format_html_join("", '<option value="{}"{}>{}</option>', rows)
        return format_html(
            '<select name="{}"{}>{}</select>', name, flatatt(self.build_attrs(self.attrs, attrs)), options
        )


class TimeZoneField(forms.ChoiceField):
    """A zone of the IANA list; the page makes it searchable."""

    widget = _LongSelect(attrs={"data-combobox": True})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=_zones, **kwargs)


def _zones() -> list[tuple[str, str]]:
    return time_zones.choices(timezone.now())


class NewWorkspaceForm(_WorkspaceModelForm):
    """What a workspace begins with."""

    time_zone = TimeZoneField(label=_("Time zone"), help_text=_("Dates, reports and schedules go by it."))

    class Meta:
        model = Workspace
        fields: tuple[str, ...] = ("name", "time_zone")
        labels = {"name": _("Name of the workspace")}
        help_texts = {"name": _("Usually the name of your company or shop.")}
        error_messages = {"name": {"required": _("Give the workspace a name.")}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The browser knows where the person is; what he has chosen, now or before, stays.
        if self.instance.pk is None and not self.is_bound:
            self.fields["time_zone"].widget.attrs["data-guess-zone"] = True


class WorkspaceForm(NewWorkspaceForm):
    """A workspace's settings."""

    language = forms.ChoiceField(
        label=_("Language"),
        choices=languages,
        help_text=_("Letters of invitation, and whatever is said to people who have not chosen a language."),
    )

    class Meta(NewWorkspaceForm.Meta):
        fields = ("name", "time_zone", "language")


class DeleteWorkspaceForm(forms.Form):
    """Asks for the workspace's name, so that nobody deletes one by a slip."""

    name = forms.CharField(widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.workspace = workspace
        self.fields["name"].label = _("To confirm, type the name: %(name)s") % {"name": workspace.name}
        self.fields["name"].widget.attrs["data-typed-name"] = workspace.name

    def clean_name(self) -> str:
        """Compare."""
        name = str(self.cleaned_data["name"]).strip()
        if name != self.workspace.name.strip():
            raise forms.ValidationError(_("This is not the workspace's name. Nothing was deleted."))
        return name


class InviteForm(forms.Form):
    """Whom to invite, and as what."""

    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        help_text=_("Leave it empty to get a link that you hand over yourself."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("Role"), initial=Role.AGENT.value)

    def __init__(self, *args: Any, roles: list[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(role.value, role.label) for role in roles]

    def clean_email(self) -> str:
        """Compare addresses in lower case."""
        return str(self.cleaned_data["email"]).lower()


class RoleForm(forms.Form):
    """A member's role."""

    role = forms.ChoiceField(choices=Role.choices)


class PersonForm(_PersonModelForm):
    """What a person decides for himself, in every workspace."""

    language = forms.ChoiceField(label=_("Language"), choices=languages)

    class Meta:
        model = User
        fields = ("name", "language", "theme")
        labels = {"name": _("Your name"), "theme": _("Theme")}
        help_texts = {"name": _("Your colleagues see it.")}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
