"""What a flow wants done: plain data that nodes return and `runner` carries out, one handler for each kind."""

from dataclasses import dataclass
from typing import TypeAlias

from messengers.content import Content


@dataclass(frozen=True, slots=True)
class SendContent:
    """Say this to the person; the node is where its buttons lead back to.

    `instead` is an approved message, for where the messenger lets nothing else through. It may have personal gaps.
    """

    node_id: str
    content: Content
    instead: Content | None = None


@dataclass(frozen=True, slots=True)
class Finish:
    """The person has come to an end of the flow."""

    node_id: str


Effect: TypeAlias = SendContent | Finish
