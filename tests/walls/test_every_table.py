"""The wall in PostgreSQL, by raw SQL as the app's role: every table of the catalogue, with a model behind it or not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction

from tests.walls.world import World
from workspaces import walls
from workspaces.checks import check_models, naked_tables, role_fault
from workspaces.models import AuditEntry, Workspace
from workspaces.scope import tenant
from workspaces.tenant_model import TenantForeignKey, TenantModel

# The tables that belong to nobody, or to a person in all of his workspaces. Whatever else is there has a wall.
GLOBAL_TABLES = {
    "account_emailaddress": "a person's",
    "account_emailconfirmation": "a person's",
    "auth_group": "Django's",
    "auth_group_permissions": "Django's",
    "auth_permission": "Django's",
    "django_content_type": "Django's",
    "django_migrations": "Django's",
    "django_session": "a person's",
    "workspaces_user": "a person",
    "workspaces_user_groups": "Django's",
    "workspaces_user_user_permissions": "Django's",
    "workspaces_workspace": "the tenant itself",
}

MODELS = walls.tenant_models()
KEYS = [(model, key) for model in MODELS for key in walls.tenant_keys(model)]


def sql(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return list(cursor.fetchall()) if cursor.description else []


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def owners(table: str) -> set[int]:
    return {workspace_id for (workspace_id,) in sql(f'SELECT workspace_id FROM "{table}"')}


def test_every_table_has_its_wall_or_is_known_to_be_everybodys(world: World) -> None:
    tables = {name for (name,) in sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    walled = {model._meta.db_table for model in MODELS}
    assert naked_tables() == []
    assert tables - walled - set(GLOBAL_TABLES) == set()
    assert set(GLOBAL_TABLES) - tables == set(), "gone: take it off the list"


def test_every_model_and_every_key_between_tenants_is_behind_the_wall() -> None:
    assert check_models(None) == []
    standing = {name: table.constraints for name, table in walls.standing().items()}
    for model, key in KEYS:
        assert walls.key_name(key) in standing[model._meta.db_table], f"{model.__name__}.{key.name}"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_rows_are_seen_by_their_own_workspace_alone(model: type[TenantModel], world: World) -> None:
    table = model._meta.db_table
    assert owners(table) == set()
    for workspace in (world.own, world.foreign):
        with tenant(workspace):
            assert owners(table) == {workspace.pk}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_rows_of_others_are_neither_changed_nor_removed_nor_made(model: type[TenantModel], world: World) -> None:
    table, foreign = model._meta.db_table, world.rows[world.foreign.pk, model].pk
    columns = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields if field.name != "id")
    as_foreign = columns.replace('"workspace_id"', str(world.foreign.pk))
    with tenant(world.own):
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            sql(f'INSERT INTO "{table}" ({columns}) SELECT {as_foreign} FROM "{table}" LIMIT 1')
        if model.append_only:
            return
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            sql(f'UPDATE "{table}" SET workspace_id = %s', world.foreign.pk)
        for statement in (f'UPDATE "{table}" SET id = id', f'DELETE FROM "{table}"'):
            with undone():
                assert sql(f"{statement} WHERE id = %s RETURNING id", foreign) == []


@pytest.mark.parametrize(("model", "key"), KEYS, ids=lambda one: getattr(one, "name", None) or one.__name__)
def test_no_key_leads_into_a_foreign_workspace(model: type[TenantModel], key: TenantForeignKey, world: World) -> None:
    foreign = world.rows[world.foreign.pk, key.remote_field.model].pk
    statement = f'UPDATE "{model._meta.db_table}" SET "{key.column}" = %s'
    with tenant(world.own), pytest.raises(IntegrityError), transaction.atomic():
        sql(f"SET CONSTRAINTS ALL IMMEDIATE; {statement}", foreign)


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE messengers_message",
        "ALTER TABLE messengers_message DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE messengers_message NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY one_workspace ON messengers_message",
        "CREATE POLICY mine ON messengers_message USING (true)",
        "DROP TABLE messengers_message",
        "CREATE TABLE mine (id int)",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION kaskad.current_ws() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
        "SET ROLE kaskad_owner",
        "SET SESSION AUTHORIZATION kaskad_owner",
        "ALTER ROLE kaskad_app BYPASSRLS",
        "SET LOCAL session_replication_role = replica",
        "UPDATE workspaces_auditentry SET action = ''",
        "DELETE FROM workspaces_auditentry",
        "UPDATE django_migrations SET name = ''",
        "COPY messengers_message TO PROGRAM 'cat'",
    ],
)
def test_the_apps_role_may_not(statement: str, world: World) -> None:
    with tenant(world.own), pytest.raises(DatabaseError), transaction.atomic():
        sql(statement)


def test_switching_row_security_off_shows_nothing(world: World) -> None:
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        sql("SET LOCAL row_security = off; SELECT count(*) FROM messengers_message")


def test_the_role_is_harmless(world: World) -> None:
    assert role_fault() == ""


def test_what_crosses_the_walls_answers_with_ids_alone_and_only_to_the_app(world: World) -> None:
    functions = sql(
        "SELECT proname, pg_get_function_result(oid), proconfig, has_function_privilege('public', oid, 'EXECUTE')"
        " FROM pg_proc WHERE pronamespace = 'kaskad'::regnamespace AND prosecdef"
    )
    assert functions
    for name, result, config, is_public in functions:
        kinds = {part.split()[-1] for part in result.removeprefix("TABLE(").removesuffix(")").split(",")}
        assert kinds <= {"bigint", "integer", "smallint", "boolean"}, f"{name} returns {result}"
        assert config == ["search_path=pg_catalog, public, pg_temp"]
        assert not is_public


def test_a_temporary_table_does_not_stand_in_for_a_real_one(world: World) -> None:
    person = world.people["owner"].pk
    with undone():
        sql("CREATE TEMPORARY TABLE workspaces_membership (workspace_id bigint, user_id bigint)")
        sql("INSERT INTO pg_temp.workspaces_membership VALUES (-1, %s)", person)
        assert sql("SELECT * FROM kaskad.workspaces_of_user(%s)", person) == [(world.own.pk,)]


def test_the_audit_log_only_grows(world: World) -> None:
    with tenant(world.own):
        entry = AuditEntry.objects.create(action="workspace.renamed", target_type="", target_name="")
        for change in (entry.save, entry.delete):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                change()


def test_no_model_has_lost_its_workspace() -> None:
    """What is reached from a workspace alone must say so: a model without one is on the list above."""
    without = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} - {
        model._meta.db_table for model in MODELS
    }
    assert without <= set(GLOBAL_TABLES)
    assert Workspace._meta.db_table in without
