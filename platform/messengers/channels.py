"""A channel's life: connect, change, mend, disconnect. The channel pages and the demo call this, inside `tenant()`.

What a person typed is held to the adapter's own models, the messenger is asked through the driver, and each change
is in the audit log.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from asgiref.sync import async_to_sync
from django.conf import settings as installation
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.dateparse import parse_datetime
from pydantic import BaseModel, ValidationError

from messengers import hints, signals
from messengers.adapter import ChannelFacts, Connected, Cost, Messenger, Steps
from messengers.driver import Driver, open_driver
from messengers.limits import shards
from messengers.models import Channel
from messengers.registry import messenger
from messengers.template_parts import NewTemplate, ToldTemplate
from messengers.updates import RemoteFile
from workspaces.audit import record
from workspaces.models import User

State = Channel.State
_Result = TypeVar("_Result")
MISSED_WITHIN = timedelta(hours=24)  # what was said before is not fetched
_LASTING = ("good_at", "missed_since", "fetched")  # facts of `hook_state` that the next look does not replace
PICTURE_LIMIT = 300_000  # bytes of an account's picture, which is shown before anything is stored


@dataclass(frozen=True, slots=True)
class Account:
    """Whose some keys are: what the messenger tells, where its news go now (empty: nowhere), the picture's bytes."""

    told: Connected
    hook: str
    picture: bytes

    @property
    def hook_is_foreign(self) -> bool:
        """Say whether another program gets the news, and would stop getting them."""
        return bool(self.hook) and not self.hook.startswith(f"{installation.BASE_URL}/hooks/")


class InvalidSettingsError(Exception):
    """What was typed does not hold. `errors` maps a field's name to pydantic's code: `missing`, `string_too_long`, …"""

    def __init__(self, errors: Mapping[str, str]) -> None:
        """Keep the errors."""
        super().__init__(dict(errors))
        self.errors = dict(errors)


class RefusedByMessengerError(Exception):
    """The messenger would not have it. `reason` is a code that the page has words for."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


def facts(channel: Channel) -> ChannelFacts:
    """Return what an adapter may know of a channel."""
    return ChannelFacts(
        key=channel.key,
        settings=channel.settings,
        secrets=channel.secrets,
        hook_url=f"{installation.BASE_URL}/hooks/{channel.kind}/{channel.key}",
        api=f"{installation.LAB_URL}/{channel.kind}" if channel.practice else "",
        polls=channel.polls,
        account=channel.account,
        seal=salted_hmac("messengers.channels.seal", channel.key).hexdigest(),
    )


def look_up(
    kind: str, secrets: Mapping[str, str], *, settings: Mapping[str, Any] | None = None, practice: bool = False
) -> Account:
    """Ask a messenger whose the keys are and where its news go now; nothing is changed."""
    adapter = messenger(kind)
    channel = Channel(kind=kind, settings=_held(adapter.Settings, settings or {}), practice=practice)
    if adapter.Secrets is not None:
        channel.secrets = _held(adapter.Secrets, secrets)
    known = facts(channel)
    connected = _asked(adapter.account(known))
    known = replace(known, settings={**known.settings, **connected.facts}, account=connected.account)
    hook = _asked(adapter.hook(known))
    return Account(connected, hook.url if hook else "", _fetched(adapter, known, connected.picture))


def connect(
    kind: str,
    name: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    actor: User | None,
    *,
    practice: bool = False,
    polls: bool = False,
) -> Channel:
    """Make a channel: its settings hold, and the messenger has accepted its keys. It works from now on.

    Without a name it gets the account's own. A `practice` channel is an account of the lab.
    """
    adapter = messenger(kind)
    channel = Channel(kind=kind, settings=_held(adapter.Settings, settings), practice=practice, polls=polls)
    if adapter.Secrets is not None:
        channel.secrets = _held(adapter.Secrets, secrets)
    with transaction.atomic():
        connected = _claimed(channel)
        channel.name = (name or connected.name)[:120]
        channel.settings |= connected.facts
        channel.shards = shards(adapter.rate(facts(channel)))
        channel.save()
        record(actor, "channel.connected", channel, {"settings": (None, channel.settings)})
        signals.channel_connected.tell(channel=channel)
    return channel


def change(
    channel: Channel,
    actor: User | None,
    *,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    polls: bool | None = None,
) -> Channel:
    """Change a channel's name, settings, secrets, or how its news come. The messenger is told of the last two first."""
    adapter = messenger(channel.kind)
    wanted = Channel.objects.get(pk=channel.pk)
    told: Mapping[str, Any] = {}
    if settings is not None:
        settings = _held(adapter.Settings, {**wanted.settings, **settings})
    if secrets is not None and adapter.Secrets is not None:
        secrets = wanted.secrets = _held(adapter.Secrets, secrets)
    else:
        secrets = None
    polls = None if polls == wanted.polls else polls
    if secrets is not None or polls is not None:
        wanted.settings = {**wanted.settings, **(settings or {})}
        wanted.polls = wanted.polls if polls is None else polls
        told = _claimed(wanted).facts
    locked = Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
    changes: dict[str, Any] = {}
    if name is not None and name != locked.name:
        changes["name"] = (locked.name, name)
        locked.name = name
    if settings is not None and (held := {**locked.settings, **settings}) != locked.settings:
        changes["settings"] = (locked.settings, held)
        locked.settings = held
    if polls is not None:
        changes["polls"] = (locked.polls, polls)
        locked.polls = polls
    if secrets is not None:
        locked.secrets = secrets
        changes["secrets"] = (True, True)  # the log only says that they changed
    if {"secrets", "polls"} & changes.keys():
        _mended(locked, wanted, told)
    if changes:
        locked.shards = shards(adapter.rate(facts(locked)))
        locked.save()
        record(actor, "channel.changed", locked, changes)
        transaction.on_commit(lambda: _wake(locked))
    return locked


def reconnect(channel: Channel, actor: User | None) -> Channel:
    """Bring a broken or disconnected channel back, with the keys that it has. What waited in it leaves."""
    wanted = Channel.objects.get(pk=channel.pk)
    was = wanted.state
    told = _claimed(wanted).facts
    locked = Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
    record(actor, "channel.reconnected", locked, {"state": (was, State.ACTIVE)})
    locked.paused_until = None
    _mended(locked, wanted, told)
    locked.save()
    signals.channel_connected.tell(channel=locked)
    transaction.on_commit(lambda: _wake(locked))
    return locked


def disconnect(channel: Channel, actor: User | None) -> Channel:
    """Switch a channel off: nothing comes in or leaves. Its people and history stay."""
    found = Channel.objects.get(pk=channel.pk)
    if found.state == State.DISCONNECTED:
        return found
    _asked(messenger(found.kind).disconnect(facts(found)))
    locked = Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
    if locked.state != State.DISCONNECTED:
        record(actor, "channel.disconnected", locked, {"state": (locked.state, State.DISCONNECTED)})
        locked.state = State.DISCONNECTED
        locked.save(update_fields=["state"])
    return locked


def look_at_hook(channel: Channel) -> dict[str, Any]:
    """Ask the messenger where the channel's news go, keep the answer in `hook_state` and return it."""
    seen = ask_hook(channel)
    return keep_hook(channel, seen) if seen else seen


def ask_hook(channel: Channel) -> dict[str, Any]:
    """Ask the messenger where the channel's news go; empty where there is nothing to ask."""
    seen: dict[str, Any] = {"looked_at": timezone.now().isoformat()}
    try:
        hook = _asked(messenger(channel.kind).hook(facts(channel)))
    except RefusedByMessengerError as refusal:
        return seen | {"problem": refusal.reason}
    if hook is None:
        return {}
    at = hook.last_error_at.isoformat() if hook.last_error_at else ""
    seen |= {"url": hook.url, "is_ours": hook.is_ours, "waiting": hook.waiting}
    return seen | {"last_error": hook.last_error, "last_error_at": at}


def keep_hook(channel: Channel, seen: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what the messenger has answered beside what lasts, and return both."""
    with transaction.atomic():
        locked = Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
        state = {name: locked.hook_state[name] for name in _LASTING if name in locked.hook_state} | dict(seen)
        if seen.get("is_ours"):
            state["good_at"] = seen["looked_at"]
        locked.hook_state = state
        locked.save(update_fields=["hook_state"])
    return state


def ask_missed(channel: Channel, since: datetime) -> Sequence[Mapping[str, Any]]:
    """Fetch what people wrote from then on; RefusedByMessengerError where the messenger does not give it."""
    return _asked(messenger(channel.kind).missed(facts(channel), since))


def ask_templates(channel: Channel) -> tuple[Sequence[ToldTemplate], Connected]:
    """Ask which messages are approved beforehand, and what the messenger thinks of the account now."""
    adapter, known = messenger(channel.kind), facts(channel)
    return _asked(adapter.templates(known)), _asked(adapter.account(known))


def ask_for_approval(channel: Channel, wanted: NewTemplate) -> ToldTemplate:
    """Ask to have a message approved; RefusedByMessengerError with what the messenger has against it."""
    return _asked(messenger(channel.kind).create_template(facts(channel), wanted))


def delete_template(channel: Channel, name: str, external_id: str) -> None:
    """Have a message deleted that is approved beforehand."""
    _asked(messenger(channel.kind).delete_template(facts(channel), name, external_id))


def ask_cost(channel: Channel, texts: Sequence[str], phones: Sequence[str]) -> Cost | None:
    """Ask what texts would cost; RefusedByMessengerError where the provider does not tell."""
    return _asked(messenger(channel.kind).cost(facts(channel), texts, phones))


def mark_broken(channel_id: int, reason: str) -> None:
    """Let nothing leave through a channel until a person mends it; `reason` is a code or the messenger's words."""
    Channel.objects.filter(pk=channel_id, state=State.ACTIVE).update(state=State.BROKEN, broken_reason=reason[:300])


def _claimed(channel: Channel) -> Connected:
    """Have the channel's account deliver to us.

    A channel that does not hold its account yet is saved first: an account that another has is left alone. One that
    holds it is not written here, so senders that have something to note about it do not wait for the messenger.
    """
    adapter = messenger(channel.kind)
    with transaction.atomic():  # a refusal takes back what was saved
        account = _asked(adapter.account(facts(channel))).account
        if channel.account and account != channel.account:
            raise RefusedByMessengerError("another_account")
        if not (channel.pk and channel.account and channel.state != State.DISCONNECTED):
            channel.account, channel.state = account, State.ACTIVE
            try:
                with transaction.atomic():
                    channel.save(update_fields=["account", "state"] if channel.pk else None)
            except IntegrityError as error:
                raise RefusedByMessengerError("account_taken") from error
        return _asked(adapter.connect(facts(channel)))


def _mended(channel: Channel, claimed: Channel, told: Mapping[str, Any]) -> None:
    was_off = channel.state == State.DISCONNECTED
    since = None if was_off or claimed.polls else _unheard_since(channel)
    channel.account, channel.state, channel.broken_reason = claimed.account, State.ACTIVE, ""
    channel.settings |= told
    channel.hook_state, channel.trouble = {"missed_since": since.isoformat()} if since else {}, ""


def _unheard_since(channel: Channel) -> datetime | None:
    """Return from when on people may have written without our hearing of it; None where that is not to be fetched."""
    if not messenger(channel.kind).tells_missed:
        return None
    seen = channel.hook_state
    known = parse_datetime(str(seen.get("missed_since") or seen.get("good_at") or ""))
    return max(known or channel.created_at, channel.created_at, timezone.now() - MISSED_WITHIN)


def _fetched(adapter: Messenger, known: ChannelFacts, picture: RemoteFile | None) -> bytes:
    if picture is None or picture.size > PICTURE_LIMIT:
        return b""
    try:
        call = _asked(adapter.locate(known, picture.ref))
    except RefusedByMessengerError:
        return b""
    reply = _run(lambda driver: driver.fetch(call, PICTURE_LIMIT))
    return reply.body if reply.status == 200 and len(reply.body) <= PICTURE_LIMIT else b""


def _wake(channel: Channel) -> None:
    for shard in range(channel.shards):
        hints.wake(channel, shard)


def _held(model: type[BaseModel], typed: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return model.model_validate(dict(typed)).model_dump(mode="json")
    except ValidationError as error:
        errors = {".".join(str(part) for part in one["loc"]): one["type"] for one in error.errors()}
        raise InvalidSettingsError(errors) from error


def _asked(steps: Steps[_Result]) -> _Result:
    try:
        return _run(lambda driver: driver.run(steps))
    except ValueError as error:
        raise RefusedByMessengerError(str(error)) from error


def _run(ask: Callable[[Driver], Coroutine[Any, Any, _Result]]) -> _Result:
    async def run() -> _Result:
        async with open_driver() as driver:
            return await ask(driver)

    return async_to_sync(run)()
