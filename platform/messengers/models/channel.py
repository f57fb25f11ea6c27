"""A channel: one bot, community, number or site chat that a workspace has connected."""

from django.db import models
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from workspaces.encrypted_field import EncryptedJSONField
from workspaces.tenant_model import TenantForeignKey, TenantModel


def new_key() -> str:
    """Return a channel's public key: part of its webhook's address."""
    return get_random_string(20, "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")


class Channel(TenantModel):
    """A connected messenger account."""

    class State(models.TextChoices):
        """Whether messages pass."""

        ACTIVE = "active", _("Works")
        BROKEN = "broken", _("Needs attention")
        DISCONNECTED = "disconnected", _("Switched off")

    kind = models.CharField(max_length=32)
    name = models.CharField(_("name"), max_length=120)
    key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)
    settings = models.JSONField(default=dict)
    secrets = EncryptedJSONField(default=dict)
    state = models.CharField(max_length=16, choices=State.choices, default=State.ACTIVE)
    broken_reason = models.CharField(max_length=300, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("channel")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class ChannelLease(TenantModel):
    """Which sender serves a channel, and until when it is believed to be alive. `delivery` takes over expired ones.

    The row outlives the lease: `tokens` at `tokens_at` is what its last holder left of the channel's rate.
    """

    channel = TenantForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    sender = models.UUIDField()
    expires_at = models.DateTimeField()
    tokens = models.FloatField(null=True)
    tokens_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "channel"], name="one_lease_per_channel")]
        indexes = [models.Index(fields=["sender"], name="lease_sender")]

    def __str__(self) -> str:
        return f"{self.channel_id} by {self.sender}"
