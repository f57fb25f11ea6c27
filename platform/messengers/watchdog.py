"""Looks after channels: asks where their news go, mends what nobody took, tells whoever can mend the rest.

What people wrote before a channel was mended is fetched where the messenger tells it afterwards (`missed`).

`tasks.watch_channels` finds which are due; each is watched in a task of its own. What other programs took is not taken
back by itself: two programs would go on taking it from each other. A person does that with one click.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings as installation
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import override

from messengers import channels, missed
from messengers.channel_standing import restriction
from messengers.channel_words import reason
from messengers.models import Channel
from messengers.registry import is_known
from workspaces.crossings import ids_across_workspaces
from workspaces.letters import Letter, compose
from workspaces.models import Membership, Workspace
from workspaces.roles import Permission, Role, may
from workspaces.scope import tenant

logger = logging.getLogger(__name__)

Trouble = Channel.Trouble
EVERY = timedelta(minutes=5)
WARN_BEFORE = timedelta(days=7)  # keys run out
# What the messenger says of the keys when they are worth nothing any more.
_DEAD = {"wrong_token": "token_revoked", "token_revoked": "token_revoked"}


@dataclass(frozen=True, slots=True)
class _News:
    """What is to be told of a channel, and to whom."""

    channel: Channel
    trouble: str
    workspace: Workspace
    readers: list[tuple[str, str]]  # (address, language)


def due(limit: int = 500) -> list[tuple[int, int]]:
    """Return (workspace id, channel id) of the channels that are to be looked after now."""
    return [(row[0], row[1]) for row in ids_across_workspaces("channels_to_watch", EVERY.total_seconds(), limit)]


def watch(channel_id: int, *, workspace_id: int) -> None:
    """Look after one channel. What the messenger is asked is asked outside of any transaction."""
    with tenant(workspace_id):
        channel = Channel.objects.filter(pk=channel_id).exclude(state=Channel.State.DISCONNECTED).first()
        if channel is None:
            return
        Channel.objects.filter(pk=channel_id).update(watched_at=timezone.now())
    seen = channels.ask_hook(channel) if _is_asked(channel) else {}
    with tenant(workspace_id):
        if seen:
            channels.keep_hook(channel, seen)
        if (dead := _DEAD.get(str(seen.get("problem", "")))) is not None:
            channels.mark_broken(channel_id, dead)
        if _was_dropped(channel, seen):
            _put_back(channel)
        news = _news(channel_id, workspace_id)
    missed.fetch(channel_id, workspace_id=workspace_id)
    if news is not None:
        _tell(news)
        with tenant(workspace_id):
            Channel.objects.filter(pk=channel_id).update(told_trouble=news.trouble)


def _is_asked(channel: Channel) -> bool:
    return channel.state == Channel.State.ACTIVE and is_known(channel.kind)


def _was_dropped(channel: Channel, seen: dict[str, object]) -> bool:
    """Say whether nobody has the news: some messengers drop an address that has failed for long."""
    return (
        bool(seen) and "problem" not in seen and not seen.get("is_ours") and not seen.get("url") and not channel.polls
    )


def _put_back(channel: Channel) -> None:
    try:
        channels.reconnect(channel, None)
    except (channels.RefusedByMessengerError, channels.InvalidSettingsError) as error:
        logger.warning("The webhook of channel %s is gone and could not be set again: %s", channel.pk, error)


def _news(channel_id: int, workspace_id: int) -> _News | None:
    """Return what its people do not know yet; note what the trouble is now."""
    channel = Channel.objects.get(pk=channel_id)
    trouble = _trouble(channel, timezone.now())
    if trouble != channel.trouble:
        Channel.objects.filter(pk=channel_id).update(trouble=trouble)
    if not trouble or trouble == channel.told_trouble:
        if not trouble and channel.told_trouble:
            Channel.objects.filter(pk=channel_id).update(told_trouble="")
        return None
    workspace = Workspace.objects.get(pk=workspace_id)
    members = Membership.objects.select_related("user")
    readers = [
        (member.user.email, member.user.language or workspace.language)
        for member in members
        if may(Role(member.role), Permission.MANAGE_CHANNELS) and member.user.email
    ]
    return _News(channel, trouble, workspace, readers)


def _trouble(channel: Channel, now: datetime) -> str:
    if channel.state == Channel.State.BROKEN:
        return Trouble.BROKEN
    seen = channel.hook_state
    if seen.get("url") and not seen.get("is_ours") and "problem" not in seen:
        return Trouble.STOLEN
    if _is_restricted(channel, now):
        return Trouble.RESTRICTED
    if str(channel.settings.get("quality", "")).upper() == "RED":
        return Trouble.DISLIKED
    expires = parse_datetime(str(channel.settings.get("token_expires_at") or "")) if channel.settings else None
    if expires is not None and timezone.is_aware(expires) and expires - now < WARN_BEFORE:
        return Trouble.EXPIRING
    return ""


def _is_restricted(channel: Channel, now: datetime) -> bool:
    """Say whether the messenger forbids the account something; some say until when."""
    until = parse_datetime(str(channel.settings.get("restricted_until") or ""))
    return bool(channel.settings.get("restriction")) and not (until and timezone.is_aware(until) and until <= now)


def _tell(news: _News) -> None:
    address = installation.BASE_URL + reverse("messengers:channel", args=[news.workspace.slug, news.channel.pk])
    for reader, language in news.readers:
        with override(language):
            compose(_letter(news, address), reader, language).send()


def _letter(news: _News, address: str) -> Letter:
    words = {"channel": news.channel.name, "workspace": news.workspace.name}
    told: tuple[str, ...]
    match news.trouble:
        case Trouble.STOLEN:
            subject = _("“%(channel)s”: another program receives its messages") % words
            told = (
                _("Another program receives the messages of “%(channel)s” (%(workspace)s), and Kaskad does not.")
                % words,
                _("If you have connected it somewhere else for a try, disconnect it there or take the messages back."),
            )
        case Trouble.EXPIRING:
            subject = _("“%(channel)s”: its keys run out soon") % words
            told = (_("The keys of “%(channel)s” (%(workspace)s) run out within a week. Put new ones in.") % words,)
        case Trouble.RESTRICTED:
            subject = _("“%(channel)s” is restricted by its messenger") % words
            told = (
                _("The messenger has restricted the account of “%(channel)s” (%(workspace)s).") % words,
                str(restriction(news.channel.settings)),
            )
        case Trouble.DISLIKED:
            subject = _("“%(channel)s”: people complain of its messages") % words
            told = (
                _("The messenger calls the quality of “%(channel)s” (%(workspace)s) low.") % words,
                _("Write less, and only to who asked for it: the messenger may lower the limit or block the number."),
            )
        case _:
            why = str(reason(news.channel.broken_reason, news.channel.kind))
            subject = _("“%(channel)s” has stopped") % words
            told = (
                _("Nothing leaves through “%(channel)s” (%(workspace)s).") % words,
                why,
                _("Messages wait in their queue and leave as soon as it works again."),
            )
    return Letter(subject=subject, paragraphs=told, button=_("Open the channel"), address=address)
