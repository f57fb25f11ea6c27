"""Channels, who is on them, and all that was said."""

from messengers.models.channel import Channel, ChannelLease
from messengers.models.conversation import Conversation
from messengers.models.identity import Identity
from messengers.models.inbound import InboundUpdate
from messengers.models.media import Media
from messengers.models.message import Attempt, Batch, Message

__all__ = [
    "Attempt",
    "Batch",
    "Channel",
    "ChannelLease",
    "Conversation",
    "Identity",
    "InboundUpdate",
    "Media",
    "Message",
]
