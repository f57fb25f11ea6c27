"""The members' page: roles, removal, leaving, and the rules that guard owners."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.builders import a_client, a_member, a_user, a_workspace
from workspaces.models import Membership, User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace() -> Workspace:
    return a_workspace(a_user(name="Olga", language="en"))


@pytest.fixture
def owner(workspace: Workspace) -> User:
    with tenant(workspace):
        return Membership.objects.select_related("user").get().user


def somebody(workspace: Workspace, role: Role) -> User:
    return a_member(workspace, role, a_user(language="en"))


def act(workspace: Workspace, by: User, deed: str, member: User, role: str = "") -> str:
    """Press a button of a member's row; return what the page says then."""
    with tenant(workspace):
        pk = Membership.objects.get(user=member).pk
    address = f"/w/{workspace.slug}/settings/members/{pk}/{deed}/"
    return a_client(by).post(address, {"role": role}, follow=True).content.decode()


def role_of(workspace: Workspace, user: User) -> str | None:
    with tenant(workspace):
        return Membership.objects.filter(user=user).values_list("role", flat=True).first()


def test_an_owner_changes_a_role_and_removes_a_member(workspace: Workspace, owner: User) -> None:
    agent = somebody(workspace, Role.AGENT)
    assert "the role is now" in act(workspace, owner, "role", agent, Role.ANALYST)
    assert role_of(workspace, agent) == Role.ANALYST
    assert "is no longer a member" in act(workspace, owner, "remove", agent)
    assert role_of(workspace, agent) is None
    assert a_client(agent).get(f"/w/{workspace.slug}/").status_code == 404


@pytest.mark.parametrize("deed", ["role", "remove"])
def test_the_last_owner_stays(workspace: Workspace, owner: User, deed: str) -> None:
    assert "needs an owner" in act(workspace, owner, deed, owner, Role.ADMIN)
    assert role_of(workspace, owner) == Role.OWNER


def test_the_last_owner_cannot_leave_but_one_of_two_can(workspace: Workspace, owner: User) -> None:
    leave = f"/w/{workspace.slug}/settings/leave/"
    assert "needs an owner" in a_client(owner).post(leave, follow=True).content.decode()
    act(workspace, owner, "role", somebody(workspace, Role.ADMIN), Role.OWNER)
    assert "You have left" in a_client(owner).post(leave, follow=True).content.decode()
    assert role_of(workspace, owner) is None


@pytest.mark.parametrize("deed", ["role", "remove"])
def test_an_administrator_cannot_touch_an_owner(workspace: Workspace, owner: User, deed: str) -> None:
    somebody(workspace, Role.OWNER)  # so that it is not the rule of the last owner that holds
    admin = somebody(workspace, Role.ADMIN)
    assert "Only an owner can change or remove an owner." in act(workspace, admin, deed, owner, Role.AGENT)
    assert role_of(workspace, owner) == Role.OWNER


def test_only_an_owner_makes_owners(workspace: Workspace, owner: User) -> None:
    admin, agent = somebody(workspace, Role.ADMIN), somebody(workspace, Role.AGENT)
    assert "Only an owner can make somebody an owner." in act(workspace, admin, "role", agent, Role.OWNER)
    assert role_of(workspace, agent) == Role.AGENT
    act(workspace, owner, "role", agent, Role.OWNER)
    assert role_of(workspace, agent) == Role.OWNER


def test_nobody_raises_himself(workspace: Workspace) -> None:
    admin = somebody(workspace, Role.ADMIN)
    assert "cannot raise yourself" in act(workspace, admin, "role", admin, Role.OWNER)
    act(workspace, admin, "role", admin, Role.MARKETER)
    assert role_of(workspace, admin) == Role.MARKETER


def test_a_role_that_does_not_exist_changes_nothing(workspace: Workspace, owner: User) -> None:
    agent = somebody(workspace, Role.AGENT)
    assert "There is no such role." in act(workspace, owner, "role", agent, "emperor")
    assert role_of(workspace, agent) == Role.AGENT


def test_the_page_explains_roles_in_the_readers_language(workspace: Workspace, owner: User) -> None:
    page = f"/w/{workspace.slug}/settings/members/"
    assert "Invite and remove members" in a_client(owner).get(page).content.decode()
    User.objects.update(language="ru")
    assert "Приглашать и удалять участников" in a_client(owner).get(page).content.decode()


def test_the_page_asks_the_same_number_of_questions_however_many_members(workspace: Workspace, owner: User) -> None:
    browser = a_client(owner)
    page = f"/w/{workspace.slug}/settings/members/"
    browser.get(page)
    with CaptureQueriesContext(connection) as few:
        browser.get(page)
    for _number in range(5):
        somebody(workspace, Role.AGENT)
    with CaptureQueriesContext(connection) as many:
        browser.get(page)
    assert len(many) == len(few)
