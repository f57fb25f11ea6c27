"""The audit log: who changed what, before and after. Domain modules call `record` in the transaction of the change."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from workspaces.encrypted_field import EncryptedJSONField
from workspaces.models import AuditEntry, User

Changes = Mapping[str, tuple[Any, Any]]

_HIDDEN = "••••"
_SECRET_WORDS = ("secret", "token", "password", "api_key", "private_key")


def record(actor: User | None, action: str, target: models.Model | None, changes: Changes | None = None) -> AuditEntry:
    """Add an entry: `action` is a stable code such as `channel.renamed`, `changes` is field -> (before, after).

    Kaskad itself acts as nobody. Secrets are noted as changed, without what they were.
    """
    return AuditEntry.objects.create(
        actor=actor,
        action=action,
        target_type=target._meta.label_lower if target else "",
        target_id=target.pk if target else None,
        target_name=str(target)[:200] if target else "",
        changes={name: _shown(target, name, values) for name, values in (changes or {}).items()},
    )


def snapshot(row: models.Model, fields: Iterable[str]) -> dict[str, Any]:
    """Return what the fields hold now, to hand to `changed` afterwards."""
    columns = {field.name: field.attname for field in row._meta.concrete_fields}
    return {name: getattr(row, columns[name]) for name in fields}


def changed(before: Mapping[str, Any], row: models.Model) -> dict[str, tuple[Any, Any]]:
    """Return the fields that are no longer as in the snapshot, each with before and after."""
    after = snapshot(row, before)
    return {name: (value, after[name]) for name, value in before.items() if value != after[name]}


def _shown(target: models.Model | None, name: str, values: tuple[Any, Any]) -> list[Any]:
    if _is_secret(target, name):
        return [_HIDDEN if value else None for value in values]
    return [_plain(value) for value in values]


def _is_secret(target: models.Model | None, name: str) -> bool:
    fields = {field.name: field for field in target._meta.concrete_fields} if target else {}
    if isinstance(fields.get(name), EncryptedJSONField):
        return True
    return any(word in name.lower() for word in _SECRET_WORDS)


def _plain(value: Any) -> Any:
    """Return the value as JSON can hold it, at any depth; secrets inside are hidden by their names."""
    if isinstance(value, Mapping):
        return {
            str(name): _HIDDEN if _is_secret(None, str(name)) and inner else _plain(inner)
            for name, inner in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    try:
        return DjangoJSONEncoder().default(value)
    except TypeError:
        return str(value)
