"""Who writes to us: one identity for one person on one channel, one contact, one conversation. `inbox` calls it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError

from audience.models import Contact
from messengers import conversations, held
from messengers.adapter import Sender
from messengers.models import Channel, Conversation, Identity
from messengers.registry import messenger

State = Identity.State

WROTE = "wrote"
STARTED = "started"

# (state, what the person did) -> state. What is not here changes nothing: a word does not subscribe anew, Start does.
TRANSITIONS: Mapping[tuple[str, str], str] = {
    (State.ACTIVE, State.UNSUBSCRIBED): State.UNSUBSCRIBED,
    (State.ACTIVE, State.BLOCKED): State.BLOCKED,
    (State.UNSUBSCRIBED, State.BLOCKED): State.BLOCKED,
    (State.UNSUBSCRIBED, State.ACTIVE): State.ACTIVE,
    (State.UNSUBSCRIBED, STARTED): State.ACTIVE,
    (State.BLOCKED, State.ACTIVE): State.ACTIVE,
    (State.BLOCKED, WROTE): State.ACTIVE,
    (State.BLOCKED, STARTED): State.ACTIVE,
}


@dataclass(frozen=True, slots=True)
class Met:
    """A person whom we know now; `first` when we did not before."""

    identity: Identity
    conversation: Conversation
    first: bool


def gather(channel: Channel, senders: Iterable[Sender]) -> None:
    """Find and lock the talks with all these people at once, in one order for everybody: `meet` will know them."""
    normalise = messenger(channel.kind).normalise
    names = {normalise(sender.external_id) for sender in senders}
    talks = Conversation.objects.select_related("identity", "contact").select_for_update(of=("self",), no_key=True)
    for talk in talks.filter(channel=channel, identity__external_id__in=names).order_by("pk"):
        talk.channel = channel
        conversations.hold(talk)


def meet(channel: Channel, sender: Sender, *, context: Mapping[str, Any] | None = None) -> Met:
    """Find the person on the channel, or make his identity, contact and conversation; take in what is new about him."""
    external_id = messenger(channel.kind).normalise(sender.external_id)
    met = _find(channel, external_id)
    if met is None:
        try:
            with held.savepoint():
                met = _make(channel, external_id, sender, context or {})
        except IntegrityError:  # somebody else met him this very moment, and the unique key decided
            met = _find(channel, external_id)
            if met is None:
                raise
    if not met.first:
        _take_in(met, sender, context or {})
    return met


def change_state(identity: Identity, news: str, at: datetime) -> bool:
    """Let news of a person (a state, WROTE or STARTED) change whether we may write; older news than the last do not."""
    if identity.state_at is not None and at < identity.state_at:
        return False
    state = TRANSITIONS.get((identity.state, news))
    if state is None:
        return False
    changed = (
        Identity.objects.filter(pk=identity.pk, state=identity.state)
        .exclude(state_at__gt=at)
        .update(state=state, state_at=at)
    )
    identity.state, identity.state_at = state, at
    return bool(changed)


def _find(channel: Channel, external_id: str) -> Met | None:
    if (talk := held.get(("person", channel.pk, external_id))) is not None:
        return Met(talk.identity, talk, first=False)
    found = (
        Conversation.objects.select_related("identity", "contact", "channel")
        .filter(channel=channel, identity__external_id=external_id)
        .first()
    )
    return Met(found.identity, found, first=False) if found else None


def _make(channel: Channel, external_id: str, sender: Sender, context: Mapping[str, Any]) -> Met:
    contact = Contact.objects.create(
        name=sender.name[:200], phone=sender.phone[:16], email=sender.email[:254], language=sender.language[:16]
    )
    identity = Identity.objects.create(
        channel=channel, contact=contact, external_id=external_id, profile=_profile(sender, {})
    )
    conversation = Conversation.objects.create(
        channel=channel, contact=contact, identity=identity, context=dict(context)
    )
    conversations.hold(conversation)  # nobody else can see the row, let alone change it
    return Met(identity, conversation, first=True)


def _take_in(met: Met, sender: Sender, context: Mapping[str, Any]) -> None:
    identity, contact, conversation = met.identity, met.conversation.contact, met.conversation
    profile = _profile(sender, identity.profile)
    if profile != identity.profile:
        identity.profile = profile
        identity.save(update_fields=["profile"])
    # What a member wrote about a contact is better than what a messenger says, so only gaps are filled.
    told = {"name": sender.name[:200], "phone": sender.phone[:16], "email": sender.email[:254]}
    told["language"] = sender.language[:16]
    missing = [field for field, value in told.items() if value and not getattr(contact, field)]
    for field in missing:
        setattr(contact, field, told[field])
    if missing:
        contact.save(update_fields=missing)
    if context and {**conversation.context, **context} != conversation.context:
        conversation.context = {**conversation.context, **context}
        conversation.save(update_fields=["context"])


def _profile(sender: Sender, known: Mapping[str, Any]) -> dict[str, Any]:
    told = {"name": sender.name, "language": sender.language, "phone": sender.phone, "email": sender.email}
    return {**known, **{key: value for key, value in told.items() if value}, **sender.extra}
