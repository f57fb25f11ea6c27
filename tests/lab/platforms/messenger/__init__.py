"""Facebook Messenger, played."""

from typing import ClassVar

from lab.platforms.meta.graph import MetaPlatform


class Platform(MetaPlatform):
    """All Pages of one lab."""

    name: ClassVar[str] = "messenger"


__all__ = ["Platform"]
