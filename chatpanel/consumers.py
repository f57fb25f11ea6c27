"""The panel's socket: live events down; up, what was missed since a cursor, and who is looking and typing."""

from typing import Annotated, Any, Literal
from uuid import uuid4

from asgiref.sync import sync_to_async
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from chatpanel import catching_up, live, presence
from messengers.models import Conversation
from workspaces.roles import Permission
from workspaces.tenant_consumer import TenantConsumer

MALFORMED = 4400


class Since(BaseModel):
    """Asks for what changed since the cursor."""

    type: Literal["since"]
    cursor: int = Field(ge=0)
    conversation: int | None = None


class Look(BaseModel):
    """Says which conversation the window shows, if any."""

    type: Literal["look"]
    conversation: int | None = None


class Typing(BaseModel):
    """Says that the person is writing an answer."""

    type: Literal["typing"]
    conversation: int


Said = TypeAdapter[Since | Look | Typing](Annotated[Since | Look | Typing, Field(discriminator="type")])


class PanelConsumer(TenantConsumer):
    """One open window of the panel."""

    permission = Permission.ANSWER_CHATS
    looking_at: int | None = None
    window = ""  # told apart from the same person's other windows

    async def opened(self) -> None:
        """Join the workspace's panels."""
        self.window = uuid4().hex[:12]
        group = live.group_of(self.workspace.pk)
        self.groups = [*self.groups, group]  # channels leaves these when the socket closes
        await self.channel_layer.group_add(group, self.channel_name)
        await sync_to_async(presence.panel_is_open)(self.workspace.pk)

    async def disconnect(self, code: int) -> None:
        """Leave what was looked at."""
        if self.looking_at is not None:
            await self._leave(self.looking_at)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Do what the window asks; what cannot be read closes the socket."""
        try:
            said = Said.validate_python(content)
        except ValidationError:
            await self.close(code=MALFORMED)
            return
        match said:
            case Since():
                await self._since(said)
            case Look():
                await self._look(said.conversation)
            case Typing():
                await self._typing(said.conversation)

    async def panel_event(self, event: dict[str, Any]) -> None:
        """Pass an event on as it is: it was made once for all panels."""
        await self.send(text_data=event["text"])

    async def _since(self, said: Since) -> None:
        missed = await self.in_tenant(catching_up.missed, said.cursor, said.conversation)
        await self.send_json({"type": "since", **missed})
        await sync_to_async(presence.panel_is_open)(self.workspace.pk)
        if said.conversation is not None and said.conversation == self.looking_at:
            await sync_to_async(presence.look)(said.conversation, self.user.pk, self.window)

    async def _look(self, conversation_id: int | None) -> None:
        left, self.looking_at = self.looking_at, None
        if left is not None and left != conversation_id:
            await self._leave(left)
        if conversation_id is not None and await self.in_tenant(_exists, conversation_id):
            self.looking_at = conversation_id
            await sync_to_async(presence.look)(conversation_id, self.user.pk, self.window)
            await self._tell_viewers(conversation_id)

    async def _leave(self, conversation_id: int) -> None:
        await sync_to_async(presence.leave)(conversation_id, self.user.pk, self.window)
        await self._tell_viewers(conversation_id)

    async def _tell_viewers(self, conversation_id: int) -> None:
        ids = await sync_to_async(presence.viewers)(conversation_id)
        await self._send_to_all("viewers", {"conversation": conversation_id, "people": ids})

    async def _typing(self, conversation_id: int) -> None:
        if conversation_id == self.looking_at:
            person = {"id": self.user.pk, "name": str(self.user)}
            await self._send_to_all("typing", {"conversation": conversation_id, "person": person})

    async def _send_to_all(self, kind: str, data: dict[str, Any]) -> None:
        await sync_to_async(live.send)(self.workspace.pk, kind, data)


def _exists(conversation_id: int) -> bool:
    return Conversation.objects.filter(pk=conversation_id).exists()
