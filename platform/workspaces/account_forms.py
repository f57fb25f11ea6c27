"""The forms of signing up and in, with our labels and help; what they do is django-allauth's."""

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.utils.translation import gettext_lazy as _

_PASSWORD_HELP = _("At least 8 characters. Not a common word, not your name or address.")


class _Plain:
    """Takes placeholders away: a label says it, and stays while one types."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)

    def _name(self, name: str, label: Any, help_text: Any = "") -> None:
        self.fields[name].label, self.fields[name].help_text = label, help_text


class LogInForm(_Plain, allauth_forms.LoginForm):  # type: ignore[misc]  # allauth has no types
    """E-mail and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._name("login", _("E-mail"))
        self._name("password", _("Password"))


class SignUpForm(_Plain, allauth_forms.SignupForm):  # type: ignore[misc]
    """Name, e-mail and password. A workspace is the next step."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        help_text=_("Your colleagues see it."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ("name", "email", "password1")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._name("email", _("E-mail"))
        self._name("password1", _("Password"), _PASSWORD_HELP)


class ForgottenPasswordForm(_Plain, allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    """Where to send the link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._name("email", _("E-mail"))


class NewPasswordForm(_Plain, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password for whoever came by a letter's link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._name("password1", _("New password"), _PASSWORD_HELP)
        self._name("password2", _("New password again"))


class ChangePasswordForm(_Plain, allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    """The current password and a new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._name("oldpassword", _("Current password"))
        self._name("password1", _("New password"), _PASSWORD_HELP)
        self._name("password2", _("New password again"))


class SetPasswordForm(_Plain, allauth_forms.SetPasswordForm):  # type: ignore[misc]
    """The first password of somebody who has none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._name("password1", _("New password"), _PASSWORD_HELP)
        self._name("password2", _("New password again"))


class ChangeEmailForm(_Plain, allauth_forms.AddEmailForm):  # type: ignore[misc]
    """Another address, used once it is confirmed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._name(
            "email", _("New e-mail"), _("We send a letter with a link there. Until you open it, nothing changes.")
        )


class PasswordAgainForm(_Plain, allauth_forms.ReauthenticateForm):  # type: ignore[misc]
    """The password, before something that only its owner may do."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._name("password", _("Password"))
