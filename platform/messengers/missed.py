"""Fetches back what people wrote while nobody told us: our webhook was another program's, or had been dropped.

`channels` notes from when on (`hook_state["missed_since"]`) as it brings a channel back; `tasks.fetch_missed` fetches
at once, and `watchdog` what that could not. It goes the way of all updates; what came by webhook as well is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from messengers import channels, inbox
from messengers.adapter import Messenger
from messengers.arrivals import FETCHED_BACK
from messengers.models import Channel, Message
from messengers.registry import is_known, messenger
from workspaces.scope import tenant

LEEWAY = timedelta(minutes=1)  # between two clocks
_Bodies = Sequence[Mapping[str, Any]]
_PASSING = frozenset({"no_answer", "too_many_requests"})  # refusals after which it is worth while to ask again


def fetch(channel_id: int, *, workspace_id: int) -> int:
    """Fetch what a channel has missed, if anything; return how many updates that were. Repeats do no harm."""
    with tenant(workspace_id):
        channel = Channel.objects.filter(pk=channel_id, state=Channel.State.ACTIVE).first()
    since = _since(channel) if channel and is_known(channel.kind) else None
    if channel is None or since is None:
        return 0
    try:
        bodies = channels.ask_missed(channel, max(since, timezone.now() - channels.MISSED_WITHIN) - LEEWAY)
    except channels.RefusedByMessengerError as refusal:
        with tenant(workspace_id):
            _note(channel, {"problem": refusal.reason}, done=refusal.reason not in _PASSING)
        return 0
    with tenant(workspace_id):
        count = _take_in(channel, bodies)
        _note(channel, {"count": count}, done=True)
    return count


def _since(channel: Channel) -> datetime | None:
    return parse_datetime(str(channel.hook_state.get("missed_since") or ""))


def _take_in(channel: Channel, bodies: _Bodies) -> int:
    adapter = messenger(channel.kind)
    named = [(body, _names(adapter, channel, body)) for body in bodies]
    known = _known(channel, (name for _body, names in named for name in names))
    new = [{**body, FETCHED_BACK: True} for body, names in named if not names or not names <= known]
    return len(inbox.store_many(channel, new)) if new else 0


def _names(adapter: Messenger, channel: Channel, body: Mapping[str, Any]) -> set[str]:
    """Return what the messages in it are called; one that cannot be read is kept and shown like any other."""
    try:
        said = adapter.parse(channels.facts(channel), body)
    except Exception:
        return set()
    return {name for one in said if (name := getattr(one, "external_id", ""))}


def _known(channel: Channel, names: Iterable[str]) -> set[str]:
    ours = Message.objects.filter(channel=channel, external_id__in={*names})
    return set(ours.values_list("external_id", flat=True))


def _note(channel: Channel, told: dict[str, Any], *, done: bool) -> None:
    """Write down how it went, for the channel's page."""
    locked = Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
    state = {**locked.hook_state, "fetched": {**told, "at": timezone.now().isoformat()}}
    if done:
        state.pop("missed_since", None)
    locked.hook_state = state
    locked.save(update_fields=["hook_state"])
