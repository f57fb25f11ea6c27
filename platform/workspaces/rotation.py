"""The change of the encryption key: every stored secret is encrypted anew with the newest. `rotate_secrets` runs it.

Both keys work meanwhile. It may be stopped and started again at any time: what is done already is passed over.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import TextField, Value
from django.db.models.functions import Cast

from workspaces.encrypted_field import EncryptedJSONField, SecretsUnreadableError, is_outdated, reencrypted
from workspaces.models import Workspace
from workspaces.scope import tenant
from workspaces.tenant_model import TenantModel
from workspaces.walls import tenant_models

BATCH = 200  # rows locked at once


@dataclass(slots=True)
class Rotation:
    """What was done: how many secrets are new, and which could not be read with any key."""

    renewed: int = 0
    unreadable: list[str] = field(default_factory=list)


def rotate(batch: int = BATCH) -> Rotation:
    """Encrypt every secret of every workspace with the newest key."""
    done = Rotation()
    places = list(_encrypted_fields())
    for workspace_id in Workspace.objects.order_by("pk").values_list("pk", flat=True).iterator():
        for model, name in places:
            after: int | None = 0
            while after is not None:
                with tenant(workspace_id):
                    after = _rotate_batch(model, name, after, batch, done)
    return done


def _encrypted_fields() -> Iterator[tuple[type[TenantModel], str]]:
    for model in tenant_models():
        for column in model._meta.concrete_fields:
            if isinstance(column, EncryptedJSONField):
                yield model, column.name


def _rotate_batch(model: type[TenantModel], name: str, after: int, batch: int, done: Rotation) -> int | None:
    """Do the rows behind `after`; return the last one's id, or nothing when there are no more."""
    rows = (
        model.objects.select_for_update()
        .filter(pk__gt=after)
        .order_by("pk")
        .annotate(ciphertext=Cast(name, TextField()))
        .values_list("pk", "ciphertext")[:batch]
    )
    last: int | None = None
    for last, ciphertext in rows:
        if not is_outdated(ciphertext):
            continue
        try:
            renewed = reencrypted(ciphertext)
        except SecretsUnreadableError:
            done.unreadable.append(f"{model._meta.label} {last}")
            continue
        as_it_is = Value(renewed, output_field=TextField())  # the field itself would encrypt it a second time
        model.objects.filter(pk=last).update(**{name: as_it_is})
        done.renewed += 1
    return last
