"""Viber, played: the bot API, and what bots are told."""

from lab.platforms.viber.viber import Viber as Platform

__all__ = ["Platform"]
