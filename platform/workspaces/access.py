"""Every page says who may open it: `page(permission)`, `signed_in`, `staff` or `public`. A check finds the silent."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import resolve_url
from django.template.response import SimpleTemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from workspaces.models import Membership, User, Workspace
from workspaces.roles import Permission, may
from workspaces.scope import tenant

_P = ParamSpec("_P")
View = Callable[..., HttpResponseBase]

PUBLIC, SIGNED_IN, STAFF = "public", "signed_in", "staff"


class TenantRequest(HttpRequest):
    """A request inside a workspace, by one of its members."""

    user: User
    workspace: Workspace
    membership: Membership

    def may(self, permission: Permission) -> bool:
        """Say whether this request's member has the permission."""
        return may(self.membership.role, permission)


def page(permission: Permission) -> Callable[[Callable[Concatenate[TenantRequest, _P], HttpResponseBase]], View]:
    """Declare a page of a workspace. Its address has `workspace_slug`, which the view does not see.

    Strangers to the workspace get a 404, members without the permission a 403. The view and its template run inside
    `tenant()`. A streamed body is made after that has closed: it opens `tenant()` itself, or its queries raise.
    """

    def decorate(view: Callable[Concatenate[TenantRequest, _P], HttpResponseBase]) -> View:
        @wraps(view)
        def wrapped(request: Any, *args: Any, workspace_slug: str, **kwargs: Any) -> HttpResponseBase:
            workspace = Workspace.objects.filter(slug=workspace_slug).first()
            if workspace is None:
                raise Http404
            with tenant(workspace):
                _admit(request, workspace, permission)
                with timezone.override(workspace.time_zone):
                    response = view(request, *args, **kwargs)
                    if isinstance(response, SimpleTemplateResponse):
                        response.render()
                return response

        return _declared(_for_the_signed_in(wrapped), permission)

    return decorate


def signed_in(view: View) -> View:
    """Declare a page for anybody who has signed in, outside any workspace."""
    return _declared(_for_the_signed_in(view), SIGNED_IN)


def public(view: View) -> View:
    """Declare a page for everybody."""
    return _declared(view, PUBLIC)


def staff(view: View) -> View:
    """Declare a page for the installation's staff; others get a 404."""

    @wraps(view)
    def wrapped(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_staff:
            raise Http404
        return view(request, *args, **kwargs)

    return _declared(_for_the_signed_in(wrapped), STAFF)


def _admit(request: Any, workspace: Workspace, permission: Permission) -> None:
    membership = Membership.objects.filter(user=request.user).first()
    if membership is None:
        raise Http404
    if not may(membership.role, permission):
        raise PermissionDenied
    request.workspace = workspace
    request.membership = membership
    request.may = lambda wanted: may(membership.role, wanted)


def _for_the_signed_in(view: View) -> View:
    @wraps(view)
    def wrapped(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _ask_to_sign_in(request)
        return view(request, *args, **kwargs)

    return wrapped


def _ask_to_sign_in(request: Any) -> HttpResponseBase:
    """Answer so that a page goes to the sign-in form, and a script is told instead of being handed that form."""
    if request.headers.get("HX-Request"):
        here = request.htmx.current_url_abs_path or resolve_url(settings.LOGIN_REDIRECT_URL)
        return HttpResponse(status=401, headers={"HX-Redirect": redirect_to_login(here).url})
    wants = request.get_preferred_type(["text/html", "application/json"])
    if wants == "application/json" or request.headers.get("Sec-Fetch-Dest") == "empty":
        error = {"code": "signed_out", "message": _("You are signed out. Sign in and try again.")}
        return JsonResponse({"error": error}, status=401)
    if request.method not in {"GET", "HEAD"}:  # what was sent is gone: there is no such page to come back to
        return redirect_to_login(resolve_url(settings.LOGIN_REDIRECT_URL))
    return redirect_to_login(request.get_full_path())


def _declared(view: View, access: str) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view
