"""Celery's side of the two doors: thin. What is lost here is found again by `tick`, once a second."""

import asyncio
import logging
from threading import Thread
from time import sleep
from typing import Any
from uuid import uuid4

import redis
from celery import shared_task
from celery.signals import worker_ready
from celery.worker import state as worker
from django.utils import timezone
from kombu.exceptions import OperationalError

from messengers import batches, delivery, hints, inbox, media, pruning

logger = logging.getLogger(__name__)

SEND_QUEUE = "send"
RECEIVE_SLICE = 0.25  # seconds for which a channel is listened to before the others have their turn
_OFFER_EVERY = 3.0


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

    def should_stop() -> bool:
        return _is_stopping() or not hints.claim_place(place, token)

    if should_stop():
        return
    asyncio.run(delivery.Sender().run(should_stop))
    if should_stop():
        hints.free_place(place, token)
    else:
        _start_sender(place, token)


@shared_task
def tick() -> None:
    """Keep the wanted number of senders alive, and find whatever was left lying."""
    for place in hints.places():
        token = uuid4().hex
        if hints.claim_place(place, token):
            _start_sender(place, token)
    delivery.sweep()
    batches.finish()
    for workspace_id, channel_id in inbox.overdue():
        if hints.first_time(f"overdue:{channel_id}", seconds=5):
            receive_waiting.delay(channel_id, workspace_id=workspace_id)


@shared_task
def sweep_unsent_files() -> None:
    """Delete what visitors uploaded and never sent."""
    media.sweep_unsent(timezone.now())


@shared_task
def prune() -> None:
    """Delete what was kept for a while only."""
    pruning.prune(timezone.now())


@worker_ready.connect
def offer_places(sender: Any, **_facts: Any) -> None:
    """Let a worker that takes from the queue of senders say how many it has room for, as long as it lives."""
    if SEND_QUEUE not in {queue.name for queue in sender.task_consumer.queues}:
        return
    controller = sender.controller

    def offer() -> None:
        while not _is_stopping():
            hints.offer_places(controller.hostname, controller.concurrency)
            sleep(_OFFER_EVERY)

    Thread(target=offer, name="offer-places", daemon=True).start()


def _waiting_in(channel_id: int) -> str:
    return f"waiting:{channel_id}"


def _start_sender(place: str, token: str) -> None:
    # A sender that found no worker in time is not wanted any more: `tick` offers its place anew.
    run_sender.apply_async(args=(place, token), queue=SEND_QUEUE, expires=10)


def _is_stopping() -> bool:
    return any(flag is not None and flag is not False for flag in (worker.should_stop, worker.should_terminate))
