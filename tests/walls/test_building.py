"""The walls are built after every `migrate`: what stands is left alone, what fell is put up again."""

from collections.abc import Callable

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from workspaces import walls
from workspaces.checks import naked_tables

OWNER = "owner"
pytestmark = pytest.mark.django_db(databases=["default", OWNER])


@pytest.fixture
def as_owner(db: None) -> Callable[..., list[tuple[object, ...]]]:
    def execute(statement: str) -> list[tuple[object, ...]]:
        with connections[OWNER].cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    return execute


def built() -> list[str]:
    """Build, and return what was done to tables, rights apart."""
    with CaptureQueriesContext(connections[OWNER]) as queries:
        walls.build(OWNER)
    done = [query["sql"] for query in queries]
    return [sql for sql in done if sql.startswith(("ALTER TABLE", "CREATE POLICY", "DROP POLICY"))]


def test_what_stands_is_left_alone() -> None:
    assert built() == []


@pytest.mark.parametrize(
    "damage",
    [
        "ALTER TABLE messengers_message NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE messengers_message DISABLE ROW LEVEL SECURITY",
        "DROP POLICY one_workspace ON messengers_message",
        "ALTER POLICY one_workspace ON messengers_message USING (true)",
    ],
)
def test_a_wall_that_fell_is_put_up_again(damage: str, as_owner: Callable[..., object]) -> None:
    as_owner(damage)
    assert not walls.standing(OWNER)["messengers_message"].is_walled
    assert built()
    assert walls.standing(OWNER)["messengers_message"].is_walled
    assert built() == []


def test_a_policy_that_nobody_of_us_wrote_is_not_covered_up(as_owner: Callable[..., object]) -> None:
    as_owner("CREATE POLICY mine ON messengers_message USING (true)")
    with pytest.raises(walls.ForeignPolicyError, match=r"messengers_message.*mine"):
        walls.build(OWNER)


def test_a_key_that_the_models_no_longer_have_is_taken_down(as_owner: Callable[..., object]) -> None:
    as_owner(
        "ALTER TABLE messengers_attempt ADD COLUMN gone_id bigint, ADD CONSTRAINT gone_id_wall_00000000"
        " FOREIGN KEY (workspace_id, gone_id) REFERENCES messengers_channel (workspace_id, id)"
    )
    assert len(built()) == 1
    assert "gone_id_wall_00000000" not in walls.standing(OWNER)["messengers_attempt"].constraints


def test_a_function_that_crosses_is_gone_with_its_lines(as_owner: Callable[..., list[tuple[object, ...]]]) -> None:
    as_owner("CREATE FUNCTION kaskad.old() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT 1::bigint'")
    walls.build(OWNER)
    assert as_owner("SELECT to_regproc('kaskad.old')") == [(None,)]
    assert as_owner("SELECT to_regproc('kaskad.workspaces_of_user')") != [(None,)]


def test_a_table_that_is_not_migrated_yet_is_no_hole(as_owner: Callable[..., object]) -> None:
    as_owner("DROP TABLE messengers_attempt CASCADE")
    assert built() == []


def test_an_owner_who_sees_too_little_is_told_what_to_do(as_owner: Callable[..., object]) -> None:
    as_owner("CREATE ROLE weak; SET LOCAL ROLE weak")
    with pytest.raises(walls.WeakOwnerError, match='ALTER ROLE "weak" BYPASSRLS'):
        walls.build(OWNER)


def test_the_apps_own_role_builds_nothing() -> None:
    with pytest.raises(walls.WeakOwnerError, match="DATABASE_OWNER_URL"):
        walls.build("default")
    assert naked_tables() == []
