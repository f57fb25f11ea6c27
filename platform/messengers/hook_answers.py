"""Calls that an update wants at once (that a press was heard), for messengers whose webhooks cannot say it themselves.

`hook_door` has them made beside everything else. Losing one does no harm: a button goes on turning for a while.
"""

import asyncio
import json
import logging
from collections.abc import Iterable

from messengers.adapter import HttpCall, Steps
from messengers.arrivals import Arrival
from messengers.driver import open_driver
from messengers.hook_places import Place

logger = logging.getLogger(__name__)

AT_ONCE = 100  # more are left unsaid: whoever presses in a flood shall not keep us from hearing


class HookAnswers:
    """The answers of one process that are under way."""

    def __init__(self) -> None:
        """Begin with none."""
        self._under_way: set[asyncio.Task[None]] = set()

    def say(self, place: Place, told: Iterable[Arrival]) -> None:
        """Make the calls that these updates want."""
        calls = [call for one in told if (call := _wanted(place, one)) is not None]
        if calls and len(self._under_way) < AT_ONCE:
            task = asyncio.create_task(_make(calls))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)


def _wanted(place: Place, told: Arrival) -> HttpCall | None:
    if told.error or told.account not in ("", place.facts.account):
        return None
    try:
        return place.adapter.answer(place.facts, json.loads(told.body))
    except Exception as error:  # whatever a stranger makes it stumble over
        logger.info("An update of channel %s wants no answer that can be made: %s", place.channel_id, error)
        return None


async def _make(calls: Iterable[HttpCall]) -> None:
    async with open_driver(1) as driver:
        for call in calls:
            await driver.run(_alone(call))


def _alone(call: HttpCall) -> Steps[None]:
    yield call
