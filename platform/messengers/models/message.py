"""Messages, the attempts to send them, and the batches that mailings put them in."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messengers.models.channel import Channel
from messengers.models.conversation import Conversation
from messengers.models.identity import Identity
from messengers.statuses import Status
from workspaces.tenant_model import TenantForeignKey, TenantModel, WorkspaceKey


class Batch(TenantModel):
    """Bulk messages that are paused, stopped and slowed together. All that delivery knows of a mailing."""

    class State(models.TextChoices):
        """Whether its messages may leave."""

        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        STOPPED = "stopped", _("Stopped")
        FINISHED = "finished", _("Sent out")

    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    per_hour = models.PositiveIntegerField(null=True, blank=True)
    next_at = models.DateTimeField(default=timezone.now)  # when `per_hour` lets the next one go
    not_after = models.DateTimeField(null=True, blank=True)
    sealed_at = models.DateTimeField(null=True, blank=True)  # all its messages are made: with the last it is finished
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("batch")
        indexes = [
            models.Index(fields=["workspace", "id"], condition=~models.Q(state="finished"), name="batch_unfinished")
        ]

    def __str__(self) -> str:
        return f"batch {self.pk}"


class Variant(TenantModel):
    """A content that many bulk messages share. Each gets its own rendered copy when it leaves."""

    batch = TenantForeignKey(Batch, on_delete=models.CASCADE, related_name="variants")
    content = models.JSONField()  # messengers.content.Content

    class Meta(TenantModel.Meta):
        verbose_name = _("variant")

    def __str__(self) -> str:
        return f"variant {self.pk}"


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

    # Every index is written anew with every change of a status, so only those stand here that a question needs.
    workspace = WorkspaceKey(db_index=False)
    conversation = TenantForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False)
    channel = TenantForeignKey(Channel, on_delete=models.CASCADE, related_name="+", db_index=False)
    identity = TenantForeignKey(Identity, on_delete=models.CASCADE, related_name="+")
    batch = TenantForeignKey(
        Batch, on_delete=models.CASCADE, null=True, blank=True, related_name="messages", db_index=False
    )
    direction = models.CharField(max_length=3, choices=Direction.choices)
    variant = TenantForeignKey(
        Variant, on_delete=models.CASCADE, null=True, blank=True, related_name="+", db_index=False
    )
    content = models.JSONField()  # messengers.content.Content; of a variant's message only what differs: see `words`
    status = models.CharField(max_length=12, choices=[(status.value, status.value) for status in Status])
    reason = models.CharField(max_length=300, blank=True)  # why it failed, a code or the messenger's own words
    lane = models.PositiveSmallIntegerField(choices=Lane.choices, default=Lane.INTERACTIVE)
    source = models.CharField(max_length=12, choices=Source.choices)
    source_id = models.BigIntegerField(null=True, blank=True)
    source_ref = models.CharField(max_length=64, blank=True)  # the place in the source: a bot's node
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    external_id = models.CharField(max_length=200, blank=True)
    client_id = models.CharField(
        max_length=64, blank=True
    )  # made up by the writer's browser: a repeat is the same message
    due_at = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True, blank=True)  # the sender that has it; alive while its ChannelLease is
    leased_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # in all; each has its row
    retries = models.PositiveSmallIntegerField(default=0)  # by Kaskad itself, since a bot or a person last queued it
    album = models.CharField(max_length=64, blank=True)  # the messenger's name for messages that belong together
    edited_at = models.DateTimeField(null=True, blank=True)  # changed after it was sent, by whoever wrote it
    deleted_at = models.DateTimeField(null=True, blank=True)  # taken back after it was sent; the content is kept
    parts_sent = models.PositiveSmallIntegerField(default=0)  # of a message that is cut: a retry goes on from here
    revision = models.BigIntegerField(default=0, editable=False)  # see `messengers.changes`
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("message")
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "channel", "external_id"],
                condition=models.Q(direction="in") & ~models.Q(external_id=""),
                name="message_in_once",
            ),
            models.UniqueConstraint(
                fields=["workspace", "conversation", "client_id"],
                condition=~models.Q(client_id=""),
                name="message_once_per_client_id",
            ),
            models.CheckConstraint(
                condition=models.Q(lane=0, batch__isnull=True) | models.Q(lane=1, batch__isnull=False),
                name="message_bulk_in_batch",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "conversation", "-id"], name="message_history"),
            models.Index(fields=["author"], condition=models.Q(author__isnull=False), name="message_author"),
            models.Index(fields=["workspace", "revision"], name="message_revision"),
            models.Index(
                fields=["workspace", "channel", "id"],
                condition=models.Q(status="queued", batch__isnull=True),
                name="message_queue",
            ),
            models.Index(
                fields=["workspace", "batch", "channel", "id"],
                condition=models.Q(status="queued", batch__isnull=False),
                name="message_bulk_queue",
            ),
            models.Index(
                fields=["workspace", "conversation", "lane", "id"],
                condition=models.Q(status__in=["queued", "sending"]),
                name="message_turn",
            ),
            models.Index(fields=["workspace", "channel"], condition=models.Q(status="sending"), name="message_leased"),
            models.Index(
                fields=["workspace", "status", "-id"],
                condition=models.Q(status__in=["uncertain", "rejected", "unreachable"]),
                name="message_undelivered",
            ),
            models.Index(
                fields=["workspace", "channel", "external_id"],
                condition=models.Q(direction="out") & ~models.Q(external_id=""),
                name="message_out_external",
            ),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"

    @property
    def words(self) -> dict[str, Any]:
        """Return what it says: its variant's content (select it along), with what is its own over it."""
        return {**(self.variant.content if self.variant is not None else {}), **self.content}


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
