"""The wall in PostgreSQL: policies, composite keys and rights, built from the models after every `migrate`.

What already stands is left alone, so a second run takes no lock on any table. `checks` and the tests read it back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from workspaces.tenant_model import TenantForeignKey, TenantModel

CONDITION = "(workspace_id = ( SELECT kaskad.current_ws() AS current_ws))"
_POLICY = "one_workspace"
_KEY_MARK = "_wall_"

_CURRENT_WORKSPACE = """
CREATE SCHEMA IF NOT EXISTS kaskad;
CREATE OR REPLACE FUNCTION kaskad.current_ws() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('kaskad.workspace', true), '')::bigint $$;
"""

_STANDING = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
       (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid),
       (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = %s AND p.polcmd = '*'
           AND p.polroles = '{0}' AND pg_get_expr(p.polqual, p.polrelid) = %s
           AND pg_get_expr(p.polwithcheck, p.polrelid) = %s),
       ARRAY(SELECT conname::text FROM pg_constraint k WHERE k.conrelid = c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')
"""


class WeakOwnerError(Exception):
    """The role that migrates cannot build the walls. The message says what it lacks."""


class ForeignPolicyError(Exception):
    """Somebody else's policy stands on a tenant's table. Policies add up: it may let in whom ours keeps out."""


@dataclass(frozen=True, slots=True)
class Table:
    """What the catalogue says of one table's wall."""

    row_security: bool
    forced: bool
    policies: int
    right_policies: int
    constraints: frozenset[str]

    @property
    def is_walled(self) -> bool:
        """Say whether the one right policy, and no other, guards it, from its owner too."""
        return self.row_security and self.forced and self.policies == self.right_policies == 1


def tenant_models() -> list[type[TenantModel]]:
    """Return every model whose rows belong to a workspace."""
    found = apps.get_models(include_auto_created=True)
    return [model for model in found if issubclass(model, TenantModel) and model._meta.managed]


def tenant_keys(model: type[models.Model]) -> list[TenantForeignKey]:
    """Return the model's composite keys."""
    return [field for field in model._meta.concrete_fields if isinstance(field, TenantForeignKey)]


def standing(using: str = DEFAULT_DB_ALIAS) -> dict[str, Table]:
    """Read from the catalogue what guards each table of the schema."""
    with connections[using].cursor() as cursor:
        cursor.execute(_STANDING, [_POLICY, CONDITION, CONDITION])
        rows: list[tuple[str, bool, bool, int, int, list[str]]] = cursor.fetchall()
    return {row[0]: Table(row[1], row[2], row[3], row[4], frozenset(row[5])) for row in rows}


def build(using: str) -> None:
    """Bring the database's walls in line with the models. Runs as the owner of the tables."""
    owner = connections[using]
    _refuse_weak(owner)
    with transaction.atomic(using=using), owner.cursor() as cursor:
        cursor.execute(_CURRENT_WORKSPACE)
        tables = standing(using)
        # Every table gets its unique (workspace_id, id) before the first key points to it.
        _refuse_foreign_policies(cursor)
        for statements in (_rows, _keys):
            for model in tenant_models():
                if table := tables.get(model._meta.db_table):
                    for statement in statements(model, table):
                        cursor.execute(statement)
        _install_crossings(cursor)
        _grant(cursor, owner, tables)


def _refuse_weak(owner: BaseDatabaseWrapper) -> None:
    with owner.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        name, strong = cursor.fetchone()
    if name == _app_role():
        raise WeakOwnerError(f"Migrations ran as {name}, the app's own role. Give the owner's in DATABASE_OWNER_URL.")
    if not strong:
        raise WeakOwnerError(
            f"The role {name} migrates, so it must see the rows of every workspace. As a superuser of PostgreSQL run: "
            f'ALTER ROLE "{name}" BYPASSRLS;'
        )


def _refuse_foreign_policies(cursor: Any) -> None:
    cursor.execute("SELECT polrelid::regclass::text, polname FROM pg_policy WHERE polname <> %s", [_POLICY])
    walled = {model._meta.db_table for model in tenant_models()}
    for table, policy in cursor.fetchall():
        if table in walled:
            raise ForeignPolicyError(
                f'{table} has the policy {policy}, which is not Kaskad\'s. Drop it: DROP POLICY "{policy}" ON {table};'
            )


def _rows(model: type[models.Model], table: Table) -> Iterator[str]:
    name = _quoted(model._meta.db_table)
    if not table.is_walled:
        yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
        yield f"DROP POLICY IF EXISTS {_POLICY} ON {name}"
        yield f"CREATE POLICY {_POLICY} ON {name} USING {CONDITION} WITH CHECK {CONDITION}"
    unique = _unique_name(model)
    if unique not in table.constraints:
        yield f"ALTER TABLE {name} ADD CONSTRAINT {_quoted(unique)} UNIQUE (workspace_id, {_quoted(_pk(model))})"


def _keys(model: type[models.Model], table: Table) -> Iterator[str]:
    name = _quoted(model._meta.db_table)
    wanted = {key_name(key): key for key in tenant_keys(model)}
    for stale in sorted(one for one in table.constraints if _KEY_MARK in one and one not in wanted):
        yield f"ALTER TABLE {name} DROP CONSTRAINT {_quoted(stale)}"
    for constraint, key in wanted.items():
        if constraint not in table.constraints:
            target: type[models.Model] = key.remote_field.model
            yield (
                f"ALTER TABLE {name} ADD CONSTRAINT {_quoted(constraint)} "
                f"FOREIGN KEY (workspace_id, {_quoted(str(key.column))}) "
                f"REFERENCES {_quoted(target._meta.db_table)} (workspace_id, {_quoted(_pk(target))}) "
                "DEFERRABLE INITIALLY DEFERRED"
            )


def key_name(key: TenantForeignKey) -> str:
    """Return the name of a composite key's constraint; it changes with what the key points to."""
    target = key.remote_field.model._meta.db_table
    digest = sha256(f"{key.model._meta.db_table}.{key.column}->{target}".encode()).hexdigest()[:8]
    return f"{str(key.column)[:40]}{_KEY_MARK}{digest}"


def _unique_name(model: type[models.Model]) -> str:
    # A unique constraint is an index too, and those share one namespace with the tables.
    table = model._meta.db_table
    return f"{table[:40]}_in_workspace_{sha256(table.encode()).hexdigest()[:6]}"


def _install_crossings(cursor: Any) -> None:
    """Make the functions anew: all that is SECURITY DEFINER in our schema comes from this one file."""
    made = "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'kaskad'::regnamespace"
    cursor.execute(f"{made} AND prosecdef")
    for (function,) in cursor.fetchall():
        cursor.execute(f"DROP FUNCTION {function}")
    cursor.execute(made)
    others = set(cursor.fetchall())
    # A part of the apps may not be migrated yet; a function's body is looked at when it is called.
    cursor.execute("SET LOCAL check_function_bodies = off")
    cursor.execute(Path(settings.CROSSINGS).read_text())
    cursor.execute(made)
    for (function,) in set(cursor.fetchall()) - others:
        # pg_temp stands last, or a temporary table of the app's would be read in place of the real one.
        cursor.execute(f"ALTER FUNCTION {function} SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp")


def _grant(cursor: Any, owner: BaseDatabaseWrapper, tables: dict[str, Table]) -> None:
    role = owner.ops.quote_name(_app_role())
    cursor.execute("SELECT to_regrole(%s) IS NOT NULL", [role])
    if not cursor.fetchone()[0]:
        raise WeakOwnerError(f"There is no role {role}, as which the app connects. `manage.py migrate` makes it.")
    cursor.execute(
        f"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA kaskad FROM PUBLIC; GRANT USAGE ON SCHEMA kaskad, public TO {role};"
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA kaskad TO {role};"
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}"
    )
    append_only = {model._meta.db_table for model in tenant_models() if model.append_only}
    for table in sorted(tables):
        rights = "SELECT, INSERT, UPDATE, DELETE"
        if table in append_only:
            rights = "SELECT, INSERT"
        elif table == "django_migrations":
            rights = "SELECT"
        cursor.execute(f"REVOKE ALL ON {_quoted(table)} FROM {role}; GRANT {rights} ON {_quoted(table)} TO {role}")


def _app_role() -> str:
    return str(connections[DEFAULT_DB_ALIAS].settings_dict["USER"])


def _pk(model: type[models.Model]) -> str:
    return str(model._meta.pk.column)


def _quoted(name: str) -> str:
    return connections[DEFAULT_DB_ALIAS].ops.quote_name(name)
