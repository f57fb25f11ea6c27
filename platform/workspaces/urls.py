"""Addresses of people and workspaces; those of one workspace stand under `/w/<workspace_slug>/settings/`."""

from django.urls import include, path

from workspaces.views import audit, confirming, home, invitation, members, personal, settings

app_name = "workspaces"

_settings = [
    path("", settings.settings_page, name="settings"),
    path("save/", settings.save, name="save_settings"),
    path("delete/", settings.delete, name="delete"),
    path("leave/", members.leave, name="leave"),
    path("members/", members.members_page, name="members"),
    path("members/<int:membership_id>/role/", members.change_role, name="change_role"),
    path("members/<int:membership_id>/remove/", members.remove, name="remove_member"),
    path("invitations/new/", members.invite, name="invite"),
    path("invitations/<int:invitation_id>/renew/", members.renew_invitation, name="renew_invitation"),
    path("invitations/<int:invitation_id>/revoke/", members.revoke_invitation, name="revoke_invitation"),
    path("audit/", audit.audit_page, name="audit"),
]

urlpatterns = [
    path("workspaces/", home.workspaces, name="workspaces"),
    path("workspaces/new/", home.new, name="new"),
    path("me/", personal.personal, name="personal"),
    path("accounts/letter/again/", confirming.resend_confirmation, name="resend_confirmation"),
    path("invitations/<str:token>/", invitation.invitation, name="invitation"),
    path("w/<slug:workspace_slug>/settings/", include(_settings)),
]
