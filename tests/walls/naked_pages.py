"""Pages with holes, for the test that holes are found. No real address leads here."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import include, path

from config import urls as real
from messengers.models import Channel, Conversation
from workspaces.access import TenantRequest, page, public, signed_in
from workspaces.crossings import ids_across_workspaces
from workspaces.models import Workspace
from workspaces.roles import Permission
from workspaces.scope import tenant


def undeclared(request: HttpRequest, workspace_slug: str) -> HttpResponse:
    return HttpResponse(workspace_slug)


@public
def public_in_workspace(request: HttpRequest, workspace_slug: str) -> HttpResponse:
    return HttpResponse(workspace_slug)


@page(Permission.VIEW_DASHBOARD)
def ignores_the_object(request: TenantRequest, conversation_id: int) -> HttpResponse:
    return HttpResponse(str(conversation_id))


@signed_in
def opens_any_workspace(request: HttpRequest, workspace_slug: str, conversation_id: int) -> HttpResponse:
    with tenant(Workspace.objects.get(slug=workspace_slug)):
        return HttpResponse(str(get_object_or_404(Conversation, pk=conversation_id).contact))


opens_any_workspace.access = Permission.VIEW_DASHBOARD  # type: ignore[attr-defined]  # claims what it does not check


@signed_in
def shows_a_foreign_name(request: HttpRequest, key: str) -> HttpResponse:
    names: list[str] = []
    for workspace in Workspace.objects.all():
        with tenant(workspace):
            names += Channel.objects.values_list("name", flat=True)
    return HttpResponse(", ".join(names))


@page(Permission.VIEW_DASHBOARD)
def crashes_on_a_naked_post(request: TenantRequest) -> HttpResponseBase:
    return HttpResponse(request.POST["name"] if request.method == "POST" else "")


@page(Permission.VIEW_DASHBOARD)
def takes_an_unknown_object(request: TenantRequest, dragon_id: int) -> HttpResponse:
    return HttpResponse(str(ids_across_workspaces("workspaces_of_user", dragon_id)))


@page(Permission.VIEW_DASHBOARD)
def sound(request: TenantRequest, conversation_id: int) -> HttpResponse:
    return HttpResponse(str(get_object_or_404(Conversation, pk=conversation_id).contact))


app_name = "naked"
inside = [
    path("undeclared/", undeclared, name="undeclared"),
    path("public/", public_in_workspace, name="public_in_workspace"),
    path("ignores/<int:conversation_id>/", ignores_the_object, name="ignores_the_object"),
    path("any/<int:conversation_id>/", opens_any_workspace, name="opens_any_workspace"),
    path("post/", crashes_on_a_naked_post, name="crashes_on_a_naked_post"),
    path("dragon/<int:dragon_id>/", takes_an_unknown_object, name="takes_an_unknown_object"),
    path("sound/<int:conversation_id>/", sound, name="sound"),
]
urlpatterns = [
    path("w/<slug:workspace_slug>/naked/", include((inside, app_name))),
    path("naked/<slug:key>/", shows_a_foreign_name, name="shows_a_foreign_name"),
    *real.urlpatterns,
]
websocket_urlpatterns = real.websocket_urlpatterns
