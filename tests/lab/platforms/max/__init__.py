"""MAX, played."""

from lab.platforms.max.max import Max as Platform

__all__ = ["Platform"]
