"""What webhooks tell of an account rather than of a person: templates, quality, limits. `inbound` calls it."""

from collections.abc import Mapping

from django.utils import timezone

from messengers.channels import facts, mark_broken
from messengers.limits import shards
from messengers.models import Channel, MessageTemplate
from messengers.registry import messenger
from messengers.updates import AccountChanged, TemplateChanged

State = MessageTemplate.State
DELETED = "deleted"


def note_template(update: TemplateChanged, channel: Channel) -> None:
    """Note what the messenger thinks of a template, in every channel that has it."""
    for one in _sharing(channel, update.shared_by):
        rows = MessageTemplate.objects.filter(channel=one, name=update.name, language=update.language)
        row = rows.select_for_update().first()
        if update.state == DELETED:
            rows.delete()
        elif row is None:
            # It was made elsewhere, and only a list tells what is in it: that is asked for within a minute.
            Channel.objects.filter(pk=one.pk).update(templates_at=None, watched_at=None)
        else:
            _note(row, update)


def note_account(update: AccountChanged, channel: Channel) -> None:
    """Note what the messenger thinks of an account; `watchdog` soon tells its people what is bad in it."""
    for one in _sharing(channel, update.shared_by):
        digits = "".join(letter for letter in str(one.settings.get("phone", "")) if letter.isdecimal())
        if update.phone and update.phone != digits:
            continue
        locked = Channel.objects.select_for_update(no_key=True).get(pk=one.pk)
        locked.settings = {**locked.settings, **update.facts}
        locked.shards = shards(messenger(locked.kind).rate(facts(locked)))
        locked.watched_at = None
        locked.save(update_fields=["settings", "shards", "watched_at"])
        if update.broken:
            mark_broken(one.pk, update.broken)


def _sharing(channel: Channel, settings: Mapping[str, str]) -> list[Channel]:
    """Return the channels of the same messenger that have these settings; without any it is this channel alone."""
    if not settings:
        return [channel]
    rows = Channel.objects.filter(kind=channel.kind, practice=channel.practice, settings__contains=dict(settings))
    return list(rows.exclude(state=Channel.State.DISCONNECTED).order_by("pk"))


def _note(row: MessageTemplate, update: TemplateChanged) -> None:
    if update.state:
        row.state, row.reason = update.state, "" if update.state == State.APPROVED else update.reason
    row.quality = update.quality or row.quality
    row.category = update.category or row.category
    row.external_id = update.external_id or row.external_id
    row.synced_at = timezone.now()
    row.save(update_fields=["state", "reason", "quality", "category", "external_id", "synced_at"])
