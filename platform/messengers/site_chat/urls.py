"""The site chat's addresses: public, outside any workspace's pages."""

from django.urls import path

from messengers.site_chat import views, widget
from messengers.site_chat.consumer import VisitorConsumer

urlpatterns = [
    path("chat.js", widget.loader, name="site_chat_loader"),
    path("chat/panel.<slug:digest>.js", widget.panel, name="site_chat_panel"),
    path("chat/<slug:key>/config", views.config, name="site_chat_config"),
    path("chat/<slug:key>/session", views.session, name="site_chat_session"),
    path("chat/<slug:key>/messages", views.messages, name="site_chat_messages"),
    path("chat/<slug:key>/unread", views.unread, name="site_chat_unread"),
    path("chat/<slug:key>/files", views.files, name="site_chat_files"),
    path("chat/<slug:key>/receipts", views.receipts, name="site_chat_receipts"),
]

websocket_urlpatterns = [path("ws/chat/<slug:key>/", VisitorConsumer.as_asgi())]
