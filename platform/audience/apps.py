"""Django's view of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AudienceConfig(AppConfig):
    """The people whom a workspace talks with."""

    name = "audience"
    verbose_name = _("Audience")
    default_auto_field = "django.db.models.BigAutoField"
