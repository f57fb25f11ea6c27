"""How a page answers those whom it does not let in, and what is open while it is made."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template import engines
from django.template.response import SimpleTemplateResponse
from django.test import RequestFactory
from django.urls import reverse

from audience.models import Contact
from tests.builders import a_client, a_member, a_user, a_workspace
from workspaces.access import TenantRequest, page
from workspaces.models import User, Workspace
from workspaces.roles import Permission, Role
from workspaces.scope import NoWorkspaceError, has_workspace, tenant


@pytest.fixture
def workspace(db: None) -> Workspace:
    return a_workspace()


def dashboard(workspace: Workspace) -> str:
    return reverse("analytics:dashboard", args=[workspace.slug])


def test_who_is_signed_out_is_led_to_the_form_and_back(workspace: Workspace) -> None:
    response = a_client().get(dashboard(workspace) + "?days=7")
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('account_login')}?next={dashboard(workspace)}%3Fdays%3D7"


def test_a_form_sent_while_signed_out_does_not_lead_back_to_where_it_was_sent(workspace: Workspace) -> None:
    response = a_client().post(dashboard(workspace))
    assert response.status_code == 302
    assert dashboard(workspace) not in response["Location"]


def test_htmx_is_told_to_go_to_the_form_and_back_to_the_page_that_asked(workspace: Workspace) -> None:
    here = "http://testserver" + dashboard(workspace)
    response = a_client().get(dashboard(workspace), headers={"HX-Request": "true", "HX-Current-URL": here})
    assert response.status_code == 401
    assert response["HX-Redirect"] == f"{reverse('account_login')}?next={dashboard(workspace)}"


@pytest.mark.parametrize("headers", [{"Accept": "application/json"}, {"Sec-Fetch-Dest": "empty"}])
def test_a_script_gets_an_error_and_not_a_form(headers: dict[str, str], workspace: Workspace) -> None:
    response = a_client().get(dashboard(workspace), headers=headers)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "signed_out"


def test_a_stranger_cannot_tell_a_workspace_from_none(workspace: Workspace) -> None:
    stranger = a_client(a_user())
    for address in (dashboard(workspace), dashboard(Workspace(slug="nosuch"))):
        assert stranger.get(address).status_code == 404
        assert stranger.head(address).status_code == 404


def test_a_person_who_was_switched_off_is_signed_out(workspace: Workspace) -> None:
    person = a_member(workspace, Role.ADMIN)
    client = a_client(person)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert client.get(dashboard(workspace)).status_code == 302


def test_a_page_is_made_inside_the_workspace_template_and_all(workspace: Workspace) -> None:
    with tenant(workspace):
        Contact.objects.create(name="Anna")

    @page(Permission.VIEW_DASHBOARD)
    def view(request: TenantRequest) -> HttpResponse:
        template = engines["django"].from_string("{% for one in contacts %}{{ one.name }}{% endfor %}")
        return SimpleTemplateResponse(template, {"contacts": Contact.objects.all()})

    made = view(request_of_a_member(workspace), workspace_slug=workspace.slug)
    assert isinstance(made, HttpResponse)
    assert made.content == b"Anna"
    assert not has_workspace()


def test_a_streamed_body_that_reads_rows_past_the_scope_fails_rather_than_leaks(workspace: Workspace) -> None:
    @page(Permission.VIEW_DASHBOARD)
    def careless(request: TenantRequest) -> StreamingHttpResponse:
        def lines() -> Iterator[str]:
            for contact in Contact.objects.all():
                yield contact.name

        return StreamingHttpResponse(lines())

    @page(Permission.VIEW_DASHBOARD)
    def careful(request: TenantRequest) -> StreamingHttpResponse:
        here = request.workspace

        def lines() -> Iterator[str]:
            with tenant(here):
                names = list(Contact.objects.values_list("name", flat=True))
            yield from names

        return StreamingHttpResponse(lines())

    with tenant(workspace):
        Contact.objects.create(name="Anna")
    request = request_of_a_member(workspace)
    with pytest.raises(NoWorkspaceError):
        b"".join(careless(request, workspace_slug=workspace.slug))
    assert b"".join(careful(request, workspace_slug=workspace.slug)) == b"Anna"


def test_a_page_that_raises_leaves_nothing_open(workspace: Workspace) -> None:
    @page(Permission.VIEW_DASHBOARD)
    def broken(request: TenantRequest) -> HttpResponse:
        Contact.objects.create(name="undone")
        raise ValueError(request.path)

    with pytest.raises(ValueError, match="/"):
        broken(request_of_a_member(workspace), workspace_slug=workspace.slug)
    assert not has_workspace()
    with tenant(workspace):
        assert not Contact.objects.exists()


def test_nobody_is_signed_in_by_default(workspace: Workspace) -> None:
    @page(Permission.VIEW_DASHBOARD)
    def view(request: TenantRequest) -> HttpResponse:
        return HttpResponse()

    request: HttpRequest = RequestFactory().get("/")
    request.user = AnonymousUser()
    assert view(request, workspace_slug=workspace.slug).status_code == 302


def request_of_a_member(workspace: Workspace) -> HttpRequest:
    request: HttpRequest = RequestFactory().get("/")
    request.user = a_member(workspace, Role.ANALYST)
    return request
