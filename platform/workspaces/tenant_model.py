"""The base of every model that belongs to a workspace; its manager raises outside `tenant()`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from django.db import models

from workspaces.scope import ForeignWorkspaceError, current_workspace_id

_Row_co = TypeVar("_Row_co", bound="TenantModel", covariant=True)


class _CurrentWorkspace(models.Expression):
    """The workspace in scope when the query runs, not when it was written: a query that outlives its scope raises."""

    output_field = models.BigIntegerField()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[int, ...]]:
        return "%s", (current_workspace_id(),)


class TenantManager(models.Manager[_Row_co], Generic[_Row_co]):
    """Rows of the workspace in scope; NoWorkspaceError outside of one."""

    def get_queryset(self) -> models.QuerySet[_Row_co]:
        """Return the scope's rows."""
        current_workspace_id()
        return super().get_queryset().filter(workspace_id=_CurrentWorkspace())


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A key from one tenant's table to another's.

    In the database it is composite, (workspace_id, this) -> (workspace_id, id): see `walls.build`. A plain foreign key
    is checked without row-level security and would let a row point into a foreign workspace.
    """

    def __init__(self, to: Any, on_delete: Any, **kwargs: Any) -> None:
        """Take what a ForeignKey takes; the single-column constraint is never made."""
        kwargs["db_constraint"] = False
        super().__init__(to, on_delete, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Leave out what __init__ sets by itself."""
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_constraint", None)
        return name, path, list(args), kwargs


class WorkspaceKey(models.ForeignKey[Any, Any]):
    """The workspace of a row: that of the scope.

    Migrations know the column without its default: they run outside any workspace, and tables that exist are empty
    or were made with the column.
    """

    def __init__(self, **kwargs: Any) -> None:
        """Take only what migrations hand in."""
        kwargs.setdefault("to", "workspaces.Workspace")
        kwargs.setdefault("on_delete", models.CASCADE)
        ours: dict[str, Any] = {"default": current_workspace_id, "editable": False, "related_name": "+"}
        super().__init__(**ours | kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Stand in migrations as a plain key without a default."""
        name, _path, args, kwargs = super().deconstruct()
        kwargs.pop("default", None)
        return name, "django.db.models.ForeignKey", list(args), kwargs


class TenantModel(models.Model):
    """A row of one workspace. The workspace is that of the scope: nobody passes it by hand."""

    append_only: ClassVar[bool] = False  # the app may add rows and read them, never change or remove one

    if TYPE_CHECKING:
        workspace_id: int
    workspace = WorkspaceKey()

    objects = TenantManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(
        self,
        *,
        force_insert: bool | tuple[models.base.ModelBase, ...] = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Save inside this row's own workspace; ForeignWorkspaceError elsewhere."""
        self._refuse_foreign("saved")
        super().save(force_insert=force_insert, force_update=force_update, using=using, update_fields=update_fields)

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Delete inside this row's own workspace; ForeignWorkspaceError elsewhere, where nothing would be deleted."""
        self._refuse_foreign("deleted")
        return super().delete(using=using, keep_parents=keep_parents)

    def _refuse_foreign(self, deed: str) -> None:
        if self.workspace_id != current_workspace_id():
            msg = f"{self._meta.label} of workspace {self.workspace_id} {deed} inside {current_workspace_id()}."
            raise ForeignWorkspaceError(msg)
