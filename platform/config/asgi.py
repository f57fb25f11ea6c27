"""The web process: pages over HTTP, live parts over WebSocket, and beside Django the door for webhooks."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
pages = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from config.urls import websocket_urlpatterns  # noqa: E402
from messengers.hook_door import PREFIX, HookDoor  # noqa: E402
from workspaces.checks import refuse_strong_role  # noqa: E402

refuse_strong_role()

hooks = HookDoor()


async def http(scope: Any, receive: Any, send: Any) -> None:
    """Hand a request to the door for webhooks or to Django."""
    await (hooks if scope["path"].startswith(PREFIX) else pages)(scope, receive, send)


application = ProtocolTypeRouter({"http": http, "websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns))})
