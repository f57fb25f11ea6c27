"""What a member does in a conversation: take it, answer, note, give it back, close it. Called by the panel's endpoints.

Every function locks the conversation first, checks, changes it through `messengers`, and leaves a line in the thread.
"""

from django.db import transaction

from chatpanel import live
from chatpanel.models import ConversationEvent
from messengers import conversations, outbox
from messengers.content import Content
from messengers.models import Conversation, Message
from workspaces import audit
from workspaces.models import Membership, User
from workspaces.roles import PERMISSIONS, Permission

Kind = ConversationEvent.Kind
ANSWERING_ROLES = [role for role, permissions in PERMISSIONS.items() if Permission.ANSWER_CHATS in permissions]


class TakenByOtherError(Exception):
    """Somebody else is answering, and the caller has not said that he knows."""

    def __init__(self, assignee: User) -> None:
        """Keep who it is."""
        super().__init__()
        self.assignee = assignee


class NotAMemberError(Exception):
    """The person whom a conversation shall be given to does not answer chats here."""


@transaction.atomic
def take_over(conversation_id: int, user: User, *, known_assignee: int | None = None) -> Conversation:
    """Make the user the owner. `known_assignee` is whom he saw there: TakenByOtherError if it is another by now."""
    conversation = conversations.lock(conversation_id)
    _take(conversation, user, known_assignee)
    return conversation


@transaction.atomic
def reply(
    conversation_id: int,
    user: User,
    content: Content,
    *,
    client_id: str,
    seen_message_id: int | None,
    known_assignee: int | None = None,
) -> Message:
    """Send an answer. Answering takes the conversation over; a repeated `client_id` returns the same message.

    Raises TakenByOtherError, and what `outbox.enqueue` raises; then nothing has changed.
    """
    conversation = conversations.lock(conversation_id)
    repeated = Message.objects.filter(conversation=conversation, client_id=client_id).first()
    if repeated is not None:
        return repeated
    _take(conversation, user, known_assignee)
    return outbox.enqueue(
        conversation,
        content,
        source=Message.Source.MEMBER,
        author=user,
        client_id=client_id,
        seen_message_id=seen_message_id,
    )


@transaction.atomic
def note(conversation_id: int, user: User, text: str, *, client_id: str) -> ConversationEvent:
    """Leave a line that only colleagues see; a repeated `client_id` returns the same note."""
    conversation = conversations.lock(conversation_id)
    repeated = ConversationEvent.objects.filter(conversation=conversation, client_id=client_id).first()
    if repeated is not None:
        return repeated
    return _tell(conversation, Kind.NOTE, user, text=text, client_id=client_id)


@transaction.atomic
def give_back(conversation_id: int, user: User) -> Conversation:
    """Let the bot answer again."""
    conversation = conversations.lock(conversation_id)
    if conversation.owner == Conversation.Owner.PERSON:
        _tell(conversation, Kind.GIVEN_BACK, user)
        conversations.give_back(conversation, user)
    return conversation


@transaction.atomic
def assign(conversation_id: int, user: User, assignee_id: int | None) -> Conversation:
    """Give the conversation to a colleague, or to nobody in particular."""
    conversation = conversations.lock(conversation_id)
    if assignee_id == conversation.assignee_id:
        return conversation
    assignee = _answering_member(assignee_id) if assignee_id is not None else None
    _tell(conversation, Kind.ASSIGNED, user, subject=assignee)
    if assignee is None:
        return conversations.assign(conversation, None, user)
    return conversations.take_over(conversation, assignee)  # whoever has it, answers: the bot falls silent


@transaction.atomic
def close(conversation_id: int, user: User) -> Conversation:
    """Say that nothing is left to do here."""
    conversation = conversations.lock(conversation_id)
    if conversation.state == Conversation.State.OPEN:
        _tell(conversation, Kind.CLOSED, user)
        conversations.close(conversation, user)
    return conversation


@transaction.atomic
def reopen(conversation_id: int, user: User) -> Conversation:
    """Take up a closed conversation again."""
    conversation = conversations.lock(conversation_id)
    if conversation.state == Conversation.State.CLOSED:
        _tell(conversation, Kind.REOPENED, user)
        conversations.reopen(conversation, user)
    return conversation


def _take(conversation: Conversation, user: User, known_assignee: int | None) -> None:
    mine = conversation.assignee_id == user.pk
    if conversation.owner == Conversation.Owner.PERSON and mine:
        return
    other = conversation.assignee if not mine else None
    if other is not None and other.pk != known_assignee:
        raise TakenByOtherError(other)
    _tell(conversation, Kind.TAKEN_OVER, user, subject=other)
    if other is not None:
        audit.record(user, "conversation.taken_over", conversation, {"assignee": (str(other), str(user))})
    conversations.take_over(conversation, user)


def _tell(
    conversation: Conversation,
    kind: ConversationEvent.Kind,
    actor: User,
    *,
    subject: User | None = None,
    text: str = "",
    client_id: str = "",
) -> ConversationEvent:
    line = ConversationEvent.objects.create(
        conversation=conversation,
        kind=kind,
        actor=actor,
        subject=subject,
        text=text,
        client_id=client_id,
        after_message=conversation.last_message_id or 0,
    )
    live.tell(events=[line.pk])
    return line


def _answering_member(user_id: int) -> User:
    member = Membership.objects.select_related("user").filter(user=user_id, role__in=ANSWERING_ROLES).first()
    if member is None:
        raise NotAMemberError
    return member.user
