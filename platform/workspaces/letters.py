"""Every letter that Kaskad sends to people about their accounts: its words once, as text and as simple HTML.

The accounts' adapter and the pages of invitations call it, each letter in its reader's language.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import override

from workspaces.models import Invitation, User, Workspace
from workspaces.roles import Role


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter says: a subject, paragraphs, perhaps a button with an address, and a quiet last line."""

    subject: str
    paragraphs: tuple[str, ...]
    button: str = ""
    address: str = ""
    note: str = ""


def compose(letter: Letter, to: str, language: str) -> EmailMultiAlternatives:
    """Return the letter as text with HTML beside it."""
    context = {"letter": letter, "language": language, "home": settings.BASE_URL}
    text = render_to_string("workspaces/letter.txt", context).strip() + "\n"
    message = EmailMultiAlternatives(letter.subject, text, settings.DEFAULT_FROM_EMAIL, [to])
    message.attach_alternative(render_to_string("workspaces/letter.html", context), "text/html")
    return message


def language_of(address: str, otherwise: str) -> str:
    """Return the language that whoever has the address has chosen."""
    person = User.objects.filter(email=address.lower()).only("language").first()
    return (person.language if person else "") or otherwise


def send_invitation(invitation: Invitation, workspace: Workspace, address: str) -> None:
    """Send an invitation with its link."""
    language = language_of(invitation.email, workspace.language)
    with override(language):
        words = {
            "inviter": str(invitation.invited_by),
            "workspace": workspace.name,
            "role": str(Role(invitation.role).label).lower(),
        }
        letter = Letter(
            subject=_("%(inviter)s invites you to “%(workspace)s”") % words,
            paragraphs=(
                _("%(inviter)s invites you to work in “%(workspace)s” in Kaskad. Your role there: %(role)s.") % words,
                _("The link works until %(date)s.") % {"date": date_format(localtime(invitation.expires_at), "j E Y")},
            ),
            button=_("Accept the invitation"),
            address=address,
            note=_("If you do not know what this is about, ignore this letter: nothing will happen."),
        )
        compose(letter, invitation.email, language).send()


def _confirm_sign_up(context: Mapping[str, Any]) -> Letter:
    return Letter(
        subject=_("Confirm your e-mail address"),
        paragraphs=(
            _("Hello, %(name)s!") % {"name": context["user"]},
            _("You have signed up for Kaskad with this address. Confirm that it is yours, and you can start."),
        ),
        button=_("Confirm the address"),
        address=context["activate_url"],
        note=_("If it was not you who signed up, ignore this letter: without it nobody can use the account."),
    )


def _confirm_address(context: Mapping[str, Any]) -> Letter:
    return Letter(
        subject=_("Confirm your e-mail address"),
        paragraphs=(
            _("%(name)s, confirm that this address is yours, and Kaskad will use it for your account.")
            % {"name": context["user"]},
        ),
        button=_("Confirm the address"),
        address=context["activate_url"],
        note=_("If it was not you who asked for this, ignore this letter: nothing will change."),
    )


def _already_signed_up(context: Mapping[str, Any]) -> Letter:
    return Letter(
        subject=_("You already have an account"),
        paragraphs=(
            _("Somebody, probably you, tried to sign up for Kaskad with this address. It has an account already."),
            _("Log in with your password. If you have forgotten it, choose a new one:"),
        ),
        button=_("Choose a new password"),
        address=context["password_reset_url"],
        note=_("If it was not you, ignore this letter: nothing has changed."),
    )


def _no_account(context: Mapping[str, Any]) -> Letter:
    return Letter(
        subject=_("There is no account with this address"),
        paragraphs=(
            _("Somebody, probably you, asked for a new password for %(email)s. No account has this address.")
            % {"email": context["email"]},
            _("Perhaps you have signed up with another one. If you have not signed up yet, do it here:"),
        ),
        button=_("Sign up"),
        address=settings.BASE_URL + reverse("account_signup"),
        note=_("If it was not you, ignore this letter."),
    )


def _choose_password(context: Mapping[str, Any]) -> Letter:
    return Letter(
        subject=_("Choose a new password"),
        paragraphs=(_("Somebody, probably you, asked for a new password for your account in Kaskad."),),
        button=_("Choose a new password"),
        address=context["password_reset_url"],
        note=_("If it was not you, ignore this letter: your password stays as it is."),
    )


def _password_changed(context: Mapping[str, Any]) -> Letter:
    return Letter(
        subject=_("Your password was changed"),
        paragraphs=(_("The password of your account in Kaskad was changed."), *_trace(context)),
        note=_("If it was not you, choose a new password at once: “Forgot your password?” on the log-in page."),
    )


def _email_changed(context: Mapping[str, Any]) -> Letter:
    return Letter(
        subject=_("Your e-mail address was changed"),
        paragraphs=(
            _("Your account in Kaskad now has the address %(new)s instead of %(old)s.")
            % {"new": context["to_email"], "old": context["from_email"]},
            *_trace(context),
        ),
        note=_("If it was not you, write at once to whoever runs your Kaskad."),
    )


def _trace(context: Mapping[str, Any]) -> tuple[str, ...]:
    words = {
        "when": date_format(context["timestamp"], "j E Y, H:i") + " UTC",
        "ip": context["ip"],
        "browser": context["user_agent"],
    }
    return (_("When: %(when)s. From where: %(ip)s. Browser: %(browser)s.") % words,)


# The library's names of its letters, and what we write instead.
ACCOUNT_LETTERS: dict[str, Callable[[Mapping[str, Any]], Letter]] = {
    "email_confirmation_signup": _confirm_sign_up,
    "email_confirmation": _confirm_address,
    "account_already_exists": _already_signed_up,
    "unknown_account": _no_account,
    "password_reset_key": _choose_password,
    "password_reset": _password_changed,
    "password_changed": _password_changed,
    "password_set": _password_changed,
    "email_changed": _email_changed,
}
