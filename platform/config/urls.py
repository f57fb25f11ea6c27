"""Every address of Kaskad. A workspace's pages stand under `/w/<slug>/`."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.account.urls")),
]

websocket_urlpatterns: list[URLPattern | URLResolver] = []
