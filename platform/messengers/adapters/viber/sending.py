"""Which calls a message needs; up to 300 of a mailing in one.

Messages that leave together are the same to the letter. A pressed button must say whose message it stood under, so
what has buttons that answer goes to each person by itself.
"""

import json
from collections.abc import Hashable, Sequence
from typing import Any

from messengers.adapter import ChannelFacts, Outcome, Outgoing, Rejected, RetryAt, Steps
from messengers.adapters.viber import writing
from messengers.adapters.viber.calls import call, read
from messengers.adapters.viber.outcomes import (
    APP_TOO_OLD,
    BROADCAST_NOT_ALLOWED,
    PAUSE,
    TOO_MANY,
    fails_with,
    outcome,
    refused,
    taken,
)
from messengers.content import ReplyButton

TOGETHER = 300  # people of one call
NAME = 28  # characters of the sender's name
BODY = 30_000  # bytes of a request
_IDS = 40  # bytes that each person of a broadcast adds, with what stands around


def send(channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
    """Deliver one part."""
    told = writing.said(message)
    if told is None:
        return Rejected("file_missing")
    reply = yield call(channel, "send_message", {"receiver": message.to, **_from(channel), **told})
    if fails_with(reply, APP_TOO_OLD) and writing.needs_new_app(message.content):
        told = writing.plainly(message)
        reply = yield call(channel, "send_message", {"receiver": message.to, **_from(channel), **told})
    return outcome(reply)


def together(channel: ChannelFacts, message: Outgoing) -> Hashable | None:
    """Let messages share a call that say the same, where Viber has allowed that."""
    content = message.content
    if not channel.settings.get("broadcasts"):
        return None
    buttons = [*content.buttons, *(button for card in content.cards for button in card.buttons)]
    if any(isinstance(button, ReplyButton) for button in buttons):
        return None
    told = writing.said(message)
    words = json.dumps(told, ensure_ascii=False, sort_keys=True)
    return words if told and len(words.encode()) + TOGETHER * _IDS <= BODY else None


def send_many(channel: ChannelFacts, messages: Sequence[Outgoing]) -> Steps[Sequence[Outcome]]:
    """Deliver one text to up to 300 people with one call."""
    told = writing.said(messages[0])
    if told is None:
        return [Rejected("file_missing")] * len(messages)
    people = list(dict.fromkeys(message.to for message in messages))
    reply = yield call(channel, "broadcast_message", {"broadcast_list": people, **_from(channel), **told}, patience=60)
    if fails_with(reply, BROADCAST_NOT_ALLOWED):
        return (yield from _one_by_one(channel, messages))
    answer = read(reply) if reply.status == 200 else None
    if fails_with(reply, TOO_MANY):
        return [RetryAt(PAUSE, "too_many_requests", whole_channel=True)] * len(messages)
    if answer is None or answer.status != 0:
        return [outcome(reply)] * len(messages)
    failed = {one.receiver: refused(one.status, one.status_message) for one in answer.failed_list}
    reached: set[str] = set()
    outcomes: list[Outcome] = []
    for message in messages:
        if message.to in reached:
            outcomes.append(RetryAt(1.0, "same_person_twice", counted=False))
            continue
        reached.add(message.to)
        outcomes.append(failed.get(message.to) or taken(answer))
    return outcomes


def sender_name(channel: ChannelFacts) -> str:
    """Return the name under which the bot speaks."""
    return str(channel.settings.get("sender_name") or channel.settings.get("bot_name") or "Bot")[:NAME]


def _from(channel: ChannelFacts) -> dict[str, Any]:
    return {"sender": {"name": sender_name(channel)}}


def _one_by_one(channel: ChannelFacts, messages: Sequence[Outgoing]) -> Steps[Sequence[Outcome]]:
    outcomes: list[Outcome] = []
    for message in messages:
        told = yield from send(channel, message)
        outcomes.append(told)
        if isinstance(told, RetryAt) and told.whole_channel:
            rest = len(messages) - len(outcomes)
            return [*outcomes, *[RetryAt(told.seconds, told.reason, counted=False)] * rest]
    return outcomes
