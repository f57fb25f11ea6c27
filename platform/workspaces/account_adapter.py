"""How django-allauth signs people up and writes to them here: our letters, our words, our addresses."""

import logging
from smtplib import SMTPException
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from workspaces import invitations
from workspaces.joining import following, joining
from workspaces.letters import ACCOUNT_LETTERS, compose, language_of
from workspaces.models import User

LETTER_TO = "letter_to"  # in the session: the address that the page "we have sent you a letter" names

_log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """What allauth asks this house."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": gettext_lazy("This account is switched off."),
        "duplicate_email": gettext_lazy("This is your address already."),
        "email_password_mismatch": gettext_lazy("There is no account with this e-mail address and password."),
        "email_taken": gettext_lazy("Somebody uses this address already."),
        "enter_current_password": gettext_lazy("This is not your current password."),
        "incorrect_password": gettext_lazy("The password is wrong."),
        "invalid_password_reset": gettext_lazy("The link does not work any more."),
        "too_many_login_attempts": gettext_lazy("Too many failed attempts. Wait five minutes and try again."),
        "unknown_email": gettext_lazy("No account has this address."),
        "same_as_current": gettext_lazy("It is the same as before."),
        "rate_limited": gettext_lazy("Too many requests. Wait a little and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Let everybody sign up, or only those who come with an invitation that works."""
        if settings.SIGN_UP == "open":
            return True
        token_hash = joining(request)
        return token_hash is not None and invitations.is_open(token_hash, timezone.now())

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Keep name and language too; an address that an invitation was sent to needs no second letter."""
        user.name = form.cleaned_data.get("name", "")
        user.language = translation.get_language() or settings.LANGUAGE_CODE
        token_hash = joining(request)
        found = invitations.find(token_hash, timezone.now()) if token_hash else None
        address = form.cleaned_data.get("email", "")
        if found and found.state == invitations.State.OPEN and found.invitation.email == address:
            self.stash_verified_email(request, address)
        saved: User = super().save_user(request, user, form, commit)
        return saved

    def render_mail(
        self, template_prefix: str, email: Any, context: dict[str, Any], headers: dict[str, str] | None = None
    ) -> EmailMessage:
        """Write one of our letters instead of the library's template."""
        address = email if isinstance(email, str) else email[0]
        person = context.get("user")
        active = translation.get_language() or settings.LANGUAGE_CODE
        language = (person.language if isinstance(person, User) else "") or language_of(address, active)
        with translation.override(language):
            letter = ACCOUNT_LETTERS[template_prefix.rpartition("/")[2]](context | {"email": address})
            message = compose(letter, address, language)
        message.extra_headers.update(headers or {})
        return message

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send; where the mail server fails, say so on the page instead of breaking it."""
        request = allauth_context.request
        try:
            self.render_mail(template_prefix, email, {"request": request} | context).send()
        except (SMTPException, OSError):
            _log.exception("A letter (%s) could not be handed over", template_prefix)
            text = _("The letter could not be sent: our mail server does not answer. Try again in a few minutes.")
            messages.error(request, text)

    def send_confirmation_mail(self, request: HttpRequest, emailconfirmation: Any, signup: bool) -> None:
        """Remember for the next page where the letter went."""
        request.session[LETTER_TO] = emailconfirmation.email_address.email
        super().send_confirmation_mail(request, emailconfirmation, signup)

    def send_account_already_exists_mail(self, email: str) -> None:
        """Look from outside exactly as a sign-up does; in truth, tell the owner of the address."""
        allauth_context.request.session[LETTER_TO] = email
        reset = _absolute(reverse("account_reset_password"))
        self.send_mail("account/email/account_already_exists", email, {"password_reset_url": reset})

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """Return the letter's link; it leads on to the invitation that the person came with."""
        address = _absolute(reverse("account_confirm_email", args=[emailconfirmation.key]))
        invitation = following(request)
        return f"{address}?{urlencode({'next': invitation})}" if invitation else address

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the letter's link, at the installation's own address whatever host was asked for."""
        address = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return _absolute(address.replace("UID-KEY", quote(key)))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Go back to the person's settings."""
        return reverse("workspaces:personal")

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Say only what the next page does not show by itself."""
        text = message or _MESSAGES.get((message_template or "").rpartition("/")[2])
        if text:
            messages.add_message(request, level, str(text) % (message_context or {}), extra_tags=extra_tags)


def _absolute(path: str) -> str:
    base = urlsplit(settings.BASE_URL)
    return f"{base.scheme}://{base.netloc}{path}"


_MESSAGES = {
    "email_confirmed.txt": gettext_lazy("The address %(email)s is confirmed."),
    "email_confirmation_failed.txt": gettext_lazy("%(email)s belongs to another account already."),
    "email_deleted.txt": gettext_lazy("The change is canceled: %(email)s is forgotten."),
    "password_changed.txt": gettext_lazy("The new password is saved."),
    "password_set.txt": gettext_lazy("The new password is saved."),
    "unverified_primary_email.txt": gettext_lazy("Confirm the address first: open the link in the letter."),
}
