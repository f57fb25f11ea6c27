"""Channels, who is on them, and all that was said."""

from messengers.models.channel import Channel, ChannelLease, PollLease
from messengers.models.conversation import Conversation
from messengers.models.identity import Identity
from messengers.models.inbound import InboundUpdate
from messengers.models.media import Media, MessengerFile
from messengers.models.message import Attempt, Batch, Message, Variant
from messengers.models.template import MessageTemplate

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
    "MessageTemplate",
    "MessengerFile",
    "PollLease",
    "Variant",
]
