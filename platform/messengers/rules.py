"""What may be said to a person now, and why not: the one place where a messenger's rules and ours meet. Pure.

`outbox` asks before a message is queued, `handover` before it leaves, the chat panel before anybody begins to type.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from messengers.adapter import Capabilities
from messengers.models import Identity, Message

# Who may still write to a person in this state. A member's answer is no mailing.
MAY_WRITE: Mapping[str, frozenset[str]] = {
    Identity.State.ACTIVE: frozenset(Message.Source.values),
    Identity.State.UNSUBSCRIBED: frozenset({Message.Source.MEMBER}),
    Identity.State.BLOCKED: frozenset(),
}
WINDOW_CLOSED = "window_closed"


def forbids(
    capabilities: Capabilities,
    *,
    state: str,
    source: str,
    heard_at: datetime | None,
    now: datetime,
    template: bool = False,
) -> str:
    """Return why a message of this source may not be sent: a state of the identity, `window_closed`, or nothing.

    `heard_at` is when the person last wrote, pressed or came. A `template` was approved beforehand.
    """
    if source not in MAY_WRITE[state]:
        return state
    if template and capabilities.templates:
        return ""
    until = open_until(capabilities, source=source, heard_at=heard_at)
    return WINDOW_CLOSED if until is not None and now >= until else ""


def open_until(capabilities: Capabilities, *, source: str, heard_at: datetime | None) -> datetime | None:
    """Return until when one may write freely; None where there is no such limit."""
    if not capabilities.window:
        return None
    by_member = source == Message.Source.MEMBER and capabilities.window_for_members
    hours = capabilities.window_for_members if by_member else capabilities.window
    return heard_at + timedelta(hours=hours) if heard_at else datetime.min.replace(tzinfo=UTC)
