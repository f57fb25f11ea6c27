"""WhatsApp, played: the Cloud API of numbers."""

from lab.platforms.whatsapp.cloud import Platform

__all__ = ["Platform"]
