"""The few questions that look across workspaces. Each is a SECURITY DEFINER function that returns ids only.

Their SQL stands in one file, `config/crossings.sql`; what is done with the ids is done inside `tenant()`.
"""

from typing import Any

from django.db import connection


def ids_across_workspaces(function: str, *arguments: Any) -> list[tuple[int, ...]]:
    """Call one of the functions of `config/crossings.sql`; return its rows of ids."""
    marks = ", ".join(["%s"] * len(arguments))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM kaskad.{connection.ops.quote_name(function)}({marks})", arguments)  # noqa: S608
        return list(cursor.fetchall())
