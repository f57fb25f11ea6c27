"""A workspace's settings, its audit log, moving between several, and its end."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.builders import a_channel, a_client, a_conversation, a_member, a_message, a_user, a_workspace
from workspaces import erasing
from workspaces.models import User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant
from workspaces.signals import workspace_erased
from workspaces.tasks import erase_deleted_workspaces
from workspaces.walls import tenant_models

pytestmark = pytest.mark.django_db

SETTINGS = {"name": "Tea house", "time_zone": "Asia/Omsk", "language": "ru"}


@pytest.fixture
def owner() -> User:
    return a_user(name="Olga", language="en")


@pytest.fixture
def workspace(owner: User) -> Workspace:
    return a_workspace(owner, name="Tea", language="en", time_zone="Europe/Moscow")


def page(user: User, workspace: Workspace, path: str = "") -> str:
    return a_client(user).get(f"/w/{workspace.slug}/settings/{path}").content.decode()


def save(user: User, workspace: Workspace, **fields: str) -> Any:
    return a_client(user).post(f"/w/{workspace.slug}/settings/save/", SETTINGS | fields)


def test_settings_are_saved_and_noted(workspace: Workspace, owner: User) -> None:
    save(owner, workspace)
    workspace.refresh_from_db()
    assert (workspace.name, workspace.time_zone, workspace.language) == ("Tea house", "Asia/Omsk", "ru")
    log = re.sub(r"<[^>]+>|\s+", " ", page(owner, workspace, "audit/"))
    assert "Changed the workspace" in log
    assert re.search(r"time zone:\s+Europe/Moscow\s+→ Asia/Omsk", log)


def test_a_zone_that_does_not_exist_is_refused_and_nothing_is_lost(workspace: Workspace, owner: User) -> None:
    answer = save(owner, workspace, time_zone="Mars/Olympus")
    assert 'value="Tea house"' in answer.content.decode()
    assert 'aria-invalid="true"' in answer.content.decode()
    workspace.refresh_from_db()
    assert workspace.name == "Tea"


def test_zones_are_named_with_their_offset(workspace: Workspace, owner: User) -> None:
    shown = page(owner, workspace)
    assert "(UTC+06:00) Asia/Omsk" in shown
    assert re.findall(r'value="([^"]+)" selected>\(UTC', shown) == ["Europe/Moscow"]
    assert "data-guess-zone" not in shown, "a workspace that exists has a zone that somebody chose"


def test_an_agent_sees_the_settings_and_may_not_change_them(workspace: Workspace) -> None:
    agent = a_member(workspace, Role.AGENT, a_user(language="en"))
    shown = page(agent, workspace)
    assert "Europe/Moscow" in shown
    assert 'name="time_zone"' not in shown
    assert save(agent, workspace).status_code == 403


def test_the_log_tells_who_did_what_and_can_be_narrowed(workspace: Workspace, owner: User) -> None:
    admin = a_member(workspace, Role.ADMIN, a_user(name="Adam", language="en"))
    save(admin, workspace)
    a_client(owner).post(f"/w/{workspace.slug}/settings/invitations/new/", {"email": "", "role": "agent"})

    assert {"Changed the workspace", "Invited"} <= set(done(page(owner, workspace, "audit/")))
    assert done(page(owner, workspace, f"audit/?person={admin.pk}")) == ["Changed the workspace"]
    assert done(page(owner, workspace, "audit/?kind=invitation")) == ["Invited"]
    assert "Nothing of that kind" in page(owner, workspace, "audit/?kind=member")


def done(shown: str) -> list[str]:
    """What stands in the log's third column."""
    rows = re.findall(r"<tr>(.*?)</tr>", shown, re.DOTALL)
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in rows]
    return [re.sub(r"<[^>]+>", "", row[2]).partition(":")[0].strip() for row in cells if len(row) > 3]


def test_a_long_log_goes_on_where_the_page_ended(
    workspace: Workspace, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workspaces.audit_log.lines.__defaults__", (2,))
    for name in ("One", "Two", "Three"):
        save(owner, workspace, name=name)
    first = page(owner, workspace, "audit/")
    following = re.search(r'href="(\?before=\d+)"', first)
    assert following
    second = page(owner, workspace, f"audit/{following[1]}")
    assert len(done(first)) == 2
    assert "Three" in first
    assert "One" in second
    assert 'href="?before=' not in second


def test_the_start_page_leads_to_the_workspace_used_last(workspace: Workspace, owner: User) -> None:
    other = a_workspace(owner, name="Zoo")
    browser = a_client(owner)
    assert browser.get("/")["Location"] == f"/w/{workspace.slug}/"
    browser.get(f"/w/{other.slug}/settings/")
    assert browser.get("/")["Location"] == f"/w/{other.slug}/"
    listed = browser.get("/workspaces/").content.decode()
    assert "Tea" in listed
    assert "Zoo" in listed


def test_the_remembered_workspace_opens_no_door(workspace: Workspace, owner: User) -> None:
    stranger = a_user()
    a_workspace(stranger, name="Own")
    browser = a_client(stranger)
    session = browser.session
    session["last_workspace"] = workspace.slug
    session.save()
    assert browser.get("/")["Location"] != f"/w/{workspace.slug}/"


def test_a_workspace_is_deleted_only_by_its_name(workspace: Workspace, owner: User) -> None:
    address = f"/w/{workspace.slug}/settings/delete/"
    assert "Nothing was deleted" in a_client(owner).post(address, {"name": "Tee"}).content.decode()
    assert Workspace.objects.filter(pk=workspace.pk).exists()
    admin = a_member(workspace, Role.ADMIN)
    assert a_client(admin).post(address, {"name": "Tea"}).status_code == 403


def test_a_deleted_workspace_is_out_of_reach_at_once_and_then_gone(
    workspace: Workspace, owner: User, owner_cursor: Any, committed_db: None, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / str(workspace.pk)).mkdir()
    (tmp_path / str(workspace.pk) / "photo").write_text("…")
    other = a_workspace(owner)
    with tenant(workspace):
        channel = a_channel()
        a_message(a_conversation(channel))

    told = a_client(owner).post(f"/w/{workspace.slug}/settings/delete/", {"name": "Tea"}, follow=True)
    assert told.redirect_chain[-1][0] == f"/w/{other.slug}/"
    assert a_client(owner).get(f"/w/{workspace.slug}/").status_code == 404

    erase_deleted_workspaces()
    for model in tenant_models():
        owner_cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}" WHERE workspace_id = {workspace.pk}')
        assert owner_cursor.fetchone() == (0,), model
    assert not Workspace.all_workspaces.filter(pk=workspace.pk).exists()
    assert Workspace.objects.filter(pk=other.pk).exists()
    assert not (tmp_path / str(workspace.pk)).exists()


def test_files_that_could_not_be_deleted_are_tried_again(
    workspace: Workspace, owner: User, committed_db: None, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    a_client(owner).post(f"/w/{workspace.slug}/settings/delete/", {"name": "Tea"})

    def die(**_facts: Any) -> None:
        raise OSError("the disk is away")

    workspace_erased.connect(die)
    try:
        erase_deleted_workspaces()
    finally:
        workspace_erased.disconnect(die)
    assert Workspace.all_workspaces.filter(pk=workspace.pk).exists()
    (tmp_path / str(workspace.pk)).mkdir()
    erase_deleted_workspaces()

    assert not (tmp_path / str(workspace.pk)).exists()
    assert not Workspace.all_workspaces.filter(pk=workspace.pk).exists()


def test_nothing_is_erased_of_a_workspace_that_lives(workspace: Workspace, owner: User) -> None:
    erasing.erase(workspace.pk)
    assert page(owner, workspace)


def test_every_table_is_erased_after_those_that_point_to_it() -> None:
    order = [model for model, _keys in erasing.deletion_order()]
    assert set(order) == set(tenant_models())
