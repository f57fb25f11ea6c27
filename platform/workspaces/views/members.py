"""The members' page: who is here, with which role, and who is invited."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from workspaces import invitations, members
from workspaces.access import TenantRequest, page
from workspaces.forms import InviteForm, RoleForm
from workspaces.members import MemberRuleError
from workspaces.models import Invitation, Membership
from workspaces.role_table import role_table
from workspaces.roles import Permission, Role
from workspaces.views.invitation import address_of, hand_over

PAGE = 100
_SHOWN_ONCE = "shown_once"  # in the session: the token of a link that was just made, until the next page shows it


@page(Permission.MANAGE_MEMBERS)
@require_GET
def members_page(request: TenantRequest) -> HttpResponse:
    """Show members, open invitations, and what each role may."""
    return _page(request, InviteForm(roles=members.roles_to_give(request.membership.role)))


@page(Permission.MANAGE_MEMBERS)
@require_http_methods(["GET", "POST"])
def invite(request: TenantRequest) -> HttpResponse:
    """Invite somebody by letter, or make a link."""
    if request.method == "GET":
        return _back(request)
    form = InviteForm(request.POST, roles=members.roles_to_give(request.membership.role))
    if not form.is_valid():
        return _page(request, form)
    role = Role(form.cleaned_data["role"])
    try:
        with transaction.atomic():  # no letter, no invitation
            invitation, token = invitations.invite(request.membership, form.cleaned_data["email"], role, timezone.now())
            _deliver(request, invitation, token)
    except (MemberRuleError, invitations.LetterError) as error:
        form.add_error("email", str(error))
        return _page(request, form)
    return _back(request)


@page(Permission.MANAGE_MEMBERS)
@require_POST
def renew_invitation(request: TenantRequest, invitation_id: int) -> HttpResponse:
    """Send the letter again, or make a new link."""
    invitation = get_object_or_404(Invitation, pk=invitation_id)
    try:
        with transaction.atomic():
            _deliver(request, invitation, invitations.renew(request.membership, invitation, timezone.now()))
    except (MemberRuleError, invitations.LetterError) as error:
        messages.error(request, str(error))
    return _back(request)


@page(Permission.MANAGE_MEMBERS)
@require_POST
def revoke_invitation(request: TenantRequest, invitation_id: int) -> HttpResponse:
    """Stop an invitation."""
    invitation = get_object_or_404(Invitation, pk=invitation_id)
    invitations.revoke(request.membership, invitation, timezone.now())
    messages.success(request, _("The invitation is revoked: its link no longer works."))
    return _back(request)


@page(Permission.MANAGE_MEMBERS)
@require_POST
def change_role(request: TenantRequest, membership_id: int) -> HttpResponse:
    """Give a member another role."""
    member = _member(membership_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("There is no such role. Nothing was changed."))
        return _again(request)
    try:
        changed = members.change_role(request.user, member.user, Role(form.cleaned_data["role"]))
    except MemberRuleError as error:
        messages.error(request, str(error))
    else:
        words = {"name": member.user, "role": Role(changed.role).label}
        messages.success(request, _("%(name)s: the role is now “%(role)s”.") % words)
    return _again(request)


@page(Permission.MANAGE_MEMBERS)
@require_http_methods(["GET", "POST"])
def remove(request: TenantRequest, membership_id: int) -> HttpResponse:
    """Ask, then end a membership."""
    member = _member(membership_id)
    if request.method == "GET":
        return render(request, "workspaces/remove_member.html", {"member": member})
    try:
        members.remove(request.user, member.user)
    except MemberRuleError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(name)s is no longer a member.") % {"name": member.user})
    return _back(request)


@page(Permission.VIEW_DASHBOARD)
@require_http_methods(["GET", "POST"])
def leave(request: TenantRequest) -> HttpResponse:
    """Ask, then end one's own membership."""
    if request.method == "GET":
        return render(request, "workspaces/leave.html")
    try:
        members.leave(request.user)
    except MemberRuleError as error:
        messages.error(request, str(error))
        return redirect("workspaces:settings", request.workspace.slug)
    messages.success(request, _("You have left “%(name)s”.") % {"name": request.workspace.name})
    return redirect("home")


def _page(request: TenantRequest, form: forms.Form) -> HttpResponse:
    after = _number(request.GET.get("after"))
    found = members.members().filter(pk__gt=after or 0)[: PAGE + 1]
    rows = list(found)
    now = timezone.now()
    context: dict[str, Any] = {
        "form": form,
        "count": Membership.objects.count(),
        "rows": [_row(request.membership, member) for member in rows[:PAGE]],
        "next": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "waiting": [
            {"invitation": one, "role": Role(one.role).label, "expired": now >= one.expires_at}
            for one in invitations.pending()[:PAGE]
        ],
        "link": _shown_once(request),
        "table": role_table(),
        "lifetime": invitations.LIFETIME.days,
    }
    return render(request, "workspaces/members.html", context)


def _row(own: Membership, member: Membership) -> dict[str, Any]:
    is_own = own.pk == member.pk
    untouchable = member.role == Role.OWNER and own.role != Role.OWNER
    roles = members.roles_to_give(own.role)
    return {
        "member": member,
        "role": Role(member.role).label,
        "is_own": is_own,
        "roles": [] if untouchable else [(role.value, role.label) for role in roles],
        "removable": not untouchable and not is_own,
    }


def _deliver(request: TenantRequest, invitation: Invitation, token: str) -> None:
    if invitation.email:
        hand_over(request, invitation, token)
        messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": invitation.email})
    else:
        request.session[_SHOWN_ONCE] = {"workspace": request.workspace.pk, "token": token}


def _shown_once(request: TenantRequest) -> str:
    kept = request.session.get(_SHOWN_ONCE) or {}
    if kept.get("workspace") != request.workspace.pk:
        return ""
    del request.session[_SHOWN_ONCE]
    return address_of(kept["token"])


def _member(membership_id: int) -> Membership:
    member = members.members().filter(pk=membership_id).first()
    if member is None:
        raise Http404
    return member


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


def _back(request: TenantRequest) -> HttpResponse:
    return redirect("workspaces:members", request.workspace.slug)


def _again(request: TenantRequest) -> HttpResponse:
    """Show the page anew: a script that saved in place is told to reload it."""
    return HttpResponse(headers={"HX-Refresh": "true"}) if request.headers.get("HX-Request") else _back(request)
