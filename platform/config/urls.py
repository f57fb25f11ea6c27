"""Every address of Kaskad. A workspace's pages stand under `/w/<slug>/`."""

from django.urls import URLPattern, URLResolver, include, path

from chatpanel.urls import websocket_urlpatterns as chatpanel_sockets
from config.catalogue import catalogue
from config.health import healthz
from config.preferences import set_language, set_theme
from config.style_guide import style_guide
from messengers import urls as messengers
from workspaces.views.home import home

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("", home, name="home"),
    path("", include("workspaces.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("i18n/<slug:language>.js", catalogue, name="catalogue"),
    path("preferences/language/", set_language, name="set_language"),
    path("preferences/theme/", set_theme, name="set_theme"),
    path("_components/", style_guide, name="style_guide"),
    path("w/<slug:workspace_slug>/", include("analytics.urls")),
    path("w/<slug:workspace_slug>/", include("bots.urls")),
    path("w/<slug:workspace_slug>/", include("chatpanel.urls")),
    path("w/<slug:workspace_slug>/", include("messengers.urls")),
    path("", include(messengers.public_urlpatterns)),
]

handler500 = "config.errors.server_error"

websocket_urlpatterns: list[URLPattern | URLResolver] = [
    *messengers.websocket_urlpatterns,
    *chatpanel_sockets,
]
