"""Addresses of this app: its pages under `/w/<workspace_slug>/`, and what is open to the outside."""

from django.urls import URLPattern, URLResolver, include, path

from messengers import (
    channel_views,
    connect_views,
    delivery_views,
    inbound_views,
    media_library_views,
    media_views,
    template_views,
)
from messengers.site_chat.urls import websocket_urlpatterns

app_name = "messengers"

urlpatterns = [
    path("channels/", channel_views.channel_list, name="channels"),
    path("channels/new/", channel_views.connect, name="connect"),
    path("channels/new/site_chat/", channel_views.new_site_chat, name="new_site_chat"),
    path("channels/new/<slug:kind>/", connect_views.new_account, name="new_account"),
    path("channels/new/<slug:kind>/practice/", connect_views.practise, name="practise"),
    path("channels/new/<slug:kind>/look-up/", connect_views.look_up_account, name="look_up_account"),
    path("channels/new/<slug:kind>/connect/", connect_views.connect_account, name="connect_account"),
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
    path("channels/<int:channel_id>/keys/", channel_views.replace_keys, name="replace_keys"),
    path("channels/<int:channel_id>/switch/", channel_views.switch, name="switch"),
    path("channels/<int:channel_id>/templates/", template_views.template_list, name="templates"),
    path("channels/<int:channel_id>/templates/refresh/", template_views.refresh_templates, name="refresh_templates"),
    path("channels/<int:channel_id>/templates/new/", template_views.new_template, name="new_template"),
    path(
        "channels/<int:channel_id>/templates/<int:message_template_id>/",
        template_views.one_template,
        name="template",
    ),
    path(
        "channels/<int:channel_id>/templates/<int:message_template_id>/delete/",
        template_views.delete_template,
        name="delete_template",
    ),
    path("channels/<int:channel_id>/failed/", inbound_views.failed, name="failed_updates"),
    path("channels/<int:channel_id>/failed/replay/", inbound_views.replay_all, name="replay_all"),
    path("channels/<int:channel_id>/failed/<int:update_id>/replay/", inbound_views.replay, name="replay_update"),
    path("channels/<int:channel_id>/failed/<int:update_id>/drop/", inbound_views.drop, name="drop_update"),
    path("channels/deliveries/", delivery_views.deliveries, name="deliveries"),
    path("channels/deliveries/decide/", delivery_views.decide, name="decide"),
    path("media/", media_library_views.library, name="media_library"),
    path("media/upload/", media_library_views.upload, name="upload_media"),
    path("media/choose/", media_library_views.choose, name="choose_media"),
    path("media/<int:media_id>/", media_library_views.one_file, name="one_media"),
    path("media/<int:media_id>/told/", media_library_views.told, name="told_media"),
    path("media/<int:media_id>/rename/", media_library_views.rename, name="rename_media"),
    path("media/<int:media_id>/voice/", media_library_views.make_voice, name="voice_media"),
    path("media/<int:media_id>/delete/", media_library_views.remove, name="delete_media"),
]

public_urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("messengers.site_chat.urls")),
    path("media/<str:word>", media_views.read_file, name="media"),
    path("media/<str:word>/<str:file_name>", media_views.read_file, name="media_named"),
]

__all__ = ["app_name", "public_urlpatterns", "urlpatterns", "websocket_urlpatterns"]
