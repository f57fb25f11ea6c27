"""Django's view of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatpanelConfig(AppConfig):
    """One window for the talks of every channel."""

    name = "chatpanel"
    verbose_name = _("Chats")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what happens in conversations, and name this app's entries in the audit log."""
        from chatpanel import departures, live
        from workspaces.audit_words import name_actions

        departures.connect()
        live.connect()
        name_actions(
            {"conversation": _("Chats"), "contact": _("Contacts")},
            {
                "conversation.taken_over": _("Took a chat over from a colleague"),
                "contact.corrected": _("Corrected a contact"),
            },
        )
