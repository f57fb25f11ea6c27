"""What came in at the door, as it came."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messengers.models.channel import Channel
from workspaces.tenant_model import TenantForeignKey, TenantModel


class InboundUpdate(TenantModel):
    """A raw update, stored before anything else happens. What cannot be read stays with its error, for a replay."""

    class State(models.TextChoices):
        """How far it came."""

        STORED = "stored", _("Waiting")  # `inbox.overdue` finds it
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    channel = TenantForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    external_id = models.CharField(max_length=200)
    sender_key = models.CharField(max_length=200, blank=True)  # whom it is from: updates of one person go in order
    body = models.JSONField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.STORED)
    error = models.TextField(blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)  # after an error: when it is tried again
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("inbound update")
        constraints = [
            models.UniqueConstraint(fields=["workspace", "channel", "external_id"], name="inbound_update_once")
        ]
        indexes = [
            models.Index(
                fields=["workspace", "channel", "id"], condition=models.Q(state="stored"), name="inbound_waiting"
            ),
            models.Index(
                fields=["workspace", "channel", "sender_key", "id"],
                condition=models.Q(state="stored"),
                name="inbound_turn",
            ),
            models.Index(fields=["workspace", "-id"], condition=models.Q(state="failed"), name="inbound_failed"),
        ]

    def __str__(self) -> str:
        return f"update {self.external_id}"
