"""Addresses of this app: its pages under `/w/<workspace_slug>/`, and what is open to the outside."""

from django.urls import URLPattern, URLResolver, include, path

from messengers import channel_views, connect_views, delivery_views, inbound_views, media_views
from messengers.site_chat.urls import websocket_urlpatterns

app_name = "messengers"

urlpatterns = [
    path("channels/", channel_views.channel_list, name="channels"),
    path("channels/new/", channel_views.connect, name="connect"),
    path("channels/new/site_chat/", channel_views.new_site_chat, name="new_site_chat"),
    path("channels/new/telegram/", connect_views.new_telegram, name="new_telegram"),
    path("channels/new/telegram/look-up/", connect_views.look_up_telegram, name="look_up_telegram"),
    path("channels/new/telegram/connect/", connect_views.connect_telegram, name="connect_telegram"),
    path("channels/preview/", channel_views.preview, name="preview"),
    path("channels/<int:channel_id>/", channel_views.channel, name="channel"),
    path("channels/<int:channel_id>/install/", channel_views.install, name="install"),
    path("channels/<int:channel_id>/install/check/", channel_views.installation_check, name="installation_check"),
    path("channels/<int:channel_id>/allow/", channel_views.allow_site, name="allow_site"),
    path("channels/<int:channel_id>/first/", connect_views.first_message, name="first_message"),
    path("channels/<int:channel_id>/first/check/", connect_views.first_message_check, name="first_message_check"),
    path("channels/<int:channel_id>/webhook/", channel_views.webhook, name="webhook"),
    path("channels/<int:channel_id>/webhook/take-back/", channel_views.take_back, name="take_back"),
    path("channels/<int:channel_id>/news/", channel_views.choose_news, name="choose_news"),
    path("channels/<int:channel_id>/token/", channel_views.replace_token, name="replace_token"),
    path("channels/<int:channel_id>/switch/", channel_views.switch, name="switch"),
    path("channels/<int:channel_id>/failed/", inbound_views.failed, name="failed_updates"),
    path("channels/<int:channel_id>/failed/replay/", inbound_views.replay_all, name="replay_all"),
    path("channels/<int:channel_id>/failed/<int:update_id>/replay/", inbound_views.replay, name="replay_update"),
    path("channels/<int:channel_id>/failed/<int:update_id>/drop/", inbound_views.drop, name="drop_update"),
    path("channels/deliveries/", delivery_views.deliveries, name="deliveries"),
    path("channels/deliveries/decide/", delivery_views.decide, name="decide"),
]

public_urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("messengers.site_chat.urls")),
    path("media/<str:word>", media_views.read_file, name="media"),
]

__all__ = ["app_name", "public_urlpatterns", "urlpatterns", "websocket_urlpatterns"]
