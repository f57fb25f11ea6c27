"""Flows, their versions, what starts them, and who is in them."""

from bots.models.flow import Flow, FlowVersion, Trigger
from bots.models.run import Run

__all__ = ["Flow", "FlowVersion", "Run", "Trigger"]
