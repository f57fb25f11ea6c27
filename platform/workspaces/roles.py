"""Who may do what: the one table that pages, API and sockets read."""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a member is in a workspace."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Administrator")
    MARKETER = "marketer", _("Marketer")
    AGENT = "agent", _("Agent")
    ANALYST = "analyst", _("Analyst")


class Permission(StrEnum):
    """Something that a page, an endpoint or a socket lets a member do."""

    VIEW_DASHBOARD = "view_dashboard"
    VIEW_REPORTS = "view_reports"
    ANSWER_CHATS = "answer_chats"
    VIEW_CONTACTS = "view_contacts"
    EDIT_CONTACTS = "edit_contacts"
    EDIT_BOTS = "edit_bots"
    SEND_BROADCASTS = "send_broadcasts"
    EDIT_GROWTH = "edit_growth"
    MANAGE_CHANNELS = "manage_channels"
    MANAGE_INTEGRATIONS = "manage_integrations"
    EDIT_WORKSPACE = "edit_workspace"
    MANAGE_MEMBERS = "manage_members"
    VIEW_AUDIT_LOG = "view_audit_log"
    DELETE_WORKSPACE = "delete_workspace"


_ANALYST = {Permission.VIEW_DASHBOARD, Permission.VIEW_REPORTS}
_AGENT = {Permission.VIEW_DASHBOARD, Permission.ANSWER_CHATS, Permission.VIEW_CONTACTS}
_MARKETER = (_ANALYST | _AGENT) | {
    Permission.EDIT_CONTACTS,
    Permission.EDIT_BOTS,
    Permission.SEND_BROADCASTS,
    Permission.EDIT_GROWTH,
}
_ADMIN = set(Permission) - {Permission.DELETE_WORKSPACE}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: frozenset(_ADMIN),
    Role.MARKETER: frozenset(_MARKETER),
    Role.AGENT: frozenset(_AGENT),
    Role.ANALYST: frozenset(_ANALYST),
}


def may(role: Role | str, permission: Permission) -> bool:
    """Say whether the role has the permission."""
    return permission in PERMISSIONS[Role(role)]
