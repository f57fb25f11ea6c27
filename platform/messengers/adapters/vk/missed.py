"""What people wrote while VK posted to somebody else, or to nobody: read in the talks, and told as events."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from messengers.adapter import ChannelFacts, Steps
from messengers.adapters.vk.calls import call, result
from messengers.adapters.vk.updates import FIRST_CHAT

TALKS = 200  # of one page
PAGES = 5
LATEST = 50  # messages of each talk that are looked at
TOGETHER = 25  # talks of one call


class _Said(BaseModel):
    model_config = ConfigDict(extra="allow")  # the rest is for `updates`

    id: int
    date: int
    from_id: int
    peer_id: int
    admin_author_id: int = 0


class _Peer(BaseModel):
    id: int


class _Conversation(BaseModel):
    peer: _Peer


class _Last(BaseModel):
    date: int = 0


class _Talk(BaseModel):
    conversation: _Conversation
    last_message: _Last = Field(default_factory=_Last)


class _Talks(BaseModel):
    items: list[_Talk] = Field(default_factory=list)


class _History(BaseModel):
    items: list[_Said] = Field(default_factory=list)


def missed(channel: ChannelFacts, since: datetime) -> Steps[Sequence[Mapping[str, Any]]]:
    """Return what was said from then on by people, and by administrators in VK itself."""
    after = int(since.timestamp())
    peers = yield from _peers(channel, after)
    said: list[_Said] = []
    for at in range(0, len(peers), TOGETHER):
        asked = yield call(channel, "execute", code=_script(peers[at : at + TOGETHER]), patience=30)
        said += [one for one in _read(result(asked)) if one.date >= after]
    said.sort(key=lambda one: (one.date, one.id))
    return [_event(channel, one) for one in said if one.from_id == one.peer_id or one.admin_author_id]


def _peers(channel: ChannelFacts, after: int) -> Steps[list[int]]:
    """Return the people in whose talks something was said; VK puts the latest talk first."""
    found: list[int] = []
    for page in range(PAGES):
        asked = yield call(channel, "messages.getConversations", count=TALKS, offset=page * TALKS, filter="all")
        try:
            talks = _Talks.model_validate(result(asked)).items
        except ValidationError:
            raise ValueError("no_answer") from None
        recent = [talk.conversation.peer.id for talk in talks if talk.last_message.date >= after]
        found += [peer for peer in recent if 0 < peer < FIRST_CHAT and peer not in found]
        if len(recent) < TALKS:
            break
    return found


def _script(peers: Sequence[int]) -> str:
    asked = (json.dumps({"peer_id": peer, "count": LATEST}) for peer in peers)
    return f"return [{','.join(f'API.messages.getHistory({one})' for one in asked)}];"


def _read(told: Any) -> list[_Said]:
    """Return the messages of all talks; one that VK does not open (`false`) has none."""
    if not isinstance(told, list):
        raise ValueError("no_answer")  # noqa: TRY004 - of what came in, not of the program
    try:
        return [one for history in told if history for one in _History.model_validate(history).items]
    except ValidationError:
        raise ValueError("no_answer") from None


def _event(channel: ChannelFacts, one: _Said) -> Mapping[str, Any]:
    said = one.model_dump()
    theirs = one.from_id == one.peer_id
    return {
        "type": "message_new" if theirs else "message_reply",
        "event_id": f"message:{one.peer_id}:{one.id}",
        "group_id": channel.settings.get("group_id", 0),
        "object": {"message": said} if theirs else said,
    }
