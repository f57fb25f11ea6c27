"""The channels of a workspace as its page lists them: health in words, how many people, what could not be read."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from messengers.channel_words import reason
from messengers.models import Channel, Conversation, Identity, InboundUpdate
from messengers.site_chat import sightings
from messengers.site_chat.chat import KIND
from messengers.site_chat.sightings import Sighting
from messengers.wizards import wizard_of

_STATE_LOOKS = {
    Channel.State.ACTIVE: ("success", "circle-check"),
    Channel.State.BROKEN: ("error", "circle-alert"),
    Channel.State.DISCONNECTED: ("", "circle-pause"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A channel in the list."""

    channel: Channel
    subscribers: int
    failed: int
    last_seen: Sighting | None
    last_said_at: datetime | None

    @property
    def kind_name(self) -> object:
        """Return the messenger's name in the reader's language."""
        return kind_name(self.channel.kind)

    @property
    def look(self) -> tuple[str, str]:
        """Return the kind and the icon of the state's badge."""
        return _STATE_LOOKS[Channel.State(self.channel.state)]

    @property
    def broken_reason(self) -> object:
        """Return why nothing leaves, in words where they are ours."""
        return reason(self.channel.broken_reason, self.channel.kind)


def in_trouble() -> int:
    """Count the channels that a person has to mend."""
    wanted = Q(state=Channel.State.BROKEN) | (Q(state=Channel.State.ACTIVE) & ~Q(trouble=""))
    return Channel.objects.filter(wanted).count()


def kind_name(kind: str) -> object:
    """Return a messenger's name in the reader's language."""
    wizard = wizard_of(kind)
    return wizard.name if wizard else _("Site chat") if kind == KIND else kind


def rows() -> list[Row]:
    """Return the channels, those that need attention first."""
    subscribers = _counts(Identity.objects.filter(state=Identity.State.ACTIVE).values_list("channel"))
    failed = _counts(InboundUpdate.objects.filter(state=InboundUpdate.State.FAILED).values_list("channel"))
    newest = Conversation.objects.filter(channel=OuterRef("pk"), last_message_at__isnull=False)
    said = Subquery(newest.order_by("-last_message_at").values("last_message_at")[:1])
    found = [
        Row(
            channel,
            subscribers.get(channel.pk, 0),
            failed.get(channel.pk, 0),
            _last_seen(channel),
            channel.last_said_at,
        )
        for channel in Channel.objects.annotate(last_said_at=said).order_by("pk")
    ]
    return sorted(found, key=lambda row: row.channel.state != Channel.State.BROKEN and not row.channel.trouble)


def _counts(grouped: object) -> dict[int, int]:
    return dict(grouped.annotate(count=Count("pk")))  # type: ignore[attr-defined]


def _last_seen(channel: Channel) -> Sighting | None:
    if channel.kind != KIND:
        return None
    return next(iter(sightings.seen_on(channel.pk)), None)
