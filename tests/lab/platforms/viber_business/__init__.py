"""Viber by phone number, played: the gateways of SMSC.ru and SMS Aero."""

from lab.platforms.viber_business.gateways import Gateways as Platform

__all__ = ["Platform"]
