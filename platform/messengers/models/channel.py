"""A channel: one bot, community, number or site chat that a workspace has connected."""

from django.db import models
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from messengers.registry import is_known, messenger
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

    class Trouble(models.TextChoices):
        """What the watchdog has found; people are told of it once."""

        BROKEN = "broken", _("Nothing leaves")
        STOLEN = "stolen", _("Another program receives its messages")
        EXPIRING = "expiring", _("Its keys run out soon")
        RESTRICTED = "restricted", _("The messenger has restricted the account")
        DISLIKED = "disliked", _("People complain of its messages")

    kind = models.CharField(max_length=32)
    name = models.CharField(_("name"), max_length=120)
    key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)
    account = models.CharField(max_length=100, blank=True)  # the messenger's own id of what is connected
    settings = models.JSONField(default=dict)
    secrets = EncryptedJSONField(default=dict)
    state = models.CharField(max_length=16, choices=State.choices, default=State.ACTIVE)
    broken_reason = models.CharField(max_length=300, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    practice = models.BooleanField(default=False)  # an account of the lab: nothing reaches a true messenger
    polls = models.BooleanField(default=False)  # news are fetched: see `polling`
    poll_cursor = models.TextField(blank=True)  # up to where news were fetched, in the adapter's own words
    shards = models.PositiveSmallIntegerField(default=1)  # how many senders may serve it at once, each its own people
    hook_state = models.JSONField(default=dict)  # what the messenger last said of our webhook
    watched_at = models.DateTimeField(null=True, blank=True)  # by `watchdog`, as are the next two
    trouble = models.CharField(max_length=16, choices=Trouble.choices, blank=True)
    told_trouble = models.CharField(max_length=16, blank=True)  # what its people have been told of
    templates_at = models.DateTimeField(null=True, blank=True)  # when `templates` last asked for them; null: now
    templates_problem = models.CharField(max_length=300, blank=True)  # why the messenger did not tell them
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("channel")
        ordering = ["id"]
        constraints = [
            # Across workspaces on purpose: two channels of one account would take its messages from each other.
            models.UniqueConstraint(
                fields=["kind", "account", "practice"],
                condition=~models.Q(account="") & ~models.Q(state="disconnected"),
                name="channel_account_once",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_templates(self) -> bool:
        """Say whether its messenger approves messages beforehand."""
        return is_known(self.kind) and messenger(self.kind).capabilities.templates


class ChannelLease(TenantModel):
    """Which sender serves a channel, and until when it is believed to be alive. `delivery` takes over expired ones.

    A fast channel has several shards: each serves the people whose identity's id leaves that remainder. The row
    outlives the lease: `tokens` at `tokens_at` is what its last holder left of the shard's rate.
    """

    channel = TenantForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    shard = models.PositiveSmallIntegerField(default=0)
    sender = models.UUIDField()
    expires_at = models.DateTimeField()
    tokens = models.FloatField(null=True)
    tokens_at = models.DateTimeField(null=True)
    chats = models.JSONField(default=dict)  # and of the rates of single people: identity id -> (tokens, at)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "channel", "shard"], name="one_lease_per_shard")]
        indexes = [models.Index(fields=["sender"], name="lease_sender")]

    def __str__(self) -> str:
        return f"{self.channel_id} by {self.sender}"


class PollLease(TenantModel):
    """Which listener fetches a channel's news, and until when it is believed to be alive. `polling` owns it."""

    channel = TenantForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    listener = models.UUIDField()
    expires_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "channel"], name="one_listener_per_channel")]

    def __str__(self) -> str:
        return f"{self.channel_id} by {self.listener}"
