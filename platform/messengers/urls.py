"""Addresses of this app: its pages under `/w/<workspace_slug>/`, and what is open to the outside."""

from django.urls import include, path

from messengers import media_views
from messengers.site_chat.urls import websocket_urlpatterns

app_name = "messengers"

urlpatterns: list[object] = []

public_urlpatterns = [
    path("", include("messengers.site_chat.urls")),
    path("media/<str:word>", media_views.read_file, name="media"),
]

__all__ = ["app_name", "public_urlpatterns", "urlpatterns", "websocket_urlpatterns"]
