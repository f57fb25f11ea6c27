"""The panel's addresses, under `/w/<workspace_slug>/`; its socket's under `/ws/w/<workspace_slug>/`."""

from django.urls import path

from chatpanel import message_views, views
from chatpanel.consumers import PanelConsumer

app_name = "chatpanel"

urlpatterns = [
    path("chats/", views.panel, name="panel"),
    path("chats/<int:conversation_id>/", views.panel, name="conversation"),
    path("chats/data/list/", views.conversation_list, name="list"),
    path("chats/data/since/", views.since, name="since"),
    path("chats/data/upload/", views.upload, name="upload"),
    path("chats/data/<int:conversation_id>/", views.conversation, name="thread"),
    path("chats/data/<int:conversation_id>/older/", views.older, name="older"),
    path("chats/data/<int:conversation_id>/reply/", views.reply, name="reply"),
    path("chats/data/<int:conversation_id>/templates/", views.templates, name="templates"),
    path("chats/data/<int:conversation_id>/template/", views.send_template, name="send_template"),
    path("chats/data/<int:conversation_id>/cost/", views.cost, name="cost"),
    path("chats/data/<int:conversation_id>/note/", views.note, name="note"),
    path("chats/data/<int:conversation_id>/take-over/", views.take_over, name="take_over"),
    path("chats/data/<int:conversation_id>/give-back/", views.give_back, name="give_back"),
    path("chats/data/<int:conversation_id>/assign/", views.assign, name="assign"),
    path("chats/data/<int:conversation_id>/close/", views.close, name="close"),
    path("chats/data/<int:conversation_id>/reopen/", views.reopen, name="reopen"),
    path("chats/data/<int:conversation_id>/seen/", views.seen, name="seen"),
    path("chats/data/<int:conversation_id>/contact/", views.contact, name="contact"),
    path("chats/data/messages/<int:message_id>/retry/", message_views.retry, name="retry"),
    path("chats/data/messages/<int:message_id>/arrived/", message_views.arrived, name="arrived"),
    path("chats/data/messages/<int:message_id>/edit/", message_views.edit, name="edit"),
    path("chats/data/messages/<int:message_id>/delete/", message_views.delete, name="delete"),
    path("chats/data/messages/<int:message_id>/attempts/", message_views.attempts, name="attempts"),
]

websocket_urlpatterns = [
    path("ws/w/<slug:workspace_slug>/chats/", PanelConsumer.as_asgi()),
]
