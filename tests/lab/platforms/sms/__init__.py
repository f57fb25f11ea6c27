"""SMS, played: SMSC.ru's and Twilio's HTTP APIs, and an operator's centre that speaks SMPP."""

from lab.platforms.sms.sms import Sms as Platform

__all__ = ["Platform"]
