"""Messages that a channel's messenger approves beforehand, as it last told them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from messengers.models.channel import Channel
from messengers.template_parts import TemplateParts
from workspaces.tenant_model import TenantForeignKey, TenantModel


class MessageTemplate(TenantModel):
    """One of them, in one language. `templates` keeps it; nobody else writes here."""

    class State(models.TextChoices):
        """Whether it may be sent: the values are those of template_parts.TemplateState."""

        APPROVED = "approved", _("Approved")
        PENDING = "pending", _("Being looked at")
        REJECTED = "rejected", _("Rejected")
        PAUSED = "paused", _("Paused")
        DISABLED = "disabled", _("Disabled")

    channel = TenantForeignKey(Channel, on_delete=models.CASCADE, related_name="templates")
    external_id = models.CharField(max_length=200)
    name = models.CharField(max_length=512)
    language = models.CharField(max_length=16)
    category = models.CharField(max_length=32, blank=True)
    state = models.CharField(max_length=10, choices=State.choices)
    reason = models.CharField(max_length=300, blank=True)  # why it may not be sent, in the messenger's words
    quality = models.CharField(max_length=10, blank=True)  # high, medium, low
    parts = models.JSONField(default=dict)  # messengers.template_parts.TemplateParts
    defaults = models.JSONField(default=dict)  # what members have its gaps filled with, by their keys
    synced_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        constraints = [
            models.UniqueConstraint(fields=["workspace", "channel", "name", "language"], name="template_once")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def said(self) -> TemplateParts:
        """Return what it is made of."""
        return TemplateParts.model_validate(self.parts)
