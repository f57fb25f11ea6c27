"""The channels of a workspace as its page lists them: health in words, how many people, what could not be read."""

from dataclasses import dataclass

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from messengers.models import Channel, Identity, InboundUpdate
from messengers.site_chat import sightings
from messengers.site_chat.chat import KIND
from messengers.site_chat.sightings import Sighting

KIND_NAMES = {"site_chat": _("Site chat")}
_STATE_LOOKS = {
    Channel.State.ACTIVE: ("success", "circle-check"),
    Channel.State.BROKEN: ("error", "circle-alert"),
    Channel.State.DISCONNECTED: ("", "circle-pause"),
}
# What Kaskad itself finds; what a messenger says of a channel is shown in its own words.
_BROKEN_REASONS = {
    "secrets_unreadable": _("Its keys cannot be read with this installation's encryption key. Connect it anew."),
    "unknown_messenger": _("This Kaskad does not know its messenger. Update Kaskad."),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A channel in the list."""

    channel: Channel
    subscribers: int
    failed: int
    last_seen: Sighting | None

    @property
    def kind_name(self) -> object:
        """Return the messenger's name in the reader's language."""
        return KIND_NAMES.get(self.channel.kind, self.channel.kind)

    @property
    def look(self) -> tuple[str, str]:
        """Return the kind and the icon of the state's badge."""
        return _STATE_LOOKS[Channel.State(self.channel.state)]

    @property
    def broken_reason(self) -> object:
        """Return why nothing leaves, in words where they are ours."""
        return _BROKEN_REASONS.get(self.channel.broken_reason, self.channel.broken_reason)


def rows() -> list[Row]:
    """Return the channels, those that need attention first."""
    subscribers = _counts(Identity.objects.filter(state=Identity.State.ACTIVE).values_list("channel"))
    failed = _counts(InboundUpdate.objects.filter(state=InboundUpdate.State.FAILED).values_list("channel"))
    found = [
        Row(channel, subscribers.get(channel.pk, 0), failed.get(channel.pk, 0), _last_seen(channel))
        for channel in Channel.objects.order_by("pk")
    ]
    return sorted(found, key=lambda row: row.channel.state != Channel.State.BROKEN)


def _counts(grouped: object) -> dict[int, int]:
    return dict(grouped.annotate(count=Count("pk")))  # type: ignore[attr-defined]


def _last_seen(channel: Channel) -> Sighting | None:
    if channel.kind != KIND:
        return None
    return next(iter(sightings.seen_on(channel.pk)), None)
