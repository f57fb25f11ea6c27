"""The roles explained: what each may do, read from the one table of permissions. For the members' page."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from workspaces.roles import Permission, Role, may

Words = str | Promise

NAMES: dict[Permission, Words] = {
    Permission.VIEW_DASHBOARD: _("See the dashboard"),
    Permission.VIEW_REPORTS: _("See reports"),
    Permission.ANSWER_CHATS: _("Answer chats"),
    Permission.VIEW_CONTACTS: _("See contacts"),
    Permission.EDIT_CONTACTS: _("Change contacts"),
    Permission.EDIT_BOTS: _("Build flows"),
    Permission.SEND_BROADCASTS: _("Send broadcasts"),
    Permission.EDIT_GROWTH: _("Make links and widgets"),
    Permission.MANAGE_CHANNELS: _("Connect channels"),
    Permission.MANAGE_INTEGRATIONS: _("Connect other systems"),
    Permission.EDIT_WORKSPACE: _("Change the workspace's settings"),
    Permission.MANAGE_MEMBERS: _("Invite and remove members"),
    Permission.VIEW_AUDIT_LOG: _("See the audit log"),
    Permission.DELETE_WORKSPACE: _("Delete the workspace"),
}


@dataclass(frozen=True, slots=True)
class RoleTable:
    """Roles as columns, permissions as rows."""

    roles: tuple[Words, ...]
    rows: tuple[tuple[Words, tuple[bool, ...]], ...]


def role_table() -> RoleTable:
    """Return the table that pages show."""
    rows = tuple((NAMES[one], tuple(may(role, one) for role in Role)) for one in Permission)
    return RoleTable(tuple(role.label for role in Role), rows)


def permissions_of(role: str) -> list[Words]:
    """Return what a role may do, in words."""
    return [NAMES[one] for one in Permission if may(role, one)]
