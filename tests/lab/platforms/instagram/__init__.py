"""Instagram, played."""

from typing import ClassVar

from lab.platforms.meta.graph import MetaPlatform


class Platform(MetaPlatform):
    """All professional accounts of one lab."""

    name: ClassVar[str] = "instagram"


__all__ = ["Platform"]
