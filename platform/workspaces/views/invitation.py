"""What the holder of an invitation sees, whoever he is: who invites him, where to, and under which account."""

from smtplib import SMTPException

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from workspaces import invitations, joining
from workspaces.access import TenantRequest, public
from workspaces.letters import send_invitation
from workspaces.models import Invitation, User
from workspaces.roles import Role


@public
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation and accept it; whoever has no account yet signs up or logs in on the way."""
    token_hash = invitations.hash_of(token)
    found = invitations.find(token_hash, timezone.now())
    if found is None or found.state != invitations.State.OPEN:
        joining.forget(request)
        state = found.state if found else "unknown"
        return render(request, "workspaces/invitation_closed.html", {"state": state, "found": found}, status=410)
    person = request.user if isinstance(request.user, User) else None
    # Who has pressed "accept" before signing up need not press it again.
    if person and (request.POST.get("way") == "accept" or joining.joining(request) == token_hash):
        return _accept(request, person, token_hash)
    if request.method == "POST":
        return _sign_in_first(request, token_hash, found)
    context = {"found": found, "role": Role(found.invitation.role).label}
    return render(request, "workspaces/invitation.html", context)


def address_of(token: str) -> str:
    """Return the address that an invitation's holder opens."""
    return settings.BASE_URL + reverse("workspaces:invitation", args=[token])


def hand_over(request: TenantRequest, invited: Invitation, token: str) -> None:
    """Send the letter; LetterError where the mail server does not take it, and then nothing is kept."""
    try:
        send_invitation(invited, request.workspace, address_of(token))
    except (SMTPException, OSError) as error:
        raise invitations.LetterError(
            _("The letter could not be sent: the mail server does not answer. Nobody was invited; try again later.")
        ) from error


def _accept(request: HttpRequest, person: User, token_hash: str) -> HttpResponse:
    joining.forget(request)
    workspace = invitations.accept(person, token_hash, timezone.now())
    if workspace is None:  # accepted by somebody else, or revoked, in this very moment
        return redirect(request.get_full_path())
    messages.success(request, _("Welcome to “%(name)s”.") % {"name": workspace.name})
    return redirect("analytics:dashboard", workspace.slug)


def _sign_in_first(request: HttpRequest, token_hash: str, found: invitations.Invited) -> HttpResponse:
    if request.user.is_authenticated:
        logout(request)
    joining.remember(request, token_hash, request.path)
    way = "account_signup" if request.POST.get("way") == "sign_up" else "account_login"
    query = {"next": request.path}
    if found.invitation.email and way == "account_signup":
        query["email"] = found.invitation.email
    return redirect(f"{reverse(way)}?{urlencode(query)}")
