"""The door in for who has no public address: a listener asks messengers for news, all its channels in one loop.

`tasks.run_listener` runs one for a slice of time; any number may run. News and the place up to which they were fetched
are written in one transaction, so nothing is lost or doubled whenever a listener dies.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.db import DataError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from messengers import inbox, statements
from messengers.adapter import ChannelFacts, HttpCall, Messenger, News
from messengers.arrivals import Arrival, arrival, as_unreadable
from messengers.channels import facts, mark_broken
from messengers.driver import Driver, open_driver
from messengers.models import Channel, PollLease
from messengers.registry import UnknownMessengerError, messenger
from workspaces.crossings import ids_across_workspaces
from workspaces.encrypted_field import SecretsUnreadableError
from workspaces.scope import tenant

logger = logging.getLogger(__name__)

SLICE = 600.0  # seconds
CHANNELS = 500
SCAN = 1.0
HEARTBEAT = 3.0
LEASE = timedelta(seconds=15)
PATIENCE = 25.0  # seconds for which a messenger may hold a question open
_PAUSES = (1, 2, 5, 15, 30)  # seconds after the first, second, … failure in a row
_STUBBORN = 5  # failures in a row after which a channel is said to be broken, where a person can mend that
# Reasons that a person must do something about, and what the channel is said to suffer from.
BROKEN = {
    "wrong_token": "token_revoked",
    "imap_wrong_login": "token_revoked",
    **{
        reason: reason
        for reason in (
            *("hook_set", "another_poller", "imap_off", "password_login_off"),
            *("imap_wrong_certificate", "imap_wrong_security"),
        )
    },
}
_Result = TypeVar("_Result")
Heard = Callable[[int, int], object]  # channel id, workspace id


class Listener:
    """One process's part in listening."""

    def __init__(self, heard: Heard, *, seconds: float = SLICE) -> None:
        """Listen for `seconds`; `heard` is called when something came in on a channel."""
        self.id: UUID = uuid4()
        self._heard = heard
        self._until = time.monotonic() + seconds
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="listener")
        self._driver: Driver

    async def run(self, should_stop: Callable[[], bool] = lambda: False) -> None:
        """Listen until the slice is over or `should_stop`; then give every channel back."""
        async with open_driver(CHANNELS * 2) as self._driver:
            beating = asyncio.create_task(self._beat())
            try:
                while time.monotonic() < self._until and not await asyncio.to_thread(should_stop):
                    await self._claim()
                    await asyncio.sleep(SCAN)
            finally:
                for task in [beating, *self._tasks.values()]:
                    task.cancel()
                await asyncio.gather(beating, *self._tasks.values(), return_exceptions=True)
                with suppress(OperationalError, InterfaceError):
                    await self._database(lambda: ids_across_workspaces("end_poll_leases", self.id))
                self._threads.submit(connection.close)
                self._threads.submit(connection.close)
                self._threads.shutdown()

    async def _database(self, step: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, _in_database, step)

    async def _claim(self) -> None:
        room = CHANNELS - len(self._tasks)
        if room <= 0:
            return
        try:
            waiting = await self._database(lambda: ids_across_workspaces("channels_to_poll", room))
            for workspace_id, channel_id in waiting:
                taken = partial(claim, workspace_id, channel_id, self.id)
                if channel_id not in self._tasks and await self._database(taken):
                    self._tasks[channel_id] = asyncio.create_task(self._listen(workspace_id, channel_id))
        except (OperationalError, InterfaceError) as error:
            logger.warning("The database is away; listeners wait for it: %s", error)

    async def _beat(self) -> None:
        """Keep the leases, and stop listening to channels that another listener has taken meanwhile."""
        while True:
            await asyncio.sleep(HEARTBEAT)
            try:
                rows = await self._database(
                    lambda: ids_across_workspaces("renew_poll_leases", self.id, LEASE.total_seconds())
                )
            except (OperationalError, InterfaceError) as error:
                logger.warning("A heartbeat is late: %s", error)
                continue
            for channel_id in self._tasks.keys() - {row[0] for row in rows}:
                self._tasks[channel_id].cancel()

    async def _listen(self, workspace_id: int, channel_id: int) -> None:
        """Ask for one channel's news until it is to be asked no more."""
        failures = 0
        try:
            while True:
                asked = await self._database(lambda: _ask(workspace_id, channel_id, self.id))
                if asked is None:
                    return
                adapter, known, cursor = asked
                try:
                    news = await self._driver.run(adapter.poll(known, cursor, PATIENCE))
                    failures = 0
                except ValueError as error:
                    failures += 1
                    await self._put_up_with(workspace_id, channel_id, str(error), failures)
                    continue
                if news.bodies or news.cursor != cursor:
                    await self._take_in(workspace_id, channel_id, news, adapter, known)
        except (OperationalError, InterfaceError) as error:
            logger.warning("Channel %s is listened to again when the database is back: %s", channel_id, error)
        except Exception:
            logger.exception("Nobody listens to channel %s for a while", channel_id)
        finally:
            del self._tasks[channel_id]
            # Or it would stay leased, and heard by nobody, until the slice is over.
            with suppress(OperationalError, InterfaceError, RuntimeError):
                await self._database(lambda: release(workspace_id, channel_id, self.id))

    async def _put_up_with(self, workspace_id: int, channel_id: int, reason: str, failures: int) -> None:
        known = BROKEN.get(reason)
        # Telegram tells of another poller for a moment when it is ourselves who came back.
        if known and (failures >= _STUBBORN or reason == "wrong_token"):
            await self._database(lambda: _break(workspace_id, channel_id, known))
            return
        logger.info("Channel %s could not be asked for news: %s", channel_id, reason)
        await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES)) - 1])

    async def _take_in(
        self, workspace_id: int, channel_id: int, news: News, adapter: Messenger, known: ChannelFacts
    ) -> None:
        kept = await self._database(lambda: _keep(workspace_id, channel_id, self.id, news))
        if not kept:
            return
        if news.bodies:
            await asyncio.to_thread(self._heard, channel_id, workspace_id)
        calls = [call for body in news.bodies if (call := adapter.answer(known, body))]
        if calls:
            await asyncio.gather(*(self._driver.run(_say(call)) for call in calls))


def claim(workspace_id: int, channel_id: int, listener: UUID) -> bool:
    """Take a channel for a listener. False when another was faster."""
    values: dict[str, Any] = {
        "workspace": workspace_id,
        "channel": channel_id,
        "listener": listener,
        "lifetime": LEASE,
    }
    with tenant(workspace_id):
        return bool(statements.run(statements.CLAIM_POLL, values))


def release(workspace_id: int, channel_id: int, listener: UUID) -> None:
    """Give a channel back."""
    with tenant(workspace_id):
        PollLease.objects.filter(channel_id=channel_id, listener=listener).update(expires_at=timezone.now())


def _ask(workspace_id: int, channel_id: int, listener: UUID) -> tuple[Messenger, ChannelFacts, str] | None:
    """Return what is needed to ask for a channel's news; None when it is not to be asked, or not by us."""
    with tenant(workspace_id):
        try:
            channel = Channel.objects.filter(pk=channel_id, polls=True, state=Channel.State.ACTIVE).first()
            adapter = messenger(channel.kind) if channel else None
        except SecretsUnreadableError:
            mark_broken(channel_id, "secrets_unreadable")
            return None
        except UnknownMessengerError:
            mark_broken(channel_id, "unknown_messenger")
            return None
        if channel is None or adapter is None or not _holds(channel_id, listener):
            return None
        return adapter, facts(channel), channel.poll_cursor


def _keep(workspace_id: int, channel_id: int, listener: UUID, news: News) -> bool:
    """Keep news together with the place up to which they reach; False when the channel is another listener's now."""
    with tenant(workspace_id):
        channel = Channel.objects.select_for_update().get(pk=channel_id)
        if not _holds(channel_id, listener):
            return False
        _store(channel, news)
        channel.poll_cursor = news.cursor
        channel.save(update_fields=["poll_cursor"])
        return True


def _store(channel: Channel, news: News) -> None:
    """Keep them all; one that PostgreSQL does not take is kept as a text that nobody can read."""
    try:
        with transaction.atomic():
            if news.bodies:
                inbox.store_many(channel, news.bodies)
    except DataError:
        adapter = messenger(channel.kind)
        for body in news.bodies:
            _store_one(arrival(adapter, channel.pk, body))


def _store_one(told: Arrival) -> None:
    try:
        with transaction.atomic():
            inbox.keep([told])
    except DataError as error:
        inbox.keep([as_unreadable(told, error)])


def _holds(channel_id: int, listener: UUID) -> bool:
    return PollLease.objects.filter(channel_id=channel_id, listener=listener, expires_at__gt=timezone.now()).exists()


def _break(workspace_id: int, channel_id: int, reason: str) -> None:
    with tenant(workspace_id):
        mark_broken(channel_id, reason)


def _say(call: HttpCall) -> Any:
    yield call


def _in_database(step: Callable[[], _Result]) -> _Result:
    try:
        return step()
    except (OperationalError, InterfaceError):
        connection.close()  # PostgreSQL may have been restarted: the next step opens a new one
        raise
