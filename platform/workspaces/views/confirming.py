"""Sends the letter of confirmation once more, without telling whether the address has an account."""

from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from workspaces.access import public
from workspaces.account_adapter import LETTER_TO


@public
@require_POST
def resend_confirmation(request: HttpRequest) -> HttpResponse:
    """Send it to the address of this browser's sign-up, at most once in a while."""
    email = request.session.get(LETTER_TO, "")
    if not email:
        return redirect("account_login")
    if not ratelimit.consume(request, action="confirm_email", key=email):
        messages.error(request, _("A letter was sent less than three minutes ago. Look into spam, or wait a little."))
    else:
        address = EmailAddress.objects.filter(email=email, verified=False).select_related("user").first()
        if address is not None:
            address.send_confirmation(request, signup=True)
        messages.success(request, _("The letter is sent once more."))
    return redirect("account_email_verification_sent")
