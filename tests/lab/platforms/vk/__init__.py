"""VK, played."""

from lab.platforms.vk.vk import Vk as Platform

__all__ = ["Platform"]
