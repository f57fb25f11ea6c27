"""The dashboard's addresses, under `/w/<workspace_slug>/`."""

from django.urls import path

from analytics import views

app_name = "analytics"

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("first-steps/hide/", views.hide_steps, name="hide_steps"),
    path("first-steps/show/", views.show_steps, name="show_steps"),
]
