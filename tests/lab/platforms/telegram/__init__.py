"""Telegram, played."""

from lab.platforms.telegram.telegram import Telegram as Platform

__all__ = ["Platform"]
