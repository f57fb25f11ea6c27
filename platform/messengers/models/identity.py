"""A contact on a channel."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from messengers.models.channel import Channel
from workspaces.tenant_model import TenantForeignKey, TenantModel


class Identity(TenantModel):
    """A person as one channel knows him. One contact may have many."""

    class State(models.TextChoices):
        """Whether we may write."""

        ACTIVE = "active", _("Active")
        UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
        BLOCKED = "blocked", _("Blocked")

    channel = TenantForeignKey(Channel, on_delete=models.CASCADE, related_name="identities")
    contact = TenantForeignKey("audience.Contact", on_delete=models.CASCADE, related_name="identities")
    external_id = models.CharField(max_length=200)
    profile = models.JSONField(default=dict)
    profile_due_at = models.DateTimeField(null=True, blank=True)  # when `fetching` asks the messenger who this is
    picture = TenantForeignKey("messengers.Media", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=16, choices=State.choices, default=State.ACTIVE)
    state_at = models.DateTimeField(null=True, blank=True)  # by the messenger's clock: older news change nothing
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("subscriber")
        constraints = [
            models.UniqueConstraint(fields=["workspace", "channel", "external_id"], name="identity_once_per_channel")
        ]
        indexes = [
            models.Index(
                fields=["profile_due_at"],
                condition=models.Q(profile_due_at__isnull=False),
                name="identity_profile_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel_id}/{self.external_id}"
