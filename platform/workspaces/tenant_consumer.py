"""The base of WebSocket consumers that serve one workspace's members."""

from typing import Any, ClassVar

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from workspaces.models import Membership, User, Workspace
from workspaces.roles import Permission, may
from workspaces.scope import tenant

NOT_FOUND = 4404
FORBIDDEN = 4403


class TenantConsumer(AsyncJsonWebsocketConsumer):
    """Accepts only members with `permission`; the workspace comes from the address.

    Strangers are closed with 4404 and members without the permission with 4403. Subclasses override `opened`.
    """

    permission: ClassVar[Permission]
    user: User
    workspace: Workspace
    role: str

    async def connect(self) -> None:
        """Check membership, accept, and hand over to `opened`."""
        refusal = await database_sync_to_async(self._admit)()
        # Closing before accepting shows the browser a bare 403 without the code that tells the page what to do.
        await self.accept()
        if refusal:
            await self.close(code=refusal)
            return
        await self.opened()

    async def opened(self) -> None:
        """Run once the socket is open for a member who may use it."""

    def _admit(self) -> int | None:
        user = self.scope.get("user")
        workspace = Workspace.objects.filter(slug=self.scope["url_route"]["kwargs"]["workspace_slug"]).first()
        if workspace is None or user is None or not user.is_authenticated:
            return NOT_FOUND
        with tenant(workspace):
            membership = Membership.objects.filter(user=user).first()
        if membership is None:
            return NOT_FOUND
        if not may(membership.role, self.permission):
            return FORBIDDEN
        self.user, self.workspace, self.role = user, workspace, membership.role
        return None

    async def in_tenant(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        """Run a synchronous function inside this socket's workspace, checking that the person still may."""

        def call() -> Any:
            with tenant(self.workspace):
                membership = Membership.objects.filter(user=self.user).first()
                if membership is None or not may(membership.role, self.permission):
                    raise MembershipLostError
                return function(*args, **kwargs)

        return await database_sync_to_async(call)()


class MembershipLostError(Exception):
    """The person was removed, or lost the permission, while the socket was open."""
