"""Where one comes in: the start page, one's workspaces, and a new one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from workspaces import founding
from workspaces.access import public, signed_in
from workspaces.forms import NewWorkspaceForm
from workspaces.last_workspace import LAST
from workspaces.models import User, Workspace

_DEFAULT_ZONE = "Europe/Moscow"


@public
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Lead on: visitors to the log-in form, people to the workspace they used last, or to their first one."""
    if not isinstance(request.user, User):
        return redirect("account_login")
    workspaces = list(founding.workspaces_of(request.user))
    if not workspaces:
        return redirect("workspaces:new")
    last = request.session.get(LAST)
    chosen = next((one for one in workspaces if one.slug == last), workspaces[0])
    return redirect("analytics:dashboard", chosen.slug)


@signed_in
@require_GET
def workspaces(request: HttpRequest) -> HttpResponse:
    """List the person's workspaces."""
    assert isinstance(request.user, User)
    return render(request, "workspaces/list.html", {"workspaces": founding.workspaces_of(request.user)})


@signed_in
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Found a workspace."""
    assert isinstance(request.user, User)
    form = NewWorkspaceForm(request.POST or None, instance=Workspace(time_zone=_DEFAULT_ZONE))
    if request.method == "POST" and form.is_valid():
        language = translation.get_language() or request.user.language
        workspace = founding.found(request.user, form.cleaned_data["name"], form.cleaned_data["time_zone"], language)
        messages.success(request, _("The workspace is ready."))
        return redirect("analytics:dashboard", workspace.slug)
    is_first = not founding.workspaces_of(request.user).exists()
    return render(request, "workspaces/new.html", {"form": form, "is_first": is_first})
