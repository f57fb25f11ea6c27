"""Celery's side of the two doors: thin. What is lost here is found again by `tick`, once a second."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from threading import Thread
from time import sleep
from typing import Any
from uuid import uuid4

import redis
from celery import shared_task
from celery.signals import worker_ready
from celery.worker import state as worker
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from messengers import (
    batches,
    delivery,
    expired,
    fetching,
    hints,
    inbox,
    media,
    media_work,
    missed,
    polling,
    pruning,
    templates,
    watchdog,
)
from messengers.models import Channel
from workspaces.scope import current_workspace_id

logger = logging.getLogger(__name__)

SEND_QUEUE = "send"
LISTEN_QUEUE = "listen"
RECEIVE_SLICE = 0.25  # seconds for which a channel is listened to before the others have their turn
_OFFER_EVERY = 3.0
_Run = Callable[[Callable[[], bool]], Coroutine[Any, Any, None]]


@shared_task
def receive(update_id: int, *, workspace_id: int) -> None:
    """Handle a stored update."""
    inbox.process(update_id, workspace_id=workspace_id)


@shared_task
def receive_waiting(channel_id: int, *, workspace_id: int) -> None:
    """Handle what waits in a channel for a slice; then its next slice waits until the other channels had their turn."""
    hints.forget(_waiting_in(channel_id))
    if inbox.process_waiting(channel_id, workspace_id=workspace_id, seconds=RECEIVE_SLICE):
        announce(channel_id, workspace_id=workspace_id)


def announce(channel_id: int, *, workspace_id: int) -> None:
    """Have what was stored in a channel handled soon; call it after the commit. Without Valkey `tick` finds it.

    At most one such task of a channel waits in the queue, so that a flood in it takes no turns from the others.
    """
    try:
        if hints.first_time(_waiting_in(channel_id), seconds=10):
            receive_waiting.apply_async((channel_id,), {"workspace_id": workspace_id}, retry=False)
    except (redis.RedisError, OperationalError) as error:
        logger.warning("No hint to the workers, they will find what came in by themselves: %s", error)


@shared_task
def run_sender(place: str, token: str) -> None:
    """Run a sender for a slice, in a place that `tick` has claimed for it; then queue the next slice."""
    _run_slice(SEND_QUEUE, place, token, lambda: delivery.Sender().run)


@shared_task
def run_listener(place: str, token: str) -> None:
    """Run a listener for a slice, in a place that `tick` has claimed for it; then queue the next slice."""

    def heard(channel_id: int, workspace_id: int) -> None:
        announce(channel_id, workspace_id=workspace_id)

    _run_slice(LISTEN_QUEUE, place, token, lambda: polling.Listener(heard).run)


def _run_slice(
    queue: str, place: str, token: str, make: Callable[[], Callable[..., Coroutine[Any, Any, None]]]
) -> None:
    def should_stop() -> bool:
        return _is_stopping() or not hints.claim_place(place, token)

    if should_stop():
        return
    asyncio.run(make()(should_stop))
    if should_stop():
        hints.free_place(place, token)
    else:
        _start(queue, place, token)


@shared_task
def tick() -> None:
    """Keep the wanted number of senders and listeners alive, and find whatever was left lying."""
    failed: Exception | None = None
    for step in (_fill_places, delivery.sweep, batches.finish, _handle_overdue, _fetch_due, _prepare_due):
        try:
            step()
        except Exception as error:  # what keeps one from its work must not keep the others
            logger.exception("A step of the tick failed: %s", step.__name__)
            failed = error
    if failed:
        raise failed


def _fill_places() -> None:
    for queue in _RUNNERS:
        for place in hints.places(queue):
            token = uuid4().hex
            if hints.claim_place(place, token):
                _start(queue, place, token)


def _handle_overdue() -> None:
    for workspace_id, channel_id in inbox.overdue():
        if hints.first_time(f"overdue:{channel_id}", seconds=5):
            receive_waiting.delay(channel_id, workspace_id=workspace_id)


def _fetch_due() -> None:
    for workspace_id, media_id in fetching.due_files():
        if hints.first_time(f"file:{media_id}", seconds=90):
            fetch_file.delay(media_id, workspace_id=workspace_id)
    for workspace_id, identity_id in fetching.due_profiles():
        if hints.first_time(f"profile:{identity_id}", seconds=60):
            ask_profile.delay(identity_id, workspace_id=workspace_id)


def _prepare_due() -> None:
    for workspace_id, media_id in media_work.due():
        if hints.first_time(f"prepare:{media_id}", seconds=90):
            prepare_file.delay(media_id, workspace_id=workspace_id)


@shared_task
def prepare_file(media_id: int, *, workspace_id: int) -> None:
    """Do what is slow about a file that was uploaded."""
    media_work.do(media_id, workspace_id=workspace_id)


@shared_task
def fetch_file(media_id: int, *, workspace_id: int) -> None:
    """Fetch a file that a person sent."""
    fetching.fetch(media_id, workspace_id=workspace_id)


@shared_task
def ask_profile(identity_id: int, *, workspace_id: int) -> None:
    """Ask a messenger who a person is."""
    fetching.ask_profile(identity_id, workspace_id=workspace_id)


@shared_task
def sweep_unsent_files() -> None:
    """Delete what visitors uploaded and never sent."""
    media.sweep_unsent(timezone.now())


@shared_task
def end_expired() -> None:
    """Cancel what nobody wants any more on channels that do not work."""
    expired.end()


@shared_task
def watch_channels() -> None:
    """Find the channels that are to be looked after."""
    for workspace_id, channel_id in watchdog.due():
        if hints.first_time(f"watch:{channel_id}", seconds=50):
            watch_channel.delay(channel_id, workspace_id=workspace_id)


@shared_task
def watch_channel(channel_id: int, *, workspace_id: int) -> None:
    """Ask a messenger where a channel's news go and what it has approved; tell its people if something is wrong."""
    watchdog.watch(channel_id, workspace_id=workspace_id)
    templates.sync_if_due(channel_id, workspace_id=workspace_id)


def ask_for_templates(channel: Channel, **_facts: Any) -> None:
    """Have the approved messages of a channel asked for that was just connected; the watchdog would do it later."""
    if not channel.has_templates:
        return
    Channel.objects.filter(pk=channel.pk).update(templates_at=None)
    transaction.on_commit(partial(_hint_templates, channel.pk, current_workspace_id()))


def _hint_templates(channel_id: int, workspace_id: int) -> None:
    try:
        sync_templates_of.apply_async((channel_id,), {"workspace_id": workspace_id}, retry=False)
    except (redis.RedisError, OperationalError) as error:
        logger.warning("No hint to the workers, the watchdog will ask for the templates: %s", error)


@shared_task
def sync_templates_of(channel_id: int, *, workspace_id: int) -> None:
    """Ask a messenger which messages it has approved for a channel."""
    templates.sync(channel_id, workspace_id=workspace_id)


@shared_task
def fetch_missed(channel_id: int, *, workspace_id: int) -> None:
    """Fetch what people wrote while a channel did not hear them. If this is lost, the watchdog does it."""
    if missed.fetch(channel_id, workspace_id=workspace_id):
        announce(channel_id, workspace_id=workspace_id)


def ask_for_missed(channel: Channel) -> None:
    """Have it fetched soon; call it after the commit that brought the channel back."""
    if "missed_since" in channel.hook_state:
        try:
            fetch_missed.apply_async((channel.pk,), {"workspace_id": channel.workspace_id}, retry=False)
        except OperationalError as error:
            logger.warning("The watchdog will fetch what channel %s missed: %s", channel.pk, error)


@shared_task
def prune() -> None:
    """Delete what was kept for a while only."""
    pruning.prune(timezone.now())


@worker_ready.connect
def offer_places(sender: Any, **_facts: Any) -> None:
    """Let a worker that takes senders or listeners say how many it has room for, as long as it lives."""
    controller = sender.controller
    for queue in {queue.name for queue in sender.task_consumer.queues} & set(_RUNNERS):
        Thread(target=_offer, args=(queue, controller), name="offer-places", daemon=True).start()


def _offer(queue: str, controller: Any) -> None:
    while not _is_stopping():
        hints.offer_places(queue, f"{queue}:{controller.hostname}", controller.concurrency)
        sleep(_OFFER_EVERY)


def _waiting_in(channel_id: int) -> str:
    return f"waiting:{channel_id}"


def _start(queue: str, place: str, token: str) -> None:
    # One that found no worker in time is not wanted any more: `tick` offers its place anew.
    _RUNNERS[queue].apply_async(args=(place, token), queue=queue, expires=10)


_RUNNERS = {SEND_QUEUE: run_sender, LISTEN_QUEUE: run_listener}


def _is_stopping() -> bool:
    return any(flag is not None and flag is not False for flag in (worker.should_stop, worker.should_terminate))
