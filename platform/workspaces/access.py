"""Every page says who may open it: `page(permission)`, `signed_in`, `staff` or `public`; a check finds those that do not."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils import timezone

from workspaces.models import Membership, User, Workspace
from workspaces.roles import Permission, may
from workspaces.scope import tenant

_P = ParamSpec("_P")
View = Callable[..., HttpResponseBase]


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

    Strangers to the workspace get a 404, members without the permission a 403. The view runs inside `tenant()`.
    """

    def decorate(view: Callable[Concatenate[TenantRequest, _P], HttpResponseBase]) -> View:
        @wraps(view)
        def wrapped(request: Any, *args: Any, workspace_slug: str, **kwargs: Any) -> HttpResponseBase:
            workspace = Workspace.objects.filter(slug=workspace_slug).first()
            if workspace is None:
                raise Http404
            with tenant(workspace):
                membership = Membership.objects.filter(user=request.user).first()
                if membership is None:
                    raise Http404
                if not may(membership.role, permission):
                    raise PermissionDenied
                request.workspace = workspace
                request.membership = membership
                request.may = lambda wanted: may(membership.role, wanted)
                with timezone.override(workspace.time_zone):
                    response = view(request, *args, **kwargs)
                    if isinstance(response, SimpleTemplateResponse):
                        response.render()
                return response

        guarded = login_required(wrapped)
        guarded.access = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def signed_in(view: View) -> View:
    """Declare a page for anybody who has signed in, outside any workspace."""
    guarded = login_required(view)
    guarded.access = "signed_in"  # type: ignore[attr-defined]
    return guarded


def public(view: View) -> View:
    """Declare a page for everybody."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def staff(view: View) -> View:
    """Declare a page for the installation's staff; others get a 404."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_staff:
            raise Http404
        return view(request, *args, **kwargs)

    guarded = login_required(wrapped)
    guarded.access = "staff"  # type: ignore[attr-defined]
    return guarded
