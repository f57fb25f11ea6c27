"""Runs flows for real people: hears the inbox, asks `engine` what happens next, does it, and keeps the place.

All of it happens inside the inbox's transaction and under the conversation's lock, so a person is in one place at
a time. Where a member has taken the conversation over the bot is silent; the run waits until it is given back.
"""

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from audience.models import Contact
from bots import effects, engine, triggers
from bots.graph import Graph, NewerFormatError, load
from bots.models import Flow, FlowVersion, Run
from messengers import conversations, held, outbox, personal, rules, signals, updates
from messengers.content import Content
from messengers.models import Conversation, Message

logger = logging.getLogger(__name__)

_STATES: Mapping[engine.Status, Run.State] = {
    engine.Status.WAITING: Run.State.WAITING,
    engine.Status.FINISHED: Run.State.FINISHED,
    engine.Status.FAILED: Run.State.FAILED,
}


@dataclass(frozen=True, slots=True)
class _Cause:
    """What a run has dealt with, remembered so that a repeat does nothing."""

    message_id: int = 0
    start_event: str = ""


class _BrokenGraphError(Exception):
    """The run's version cannot be read, or not be said to this person; the code says why."""


def connect() -> None:
    """Listen to the inbox; called once, when the app is ready."""
    signals.message_received.connect(_on_message, dispatch_uid="bots.runner")
    signals.contact_started.connect(_on_start, dispatch_uid="bots.runner")


def _on_message(*, message: Message, conversation: Conversation, update: Any, **_kwargs: Any) -> None:
    hear(conversation, message, update)


def _on_start(*, conversation: Conversation, update: updates.Started, first: bool, **_kwargs: Any) -> None:
    if not update.late:
        welcome(conversation, update.external_id, first=first)


def hear(conversation: Conversation, message: Message, update: updates.MessageReceived | updates.ButtonPressed) -> None:
    """Answer a person's word: the run that waits for it first, then keywords, then the welcome of a first contact."""
    locked = conversations.lock(conversation.pk)
    if locked.owner != Conversation.Owner.BOT:
        return
    of_now = Q(state=Run.State.WAITING) | Q(last_message_id__gte=message.pk)
    runs = list(_with_graph().filter(of_now, conversation=locked))
    if any(run.last_message_id >= message.pk for run in runs):
        return
    cause = _Cause(message_id=message.pk)
    if isinstance(update, updates.ButtonPressed) and _press(locked, update, cause):
        return
    text = str(message.content.get("text", ""))
    if runs and _move(runs[0], engine.MessageReceived(text), cause):
        return
    if update.late:
        return  # a member sees it: an answer to what was said so long ago would come out of the blue
    trigger = triggers.by_keyword(text, locked.channel_id)
    if trigger is None and _is_first_word(locked, message):
        trigger = triggers.by_welcome(locked.channel_id)
    if trigger is not None:
        _start(locked, trigger.flow, trigger.version, cause)


def welcome(conversation: Conversation, start_event: str, *, first: bool) -> None:
    """Greet somebody who came in, unless he is in the middle of a flow and has only come back."""
    locked = conversations.lock(conversation.pk)
    runs = Run.objects.filter(conversation=locked)
    if locked.owner != Conversation.Owner.BOT or (start_event and runs.filter(start_event=start_event).exists()):
        return
    if not first and runs.filter(state=Run.State.WAITING).exists():
        return
    if trigger := triggers.by_welcome(locked.channel_id):
        _start(locked, trigger.flow, trigger.version, _Cause(start_event=start_event))


def begin(conversation: Conversation, flow: Flow, version: FlowVersion) -> bool:
    """Let somebody into a version of a flow, whatever would start it; False where a member has the conversation."""
    locked = conversations.lock(conversation.pk)
    if locked.owner != Conversation.Owner.BOT:
        return False
    _start(locked, flow, version, _Cause())
    return True


def _press(locked: Conversation, update: updates.ButtonPressed, cause: _Cause) -> bool:
    """Take a button to the run that sent it, though it may be over; a flow that is off lets nobody in again."""
    runs = _with_graph().filter(conversation=locked)
    if update.message_id is None:
        waiting = runs.filter(state=Run.State.WAITING).first()
        return waiting is not None and _move(waiting, engine.ButtonPressed(update.button_id), cause)
    sent = Message.objects.filter(pk=update.message_id, conversation=locked, source=Message.Source.BOT).first()
    run = runs.filter(pk=sent.source_id).first() if sent and sent.source_id else None
    if sent is None or run is None or (run.state != Run.State.WAITING and not run.flow.is_active):
        return False
    return _move(run, engine.ButtonPressed(update.button_id, sent.source_ref), cause)


def _start(locked: Conversation, flow: Flow, version: FlowVersion, cause: _Cause) -> None:
    _stop_others(locked, None)
    run = Run.objects.create(
        flow=flow,
        version=version,
        conversation=locked,
        state=Run.State.FINISHED,  # until the first step says otherwise: at most one run of a conversation waits
        engine_state=engine.begin(secrets.randbits(32)).model_dump(mode="json"),
    )
    _move(run, engine.Started(), cause)


def _move(run: Run, event: engine.Event, cause: _Cause) -> bool:
    """Advance a run and keep its place; False when the event means nothing to it. An error fails this run alone."""
    try:
        with held.savepoint():
            state = engine.State.model_validate(run.engine_state)
            step = engine.advance(_graph(run), state, event, timezone.now())
            if not step.handled:
                return False
            _stop_others(run.conversation, run)
            for effect in step.effects:
                _HANDLERS[type(effect)](run, effect)
            run.engine_state = step.state.model_dump(mode="json")
            run.state, run.error = _STATES[step.state.status], step.state.error
    except outbox.UnreachableError as error:
        known = error.reason == rules.WINDOW_CLOSED or error.reason.startswith("template_")
        told = error.reason if known else "unreachable"
        run.state, run.error = Run.State.STOPPED, told
    except _BrokenGraphError as error:
        run.state, run.error = Run.State.FAILED, str(error)
    except Exception:
        logger.exception("Run %s of flow %s failed", run.pk, run.flow_id)
        run.state, run.error = Run.State.FAILED, "internal"
    run.last_message_id = cause.message_id or run.last_message_id
    run.start_event = cause.start_event or run.start_event
    run.save()
    return True


def _graph(run: Run) -> Graph:
    try:
        return load(run.version.graph)
    except NewerFormatError as error:
        raise _BrokenGraphError("newer_format") from error
    except ValueError as error:
        raise _BrokenGraphError("unreadable_graph") from error


def _stop_others(conversation: Conversation, run: Run | None) -> None:
    waiting = Run.objects.filter(conversation=conversation, state=Run.State.WAITING)
    others = waiting.exclude(pk=run.pk) if run else waiting
    others.update(state=Run.State.STOPPED, updated_at=timezone.now())


def _with_graph() -> QuerySet[Run]:
    return Run.objects.select_related("flow", "version", "conversation")


def _is_first_word(locked: Conversation, message: Message) -> bool:
    """Say whether this is a first contact: no flow has met the person, and he has said nothing before."""
    said = Message.objects.filter(conversation=locked, direction=Message.Direction.IN).exclude(pk=message.pk)
    return not said.exists() and not Run.objects.filter(conversation=locked).exists()


def _send(run: Run, effect: effects.SendContent) -> None:
    try:
        _say(run, effect, effect.content)
    except outbox.UnreachableError as error:
        if error.reason != rules.WINDOW_CLOSED or effect.instead is None:
            raise
        _say(run, effect, _for_person(effect.instead, run.conversation.contact))


def _for_person(content: Content, contact: Contact) -> Content:
    try:
        return personal.fill(content, personal.facts(contact.name, contact.phone, contact.email, contact.language))
    except personal.BadTemplateError as error:
        raise _BrokenGraphError("bad_template") from error


def _say(run: Run, effect: effects.SendContent, content: Content) -> None:
    outbox.enqueue(
        run.conversation,
        content,
        source=Message.Source.BOT,
        source_id=run.pk,
        source_ref=effect.node_id,
    )


def _finish(run: Run, effect: effects.Finish) -> None:
    """Do nothing more: the state says it."""


_HANDLERS: Mapping[type[effects.Effect], Callable[[Run, Any], None]] = {
    effects.SendContent: _send,
    effects.Finish: _finish,
}
