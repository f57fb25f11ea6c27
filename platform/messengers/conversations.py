"""A conversation's life: who owns it, whether it is open, what nobody has seen yet. Every change locks the row first.

The chat panel, the doors and the bots call this; each change is told by `signals.conversation_changed`.
"""

from datetime import datetime
from typing import cast

from messengers import held, signals
from messengers.models import Conversation, Message
from workspaces.models import User

Owner = Conversation.Owner
State = Conversation.State


def lock(conversation_id: int) -> Conversation:
    """Return the conversation, locked until the transaction ends: whatever happens in it happens in order."""
    if (known := held.get(("conversation", conversation_id))) is not None:
        return cast(Conversation, known)
    # The assignee is not joined: who waits for the lock gets the row anew, but what is joined as it was before.
    rows = Conversation.objects.select_related("identity", "channel", "contact")
    locked = rows.select_for_update(of=("self",), no_key=True).get(pk=conversation_id)
    hold(locked)
    return locked


def hold(locked: Conversation) -> None:
    """Remember a locked conversation for as long as `held` does: by its id, and by whom it is with."""
    held.put(("conversation", locked.pk), locked)
    held.put(("person", locked.channel_id, locked.identity.external_id), locked)


def take_over(conversation: Conversation, user: User) -> Conversation:
    """Make a person the owner: the bot falls silent. What the bot has queued is canceled when its turn comes."""
    return _change(lock(conversation.pk), conversation, owner=Owner.PERSON, assignee=user, state=State.OPEN)


def give_back(conversation: Conversation, user: User) -> Conversation:
    """Let the bot speak again."""
    return _change(lock(conversation.pk), conversation, owner=Owner.BOT, assignee=None)


def assign(conversation: Conversation, assignee: User | None, user: User) -> Conversation:
    """Put a conversation on a member's list, or take it off."""
    return _change(lock(conversation.pk), conversation, assignee=assignee)


def close(conversation: Conversation, user: User) -> Conversation:
    """Say that nothing is left to do. The person's next word opens it again, and the bot answers."""
    locked = lock(conversation.pk)
    nothing_left = {"unread": 0, "waiting_since": None, "assignee": None}
    return _change(locked, conversation, state=State.CLOSED, owner=Owner.BOT, **nothing_left)


def reopen(conversation: Conversation, user: User) -> Conversation:
    """Take up a closed conversation."""
    return _change(lock(conversation.pk), conversation, state=State.OPEN)


def mark_seen(conversation: Conversation, upto_message_id: int) -> Conversation:
    """Record that a member has seen the person's messages up to one."""
    locked = lock(conversation.pk)
    later = Message.objects.filter(conversation=locked, direction=Message.Direction.IN, id__gt=upto_message_id)
    return _change(locked, conversation, unread=min(locked.unread, later.count()))


def heard(locked: Conversation, message: Message) -> None:
    """Take in a word of the person's. The caller holds the lock."""
    since = locked.waiting_since or message.created_at
    _change(
        locked,
        locked,
        state=State.OPEN,
        unread=locked.unread + 1,
        waiting_since=since,
        last_message_id=message.pk,
        last_message_at=_latest(locked, message),
        heard_at=max(locked.heard_at or message.created_at, message.created_at),
    )


def came(locked: Conversation, at: datetime) -> None:
    """Take in that the person pressed Start, or followed a link. The caller holds the lock."""
    _change(locked, locked, heard_at=max(locked.heard_at or at, at))


def said(locked: Conversation, message: Message) -> None:
    """Take in a word of ours: the person no longer waits. The caller holds the lock."""
    latest = _latest(locked, message)
    _change(locked, locked, waiting_since=None, last_message_id=message.pk, last_message_at=latest)


def _latest(locked: Conversation, message: Message) -> datetime:
    return max(locked.last_message_at or message.created_at, message.created_at)


def _change(locked: Conversation, held: Conversation, **values: object) -> Conversation:
    """Write what differs and tell of it; `held` is the caller's copy, which shall not lie to him afterwards."""
    changed = [field for field, value in values.items() if getattr(locked, field) != value]
    for field, value in values.items():
        setattr(locked, field, value)
        setattr(held, field, value)
    if changed:
        locked.save(update_fields=changed)
        signals.conversation_changed.tell(conversation=locked)
    return locked
