"""The role as which the app connects: it may sign in, owns nothing and cannot bypass row-level security.

`migrate` makes sure of it before any table is made.
"""

from django.db import connections

_HARMLESS = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION"


class SameRoleError(Exception):
    """The app's role and the owner are one and the same, so there would be no walls."""


def ensure_app_role() -> None:
    """Create the role of the database `default`, or strip the existing one of whatever could bypass the walls."""
    role, password = (str(connections["default"].settings_dict[key]) for key in ("USER", "PASSWORD"))
    owner = connections["owner"]
    if role == owner.settings_dict["USER"]:
        raise SameRoleError(
            f"DATABASE_URL and DATABASE_OWNER_URL name the same role, {role}. Migrations run as the owner of the "
            "database, the app as a role that owns nothing: give DATABASE_OWNER_URL the owner's address."
        )
    name = owner.ops.quote_name(role)
    with owner.cursor() as cursor:
        cursor.execute("SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname = %s", [role])
        found = cursor.fetchone()
        if found is None:
            cursor.execute(f"CREATE ROLE {name} {_HARMLESS}")
        elif not found[0]:
            cursor.execute(f"ALTER ROLE {name} {_HARMLESS}")
        if password and found is None:
            cursor.execute(f"ALTER ROLE {name} PASSWORD %s", [password])
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {name}")
        for kind, rights in (("TABLES", "SELECT, INSERT, UPDATE, DELETE"), ("SEQUENCES", "USAGE, SELECT")):
            cursor.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {rights} ON {kind} TO {name}")
            if found is None:  # the base may be older than the role
                cursor.execute(f"GRANT {rights} ON ALL {kind} IN SCHEMA public TO {name}")
