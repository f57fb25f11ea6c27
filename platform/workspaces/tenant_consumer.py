"""The base of WebSocket consumers that serve one workspace's members."""

import time
from collections.abc import Callable
from typing import Any, ClassVar, ParamSpec, TypeVar
from urllib.parse import urlsplit

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from workspaces.models import Membership, User, Workspace
from workspaces.roles import Permission, may
from workspaces.scope import tenant

NOT_FOUND = 4404
FORBIDDEN = 4403
_TRUST = 30.0  # seconds for which a membership is believed while events only flow outwards

_P = ParamSpec("_P")
_T = TypeVar("_T")


class MembershipLostError(Exception):
    """The person was removed, or lost the permission, while the socket was open."""

    def __init__(self, code: int) -> None:
        """Keep the code that the socket is closed with."""
        super().__init__(code)
        self.code = code


def membership_group(workspace_id: int | None, user_id: int | None) -> str:
    """Return the channel layer's group of one person's sockets in one workspace: told when the membership changes."""
    return f"membership.{workspace_id}.{user_id}"


class TenantConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Accepts only members with `permission`, from our own pages; the workspace comes from the address.

    Strangers are closed with 4404 and members without the permission with 4403, at once and also when that becomes so
    while the socket is open. Subclasses override `opened`.
    """

    permission: ClassVar[Permission]
    groups: list[str]
    user: User
    workspace: Workspace
    role: str
    _checked_at = 0.0

    async def connect(self) -> None:
        """Check membership, accept, and hand over to `opened`."""
        refusal = await self._refusal_at_door()
        # Closing before accepting shows the browser a bare 403 without the code that tells the page what to do.
        await self.accept()
        if refusal:
            await self.close(code=refusal)
            return
        group = membership_group(self.workspace.pk, self.user.pk)
        self.groups = [*self.groups, group]  # channels leaves these when the socket closes
        await self.channel_layer.group_add(group, self.channel_name)
        await self.opened()

    async def opened(self) -> None:
        """Run once the socket is open for a member who may use it."""

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Handle one message; whoever lost the membership meanwhile is shown out instead."""
        try:
            from_outside = message["type"].startswith("websocket.")
            if not from_outside and time.monotonic() - self._checked_at > _TRUST:
                await self.in_tenant(lambda: None)
            await super().dispatch(message)
        except MembershipLostError as lost:
            await self.close(code=lost.code)

    async def membership_changed(self, _event: dict[str, Any]) -> None:
        """Look again: the membership was changed or ended."""
        await self.in_tenant(lambda: None)

    async def in_tenant(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run a synchronous function inside this socket's workspace, checking that the person still may."""

        def call() -> _T:
            with tenant(self.workspace):
                if refusal := self._refusal():
                    raise MembershipLostError(refusal)
                return function(*args, **kwargs)

        answer: _T = await database_sync_to_async(call)()
        return answer

    async def _refusal_at_door(self) -> int | None:
        user = self.scope.get("user")
        if user is None or not user.is_authenticated or not self._comes_from_us():
            return NOT_FOUND
        slug = self.scope["url_route"]["kwargs"]["workspace_slug"]
        workspace = await Workspace.objects.filter(slug=slug).afirst()
        if workspace is None:
            return NOT_FOUND
        self.user, self.workspace = user, workspace
        try:
            await self.in_tenant(lambda: None)
        except MembershipLostError as lost:
            return lost.code
        return None

    def _refusal(self) -> int | None:
        membership = Membership.objects.filter(user=self.user, user__is_active=True).first()
        if membership is None:
            return NOT_FOUND
        if not may(membership.role, self.permission):
            return FORBIDDEN
        self.role = membership.role
        self._checked_at = time.monotonic()
        return None

    def _comes_from_us(self) -> bool:
        """Say whether one of our own pages opens the socket: browsers let any site do it, with our cookies."""
        origin = dict(self.scope["headers"]).get(b"origin")
        if origin is None:  # not a browser
            return True
        host, _port = split_domain_port(urlsplit(origin.decode("latin-1")).netloc)
        return validate_host(host, settings.ALLOWED_HOSTS)
