"""Django's view of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessengersConfig(AppConfig):
    """Channels, the door in, the door out."""

    name = "messengers"
    verbose_name = _("Messengers")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the site chat listen, let files go with their workspace, and name this app's audit entries."""
        from messengers import signals, tasks
        from messengers.media import erase_files
        from messengers.site_chat import live
        from workspaces.audit_words import name_actions
        from workspaces.signals import workspace_erased

        live.listen()
        signals.channel_connected.connect(tasks.ask_for_templates, dispatch_uid="messengers.templates")
        workspace_erased.connect(erase_files)
        name_actions(
            {"channel": _("Channels"), "message": _("Messages"), "media": _("Files"), "template": _("Templates")},
            {
                "channel.connected": _("Connected a channel"),
                "channel.changed": _("Changed a channel"),
                "channel.reconnected": _("Switched a channel on"),
                "channel.disconnected": _("Switched a channel off"),
                "channel.updates_replayed": _("Had failed updates handled again"),
                "channel.updates_dropped": _("Dropped failed updates"),
                "template.created": _("Sent a template for approval"),
                "template.deleted": _("Deleted a template"),
                "template.defaults": _("Changed what a template is filled with"),
                "media.renamed": _("Renamed a file"),
                "media.made_voice": _("Made a sound a voice message"),
                "media.deleted": _("Deleted a file"),
                "message.retried": _("Sent a message again"),
                "message.edited": _("Changed a message that was sent"),
                "message.deleted": _("Took a message back"),
                "message.decided_send": _("Had uncertain or failed messages sent again"),
                "message.decided_arrived": _("Said that uncertain messages arrived"),
                "message.decided_give_up": _("Gave uncertain messages up"),
            },
            {
                "origins": _("sites"),
                "updates": _("updates"),
                "messages": _("messages"),
                "title": _("title"),
                "greeting": _("line under the title"),
                "offline_text": _("words without a connection"),
                "color": _("colour"),
                "position": _("corner"),
            },
            {
                "position": {"right": _("On the right"), "left": _("On the left")},
                "language": {"page": _("As on the page")},
            },
        )
