"""The talk with one person on one channel; its row is the lock under which everything in it happens in order."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from messengers.models.channel import Channel
from messengers.models.identity import Identity
from workspaces.tenant_model import TenantForeignKey, TenantModel


class Conversation(TenantModel):
    """A talk. It has one owner at a time: the bot, or a person; only the owner speaks."""

    class Owner(models.TextChoices):
        """Who answers."""

        BOT = "bot", _("Bot")
        PERSON = "person", _("Person")

    class State(models.TextChoices):
        """Whether somebody still has to do something."""

        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    identity = TenantForeignKey(Identity, on_delete=models.CASCADE, related_name="conversations")
    channel = TenantForeignKey(Channel, on_delete=models.CASCADE, related_name="conversations")
    contact = TenantForeignKey("audience.Contact", on_delete=models.CASCADE, related_name="conversations")
    owner = models.CharField(max_length=8, choices=Owner.choices, default=Owner.BOT)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    last_message = TenantForeignKey(
        "messengers.Message", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    last_message_at = models.DateTimeField(null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)  # when the person last wrote, pressed or came
    waiting_since = models.DateTimeField(null=True, blank=True)  # the person's first message that nobody answered
    unread = models.PositiveIntegerField(default=0)  # his messages that no member has seen
    context = models.JSONField(default=dict)  # page, referrer, UTM of the visit
    revision = models.BigIntegerField(default=0, editable=False)  # see `messengers.changes`
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("conversation")
        constraints = [models.UniqueConstraint(fields=["workspace", "identity"], name="one_conversation_per_identity")]
        indexes = [
            models.Index(fields=["workspace", "-last_message_at", "-id"], name="conversation_newest"),
            models.Index(fields=["workspace", "revision"], name="conversation_revision"),
            models.Index(
                fields=["workspace", "waiting_since", "id"],
                condition=models.Q(state="open") & (models.Q(owner="person") | models.Q(waiting_since__isnull=False)),
                name="conversation_needs_person",
            ),
        ]

    def __str__(self) -> str:
        return f"conversation {self.pk}"
