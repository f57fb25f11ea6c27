"""The audit log in words: what each action is called, and how values before and after are shown. For its page.

Apps name their own actions from `AppConfig.ready()` with `name_actions`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from workspaces.models import AuditEntry
from workspaces.roles import Role

Words = str | Promise

_ACTIONS: dict[str, Words] = {
    "workspace.created": gettext_lazy("Created the workspace"),
    "workspace.changed": gettext_lazy("Changed the workspace"),
    "member.joined": gettext_lazy("Joined"),
    "member.role_changed": gettext_lazy("Changed a role"),
    "member.removed": gettext_lazy("Removed a member"),
    "member.left": gettext_lazy("Left the workspace"),
    "invitation.created": gettext_lazy("Invited"),
    "invitation.renewed": gettext_lazy("Renewed an invitation"),
    "invitation.revoked": gettext_lazy("Revoked an invitation"),
}
_KINDS: dict[str, Words] = {
    "workspace": gettext_lazy("Workspace"),
    "member": gettext_lazy("Members"),
    "invitation": gettext_lazy("Invitations"),
}
_FIELDS: dict[str, Words] = {
    "name": gettext_lazy("name"),
    "time_zone": gettext_lazy("time zone"),
    "language": gettext_lazy("language"),
    "role": gettext_lazy("role"),
    "email": gettext_lazy("e-mail"),
    "invited_by": gettext_lazy("invited by"),
    "expires_at": gettext_lazy("valid until"),
    "state": gettext_lazy("state"),
    "settings": gettext_lazy("settings"),
    "secrets": gettext_lazy("keys"),
    "version": gettext_lazy("version"),
    "assignee": gettext_lazy("assignee"),
    "phone": gettext_lazy("phone"),
}
_VALUES: dict[str, Mapping[str, Words]] = {
    "role": {role.value: role.label for role in Role},
    "language": {"ru": gettext_lazy("Russian"), "en": gettext_lazy("English")},
}
_NOTHING = "—"


@dataclass(frozen=True, slots=True)
class Change:
    """One field's line in an entry."""

    field: str
    before: str
    after: str


def name_actions(
    kinds: Mapping[str, Words],
    actions: Mapping[str, Words],
    fields: Mapping[str, Words] | None = None,
    values: Mapping[str, Mapping[str, Words]] | None = None,
) -> None:
    """Teach the log an app's words: kinds are what stands before the dot of its actions, values go by their field."""
    _KINDS.update(kinds)
    _ACTIONS.update(actions)
    _FIELDS.update(fields or {})
    for field, words in (values or {}).items():
        _VALUES[field] = {**_VALUES.get(field, {}), **words}


def kinds() -> list[tuple[str, Words]]:
    """Return the kinds of change that the log can be narrowed to."""
    return list(_KINDS.items())


def action_in_words(entry: AuditEntry) -> Words:
    """Return what was done; the code itself where nobody has named it."""
    return _ACTIONS.get(entry.action, entry.action)


def changes_in_words(entry: AuditEntry) -> list[Change]:
    """Return the changed fields with what they held before and after, as people read them."""
    lines: list[Change] = []
    for name, (before, after) in entry.changes.items():
        if isinstance(before or {}, Mapping) and isinstance(after or {}, Mapping):
            lines += _parts(name, before or {}, after or {})
        else:
            lines.append(Change(_field(name), _shown(name, before), _shown(name, after)))
    return [line for line in lines if (line.before, line.after) != (_NOTHING, _NOTHING)]


def _parts(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Change]:
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            label = f"{_field(name)}: {_field(key)}"
            yield Change(label, _shown(key, before.get(key)), _shown(key, after.get(key)))


def _field(name: str) -> str:
    return str(_FIELDS.get(name) or name.replace("_", " "))


def _shown(name: str, value: Any) -> str:
    if value is None or value == "":
        return _NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_shown(name, one) for one in value) or _NOTHING
    return str(_VALUES.get(name, {}).get(str(value), value))
