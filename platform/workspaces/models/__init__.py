"""People, workspaces, who belongs to which, and who changed what."""

from workspaces.models.audit import AuditEntry
from workspaces.models.user import User
from workspaces.models.workspace import Invitation, Membership, Workspace

__all__ = ["AuditEntry", "Invitation", "Membership", "User", "Workspace"]
