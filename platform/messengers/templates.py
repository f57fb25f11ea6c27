"""The messages that a channel's messenger approves beforehand: kept as it tells them, and asked for again.

They are asked for when a channel is connected, every few hours (`tasks`), and when a person presses a button; what
webhooks tell of them is noted at once (`account_changes`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from messengers import channels
from messengers.adapter import Connected
from messengers.channels import RefusedByMessengerError
from messengers.models import Channel, MessageTemplate
from messengers.template_parts import NewTemplate, ToldTemplate
from workspaces.audit import record
from workspaces.models import User
from workspaces.scope import tenant

EVERY = timedelta(hours=4)
AGAIN = timedelta(minutes=10)  # after the messenger did not tell them


def sync_if_due(channel_id: int, *, workspace_id: int) -> None:
    """Ask for a channel's templates if that was long ago: the task that watches channels calls it after each look."""
    with tenant(workspace_id):
        channel = Channel.objects.filter(pk=channel_id).first()
    if channel is not None and is_due(channel):
        sync(channel_id, workspace_id=workspace_id)


def is_due(channel: Channel) -> bool:
    """Say whether a channel's templates are to be asked for now."""
    last = channel.templates_at
    return channel.has_templates and (last is None or last < timezone.now() - EVERY)


def sync(channel_id: int, *, workspace_id: int) -> None:
    """Ask for a channel's templates. The messenger is asked outside of any transaction."""
    with tenant(workspace_id):
        channel = Channel.objects.filter(pk=channel_id, state=Channel.State.ACTIVE).first()
    if channel is None or not channel.has_templates:
        return
    asked_at = timezone.now()
    try:
        told, account = channels.ask_templates(channel)
    except RefusedByMessengerError as refusal:
        with tenant(workspace_id):
            _failed(channel, refusal.reason)
        return
    with tenant(workspace_id):
        _keep(channel, told, account, asked_at)


def refresh(channel: Channel) -> int:
    """Ask for a channel's templates now and return how many there are; RefusedByMessengerError."""
    asked_at = timezone.now()
    try:
        told, account = channels.ask_templates(channel)
    except RefusedByMessengerError as refusal:
        _failed(channel, refusal.reason)
        raise
    _keep(channel, told, account, asked_at)
    return len(told)


def create(channel: Channel, wanted: NewTemplate, actor: User) -> MessageTemplate:
    """Send a new one for approval; RefusedByMessengerError with what the messenger has against it."""
    told = channels.ask_for_approval(channel, wanted)
    row, _ = MessageTemplate.objects.update_or_create(
        channel=channel, name=told.name, language=told.language, defaults=_columns(told, timezone.now())
    )
    record(actor, "template.created", channel, {"template": (None, f"{told.name} ({told.language})")})
    return row


def delete(row: MessageTemplate, actor: User) -> str:
    """Have the messenger delete one, and return its name; RefusedByMessengerError."""
    channel = row.channel
    channels.delete_template(channel, row.name, row.external_id)
    record(actor, "template.deleted", channel, {"template": (f"{row.name} ({row.language})", None)})
    row.delete()
    return row.name


def _keep(channel: Channel, told: Sequence[ToldTemplate], account: Connected, asked_at: datetime) -> None:
    """Keep what a list tells. What a webhook or a person told since it was asked for is newer, and stays."""
    now = timezone.now()
    locked = Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
    known = {(row.name, row.language): row for row in MessageTemplate.objects.filter(channel=locked)}
    for one in told:
        row = known.pop((one.name, one.language), None) or MessageTemplate(
            channel=locked, name=one.name, language=one.language
        )
        if _is_newer(row, asked_at):
            continue
        for name, value in _columns(one, now).items():
            setattr(row, name, value)
        row.save()
    gone = [row.pk for row in known.values() if not _is_newer(row, asked_at)]
    MessageTemplate.objects.filter(pk__in=gone).delete()
    locked.settings = locked.settings | {name: value for name, value in account.facts.items() if value}
    asked_again = locked.templates_at is None and channel.templates_at is not None
    locked.templates_at, locked.templates_problem = None if asked_again else now, ""
    locked.save(update_fields=["settings", "templates_at", "templates_problem"])


def _is_newer(row: MessageTemplate, asked_at: datetime) -> bool:
    return row.synced_at is not None and row.synced_at >= asked_at


def _failed(channel: Channel, reason: str) -> None:
    """Note why, and let it be asked again earlier than what went well."""
    again = timezone.now() - EVERY + AGAIN
    Channel.objects.filter(pk=channel.pk).update(templates_at=again, templates_problem=reason[:300])


def _columns(told: ToldTemplate, now: datetime) -> dict[str, Any]:
    return {
        "external_id": told.external_id[:200],
        "category": told.category[:32],
        "state": told.state.value,
        "reason": told.reason[:300],
        "quality": told.quality,
        "parts": told.parts.model_dump(mode="json"),
        "synced_at": now,
    }
