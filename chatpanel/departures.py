"""A member's conversations when he may no longer answer: they wait for anybody, among the unassigned."""

from typing import Any

from django.db.models.signals import post_delete, post_save

from chatpanel import live
from chatpanel.models import ConversationEvent
from messengers.models import Conversation
from workspaces.models import Membership
from workspaces.roles import Permission, may


def connect() -> None:
    """Listen to changes of memberships; called when the app is ready."""
    post_save.connect(_changed, sender=Membership, dispatch_uid="chatpanel.departures")
    post_delete.connect(_ended, sender=Membership, dispatch_uid="chatpanel.departures")


def _changed(instance: Membership, created: bool, **_: Any) -> None:
    if not created and not may(instance.role, Permission.ANSWER_CHATS):
        _let_go(instance.user_id)


def _ended(instance: Membership, **_: Any) -> None:
    _let_go(instance.user_id)


def _let_go(user_id: int) -> None:
    """Take the person off all his conversations. The bot stays silent in them: people were promised an answer."""
    held = list(
        Conversation.objects.filter(assignee_id=user_id).order_by("pk").select_for_update(of=("self",), no_key=True)
    )
    if not held:
        return
    ids = [conversation.pk for conversation in held]
    Conversation.objects.filter(pk__in=ids).update(assignee=None)
    lines = ConversationEvent.objects.bulk_create(
        ConversationEvent(
            conversation=conversation,
            kind=ConversationEvent.Kind.ASSIGNED,
            actor_id=user_id,
            after_message=conversation.last_message_id or 0,
        )
        for conversation in held
    )
    live.tell(ids, events=[line.pk for line in lines])
