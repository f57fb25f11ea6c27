"""What a conversation holds besides its messages: who took it, gave it back or closed it, and notes for colleagues."""

from django.conf import settings
from django.db import models
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from messengers.models import Conversation
from workspaces.tenant_model import TenantForeignKey, TenantModel


class ConversationEvent(TenantModel):
    """One line between the messages. It never changes, and the subscriber never sees it."""

    class Kind(models.TextChoices):
        """What happened."""

        TAKEN_OVER = "taken_over", _("Taken over")
        GIVEN_BACK = "given_back", _("Given back to the bot")
        ASSIGNED = "assigned", _("Assigned")
        CLOSED = "closed", _("Closed")
        REOPENED = "reopened", _("Reopened")
        NOTE = "note", _("Note")

    conversation = TenantForeignKey(Conversation, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    subject = models.ForeignKey(  # whom it was taken from, or given to
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    text = models.TextField(blank=True)
    after_message = models.BigIntegerField(default=0)  # the newest message's id then: the line's place in the thread
    client_id = models.CharField(max_length=64, blank=True)  # as on a message: a repeated note is the same note
    revision = models.BigIntegerField(  # see `messengers.changes`; a line is only ever inserted, so a default is enough
        db_default=RawSQL("pg_current_xact_id()::text::bigint", []), editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("event in a conversation")
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "conversation", "client_id"],
                condition=~models.Q(client_id=""),
                name="note_once_per_client_id",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "conversation", "-after_message", "-id"], name="conversation_events"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} in conversation {self.conversation_id}"
