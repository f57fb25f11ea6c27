"""Words that press a button: where buttons are words or numbers, people type them. `inbound` asks this."""

from collections.abc import Iterable

from django.db.models import OuterRef, QuerySet, Subquery

from messengers import fit, held
from messengers.content import Content, ReplyButton
from messengers.models import Conversation, Message
from messengers.registry import messenger
from messengers.updates import ButtonPressed, MessageReceived


def gather(talks: Iterable[Conversation]) -> None:
    """Look up at once what our last words in each of these conversations were. Call it where rows are held."""
    ids = {talk.pk for talk in talks}
    if not ids:
        return
    newest = Subquery(_ours().filter(conversation=OuterRef("pk")).order_by("-pk").values("pk")[:1])
    last = Conversation.objects.filter(pk__in=ids).annotate(last=newest).values("last")
    found = {message.conversation_id: message for message in _ours().filter(pk__in=last)}
    for talk_id in ids:
        held.note(("said", talk_id), (found.get(talk_id), None))


def typed(conversation: Conversation, update: MessageReceived, message_id: int) -> ButtonPressed | None:
    """Return the press that somebody's words are: those of a button of our last message, or its number there.

    `message_id` is that of the words, which are not yet the conversation's last.
    """
    words = _plain(update.content.text) if update.content else ""
    last = _last(conversation) if conversation.last_message_id is not None else None
    held.note(("said", conversation.pk), (last, message_id))
    if not words or len(words) > _LONGEST:
        return None
    if not last or not last.words.get("buttons"):
        return None
    content = Content.model_validate(last.words)
    button = _button(content, words, conversation)
    if button is None:
        return None
    return ButtonPressed(
        update.sender, update.external_id, last.pk, button.id, button.text, update.at, update.client_id, update.late
    )


def _last(conversation: Conversation) -> Message | None:
    """Return our last words; what is held stays true until somebody answers."""
    last, known_at = held.fact(("said", conversation.pk)) or (None, 0)
    if known_at in (None, conversation.last_message_id):
        return last
    return _ours().filter(conversation=conversation).order_by("-pk").first()


def _ours() -> QuerySet[Message]:
    return Message.objects.filter(direction=Message.Direction.OUT).select_related("variant")


_LONGEST = 80  # a button's text: see `content.ButtonText`


def _button(content: Content, words: str, conversation: Conversation) -> ReplyButton | None:
    buttons = [button for button in content.buttons if isinstance(button, ReplyButton)]
    if meant := next((button for button in buttons if _plain(button.text) == words), None):
        return meant
    if not words.isdecimal():
        return None
    numbered = fit.fit(content, messenger(conversation.channel.kind).capabilities).numbered
    number = int(words)
    return numbered[number - 1] if 0 < number <= len(numbered) else None


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
