"""The addresses of bots, under `/w/<workspace_slug>/`."""

from django.urls import path

from bots import editor_views, practice_views, views

app_name = "bots"

urlpatterns = [
    path("bots/", views.flow_list, name="flows"),
    path("bots/new/", views.new, name="new"),
    path("bots/files/", editor_views.upload, name="upload"),
    path("bots/<int:flow_id>/", views.flow, name="flow"),
    path("bots/<int:flow_id>/switch/", views.switch, name="switch"),
    path("bots/<int:flow_id>/duplicate/", views.duplicate, name="duplicate"),
    path("bots/<int:flow_id>/practice/", practice_views.practice_page, name="practice"),
    path("bots/<int:flow_id>/practice/begin/", practice_views.begin, name="begin_practice"),
    path("bots/<int:flow_id>/practice/end/", practice_views.end, name="end_practice"),
    path("bots/<int:flow_id>/practice/phone/<int:conversation_id>/", practice_views.phone, name="practice_phone"),
    path("bots/<int:flow_id>/data/", editor_views.current, name="current"),
    path("bots/<int:flow_id>/data/draft/", editor_views.save, name="save"),
    path("bots/<int:flow_id>/data/publish/", editor_views.publish, name="publish"),
    path("bots/<int:flow_id>/data/discard/", editor_views.discard, name="discard"),
    path("bots/<int:flow_id>/data/name/", editor_views.rename, name="rename"),
    path("bots/<int:flow_id>/data/active/", editor_views.set_active, name="set_active"),
    path("bots/<int:flow_id>/data/copy/", editor_views.copy, name="copy"),
    path("bots/<int:flow_id>/data/delete/", editor_views.delete, name="delete"),
    path("bots/<int:flow_id>/data/versions/", editor_views.versions, name="versions"),
    path("bots/<int:flow_id>/data/restore/", editor_views.restore, name="restore"),
    path("bots/<int:flow_id>/data/try/", editor_views.try_out, name="try"),
]
