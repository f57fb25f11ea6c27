"""A workspace's settings: name, time zone, language, and its end."""

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from workspaces import founding
from workspaces.access import TenantRequest, page
from workspaces.forms import DeleteWorkspaceForm, WorkspaceForm
from workspaces.models import Workspace
from workspaces.role_table import permissions_of
from workspaces.roles import Permission, Role


@page(Permission.VIEW_DASHBOARD)
@require_GET
def settings_page(request: TenantRequest) -> HttpResponse:
    """Show the settings, to those who may change them as a form; and everybody his own place here."""
    return _page(request, WorkspaceForm(instance=request.workspace))


@page(Permission.EDIT_WORKSPACE)
@require_http_methods(["GET", "POST"])
def save(request: TenantRequest) -> HttpResponse:
    """Save the settings."""
    if request.method == "GET":
        return redirect("workspaces:settings", request.workspace.slug)
    # A copy: what is shown around the form stays as it is stored.
    form = WorkspaceForm(request.POST, instance=Workspace.objects.get(pk=request.workspace.pk))
    if not form.is_valid():
        return _page(request, form)
    founding.change_settings(request.user, request.workspace, **form.cleaned_data)
    messages.success(request, _("The settings are saved."))
    return redirect("workspaces:settings", request.workspace.slug)


@page(Permission.DELETE_WORKSPACE)
@require_http_methods(["GET", "POST"])
def delete(request: TenantRequest) -> HttpResponse:
    """Ask for the name, then delete the workspace."""
    form = DeleteWorkspaceForm(request.POST or None, workspace=request.workspace)
    if request.method == "POST" and form.is_valid():
        founding.delete(request.workspace, timezone.now())
        messages.success(request, _("“%(name)s” is deleted.") % {"name": request.workspace.name})
        return redirect("home")
    return render(request, "workspaces/delete.html", {"form": form})


def _page(request: TenantRequest, form: Form | WorkspaceForm) -> HttpResponse:
    role = request.membership.role
    context = {
        "form": form,
        "may_edit": request.may(Permission.EDIT_WORKSPACE),
        "may_delete": request.may(Permission.DELETE_WORKSPACE),
        "role": Role(role).label,
        "permissions": permissions_of(role),
    }
    return render(request, "workspaces/settings.html", context)
