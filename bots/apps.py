"""Django's view of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BotsConfig(AppConfig):
    """Flows and the engine that runs them."""

    name = "bots"
    verbose_name = _("Bots")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what people write, and name this app's entries in the audit log."""
        from bots import file_holders, runner
        from messengers import media_library
        from workspaces.audit_words import name_actions

        runner.connect()
        media_library.ask_for_holders(file_holders.of_file)
        name_actions(
            {"flow": _("Flows")},
            {
                "flow.created": _("Created a flow"),
                "flow.renamed": _("Renamed a flow"),
                "flow.edited": _("Edited a flow"),
                "flow.published": _("Published a flow"),
                "flow.draft_discarded": _("Discarded a flow's draft"),
                "flow.version_restored": _("Brought an earlier version back"),
                "flow.switched_on": _("Switched a flow on"),
                "flow.switched_off": _("Switched a flow off"),
                "flow.people_stopped": _("Stopped people in a flow"),
                "flow.duplicated": _("Copied a flow"),
                "flow.deleted": _("Deleted a flow"),
            },
            {"people": _("people"), "of": _("copy of")},
        )
