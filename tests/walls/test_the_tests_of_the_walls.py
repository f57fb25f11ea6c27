"""The tests of the walls are tested too: a deliberate hole of each kind makes them fail."""

from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.core.checks import run_checks
from django.db import connection, models
from django.test.utils import isolate_apps

from tests.walls.table import faults
from tests.walls.world import World
from workspaces.addresses import Address, addresses
from workspaces.checks import model_faults, naked_tables, page_faults, role_fault
from workspaces.models import Workspace
from workspaces.tenant_model import TenantForeignKey, TenantModel

PAGES = "tests.walls.naked_pages"


@pytest.fixture
def naked_pages(settings: Any) -> dict[str, Address]:
    settings.ROOT_URLCONF = PAGES
    return {page.name.removeprefix("naked:"): page for page in addresses()}


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("undeclared", "stranger get"),
        ("public_in_workspace", "foreign"),
        ("ignores_the_object", "expected: 404"),
        ("opens_any_workspace", "shows something of the foreign workspace"),
        ("shows_a_foreign_name", "shows something of the foreign workspace"),
        ("crashes_on_a_naked_post", "MultiValueDictKeyError"),
    ],
)
def test_a_page_with_a_hole_is_found(name: str, fault: str, naked_pages: dict[str, Address], world: World) -> None:
    assert any(fault in found for found in faults(naked_pages[name], world))


def test_a_sound_page_has_no_faults(naked_pages: dict[str, Address], world: World) -> None:
    assert faults(naked_pages["sound"], world) == []


def test_an_unknown_kind_of_object_must_be_taught(naked_pages: dict[str, Address], world: World) -> None:
    with pytest.raises(pytest.fail.Exception, match="how to make a dragon_id"):
        faults(naked_pages["takes_an_unknown_object"], world)


def test_kaskad_does_not_start_with_a_page_that_declares_nothing(naked_pages: dict[str, Address]) -> None:
    found = [error.msg for error in page_faults([naked_pages["undeclared"], naked_pages["public_in_workspace"]])]
    assert "does not declare who may open it" in found[0]
    assert "must declare a Permission" in found[1]
    assert "workspaces.E005" in {message.id for message in run_checks(tags=["urls"])}


@isolate_apps("workspaces")
def test_a_model_without_its_wall_is_found() -> None:
    class Naked(models.Model):  # noqa: DJ008
        workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)

        class Meta:
            app_label = "workspaces"

    class Walled(TenantModel):
        class Meta(TenantModel.Meta):
            app_label = "workspaces"

    class PlainKey(TenantModel):
        target = models.ForeignKey(Walled, on_delete=models.CASCADE)

        class Meta(TenantModel.Meta):
            app_label = "workspaces"

    class OtherManager(TenantModel):
        objects = models.Manager()  # type: ignore[assignment]
        target = TenantForeignKey(Walled, on_delete=models.CASCADE)

        class Meta(TenantModel.Meta):
            app_label = "workspaces"

    found = {
        model.__name__: [error.id for error in model_faults(model)] for model in (Naked, Walled, PlainKey, OtherManager)
    }
    assert found == {
        "Naked": ["workspaces.E002"],
        "Walled": [],
        "PlainKey": ["workspaces.E004"],
        "OtherManager": ["workspaces.E003"],
    }


@pytest.mark.parametrize(
    "hole",
    [
        "CREATE TABLE naked (id bigint, workspace_id bigint)",
        "CREATE VIEW naked AS SELECT * FROM messengers_message",
        "CREATE MATERIALIZED VIEW naked AS SELECT * FROM messengers_message",
        "ALTER TABLE messengers_message NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE messengers_message DISABLE ROW LEVEL SECURITY",
        "CREATE POLICY naked ON messengers_message FOR SELECT USING (true)",
        "ALTER POLICY one_workspace ON messengers_message USING (workspace_id > 0)",
        "ALTER POLICY one_workspace ON messengers_message WITH CHECK (true)",
    ],
)
def test_a_hole_in_a_table_is_found(hole: str, as_owner: Any) -> None:
    assert naked_tables() == []
    as_owner.execute(hole)
    assert naked_tables() == [_table(hole)]


def test_a_role_that_is_too_strong_is_refused(as_owner: Any) -> None:
    assert "superuser" in role_fault()
    as_owner.execute("CREATE ROLE naked BYPASSRLS; SET LOCAL ROLE naked")
    assert "BYPASSRLS" in role_fault()
    as_owner.execute("RESET ROLE; CREATE ROLE almost; GRANT ALL ON SCHEMA public TO almost; SET LOCAL ROLE almost")
    assert role_fault() == ""
    as_owner.execute("CREATE TABLE naked (id int)")
    assert "owns the tables" in role_fault()


@pytest.fixture
def as_owner(db: None, owner_url: str) -> Iterator[Any]:
    """A cursor of the owner on the tests' own connection, so that the checks see what it has not committed."""
    mine, owner = connection.connection, psycopg2.connect(owner_url)
    connection.connection = owner
    try:
        with owner.cursor() as cursor:
            yield cursor
    finally:
        owner.rollback()
        owner.close()
        connection.connection = mine


def _table(hole: str) -> str:
    return "naked" if hole.startswith("CREATE") and "POLICY" not in hole else "messengers_message"
