"""A person writes, we answer: the two doors and the conversation between them."""

from builders import a_conversation, a_workspace
from messengers import outbox
from messengers.content import Content
from messengers.models import Message
from workspaces.scope import tenant


def test_answer_is_queued(db: None) -> None:
    with tenant(a_workspace()):
        talk = a_conversation()
        message = outbox.enqueue(talk, Content(text="Hi"), source=Message.Source.BOT)
        message.refresh_from_db()
        assert message.revision > 0
