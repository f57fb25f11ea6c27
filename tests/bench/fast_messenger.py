"""The messenger of the benches: the tests' fake one, which sets no pace unless a channel's settings name one."""

from dataclasses import replace
from typing import ClassVar

from pydantic import BaseModel

from fake_messenger import Fake, FakeSettings
from messengers.adapter import Capabilities, ChannelFacts, Rate

NO_LIMIT = Rate(100_000)


class FastSettings(FakeSettings):
    per_second: int = NO_LIMIT.count


class Fast(Fake):
    """As fast as we are."""

    kind: ClassVar[str] = "fast"
    capabilities: ClassVar[Capabilities] = replace(
        Fake.capabilities, text=4096, rate=NO_LIMIT, per_chat=NO_LIMIT, markup=True
    )
    Settings: ClassVar[type[BaseModel]] = FastSettings

    def rate(self, channel: ChannelFacts) -> Rate:
        return Rate(channel.settings.get("per_second", NO_LIMIT.count))
