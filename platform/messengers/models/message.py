"""Messages, the attempts to send them, and the batches that mailings put them in."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messengers.models.channel import Channel
from messengers.models.conversation import Conversation
from messengers.models.identity import Identity
from messengers.statuses import Status
from workspaces.tenant_model import TenantForeignKey, TenantModel


class Batch(TenantModel):
    """Bulk messages that are paused, stopped and slowed together. All that delivery knows of a mailing."""

    class State(models.TextChoices):
        """Whether its messages may leave."""

        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        STOPPED = "stopped", _("Stopped")

    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    per_hour = models.PositiveIntegerField(null=True, blank=True)
    not_after = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("batch")

    def __str__(self) -> str:
        return f"batch {self.pk}"


class Message(TenantModel):
    """One message, in or out."""

    class Direction(models.TextChoices):
        """From the person, or to him."""

        IN = "in", _("In")
        OUT = "out", _("Out")

    class Lane(models.IntegerChoices):
        """What leaves first."""

        INTERACTIVE = 0, _("Replies")
        BULK = 1, _("Mailings")

    class Source(models.TextChoices):
        """Who speaks. `source_id` is that thing's id: a bot's run, a mailing; for a member see `author`."""

        CONTACT = "contact", _("Contact")
        BOT = "bot", _("Bot")
        MEMBER = "member", _("Member")
        BROADCAST = "broadcast", _("Broadcast")
        API = "api", _("API")

    conversation = TenantForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    channel = TenantForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    identity = TenantForeignKey(Identity, on_delete=models.CASCADE, related_name="+")
    batch = TenantForeignKey(Batch, on_delete=models.CASCADE, null=True, blank=True, related_name="messages")
    direction = models.CharField(max_length=3, choices=Direction.choices)
    content = models.JSONField()  # messengers.content.Content
    status = models.CharField(max_length=12, choices=[(status.value, status.value) for status in Status])
    reason = models.CharField(max_length=300, blank=True)  # why it failed, a code or the messenger's own words
    lane = models.PositiveSmallIntegerField(choices=Lane.choices, default=Lane.INTERACTIVE)
    source = models.CharField(max_length=12, choices=Source.choices)
    source_id = models.BigIntegerField(null=True, blank=True)
    source_ref = models.CharField(max_length=64, blank=True)  # the place in the source: a bot's node
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    external_id = models.CharField(max_length=200, blank=True)
    client_id = models.CharField(
        max_length=64, blank=True
    )  # made up by the writer's browser: a repeat is the same message
    due_at = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    revision = models.BigIntegerField(default=0, editable=False)  # see `messengers.changes`
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("message")
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "channel", "external_id", "direction"],
                condition=~models.Q(external_id=""),
                name="message_once_per_external_id",
            ),
            models.UniqueConstraint(
                fields=["workspace", "conversation", "client_id"],
                condition=~models.Q(client_id=""),
                name="message_once_per_client_id",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "conversation", "-id"], name="message_history"),
            models.Index(fields=["workspace", "revision"], name="message_revision"),
            models.Index(
                fields=["workspace", "channel", "lane", "due_at", "id"],
                condition=models.Q(status="queued"),
                name="message_queue",
            ),
            models.Index(fields=["lease_expires_at"], condition=models.Q(status="sending"), name="message_leased"),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


class Attempt(TenantModel):
    """One try to send a message: when, and what came of it. A retry is a new row."""

    message = TenantForeignKey(Message, on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=16, blank=True)  # the name of an adapter.Outcome, in snake case
    reason = models.CharField(max_length=300, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("attempt")
        constraints = [models.UniqueConstraint(fields=["workspace", "message", "number"], name="attempt_once")]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.message_id}"
