"""Who writes to us: one identity for one person on one channel, one contact, one conversation. `inbox` calls it."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from audience.models import Contact
from messengers import conversations, held
from messengers.models import Channel, Conversation, Identity
from messengers.registry import messenger
from messengers.updates import Sender

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
    """Lock the talks with all these people, in one order for everybody, and make the missing ones: `meet` has them."""
    normalise = messenger(channel.kind).normalise
    people: dict[str, Sender] = {}
    for sender in senders:
        people.setdefault(normalise(sender.external_id), sender)
    talks = Conversation.objects.select_related("identity", "contact").select_for_update(of=("self",), no_key=True)
    known = list(talks.filter(channel=channel, identity__external_id__in=people).order_by("pk"))
    for talk in known:
        talk.channel = channel
        conversations.hold(talk)
        del people[talk.identity.external_id]
    with suppress(IntegrityError), transaction.atomic():  # if somebody else meets one of them, each is met by himself
        for talk in _make(channel, people):
            held.note(("new", talk.pk), True)


def held_talk(channel: Channel, sender: Sender) -> Conversation | None:
    """Return the talk with a person whom this transaction holds and who has been here before."""
    external_id = messenger(channel.kind).normalise(sender.external_id)
    talk: Conversation | None = held.get(("person", channel.pk, external_id))
    return talk if talk is not None and talk.last_message_id is not None else None


def meet(channel: Channel, sender: Sender, *, context: Mapping[str, Any] | None = None) -> Met:
    """Find the person on the channel, or make his identity, contact and conversation; take in what is new about him."""
    external_id = messenger(channel.kind).normalise(sender.external_id)
    talk = _known(channel, external_id)
    first = talk is not None and held.fact(("new", talk.pk)) is True
    if talk is None:
        # Of two who meet him this very moment the unique key lets one make him.
        with suppress(IntegrityError), held.savepoint():
            (talk,) = _make(channel, {external_id: sender})
            first = True
        talk = talk or _known(channel, external_id)
        if talk is None:
            raise Identity.DoesNotExist(external_id)
    met = Met(talk.identity, talk, first)
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


def _known(channel: Channel, external_id: str) -> Conversation | None:
    talk: Conversation | None = held.get(("person", channel.pk, external_id))
    talks = Conversation.objects.select_related("identity", "contact", "channel")
    return talk or talks.filter(channel=channel, identity__external_id=external_id).first()


def _make(channel: Channel, people: Mapping[str, Sender]) -> list[Conversation]:
    """Make whoever we have not met: nobody else can see the rows before the commit, let alone change them."""
    contacts = Contact.objects.bulk_create(
        Contact(name=one.name[:200], phone=one.phone[:16], email=one.email[:254], language=one.language[:16])
        for one in people.values()
    )
    ask_at = timezone.now() if messenger(channel.kind).tells_profiles else None
    identities = Identity.objects.bulk_create(
        Identity(
            channel=channel,
            contact=contact,
            external_id=external_id,
            profile=_profile(sender, {}),
            profile_due_at=ask_at,
        )
        for contact, (external_id, sender) in zip(contacts, people.items(), strict=True)
    )
    talks = Conversation.objects.bulk_create(
        Conversation(channel=channel, contact=identity.contact, identity=identity) for identity in identities
    )
    for talk in talks:
        conversations.hold(talk)
    return talks


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
