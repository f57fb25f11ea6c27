"""A person's way through a flow."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from bots.models.flow import Flow, FlowVersion
from messengers.models import Conversation
from workspaces.tenant_model import TenantForeignKey, TenantModel


class Run(TenantModel):
    """One person in one version of a flow, in one conversation."""

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", _("Waiting")  # for the person; ends by his word or by another flow taking over
        FINISHED = "finished", _("Finished")
        STOPPED = "stopped", _("Stopped")
        FAILED = "failed", _("Failed")

    flow = TenantForeignKey(Flow, on_delete=models.CASCADE, related_name="runs")
    version = TenantForeignKey(FlowVersion, on_delete=models.CASCADE, related_name="runs")
    conversation = TenantForeignKey(Conversation, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(max_length=8, choices=State.choices)
    engine_state = models.JSONField()  # bots.engine.State
    error = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("run")
        indexes = [
            models.Index(fields=["workspace", "conversation"], condition=models.Q(state="waiting"), name="run_waiting"),
            models.Index(fields=["workspace", "flow", "state"], name="run_by_flow"),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of flow {self.flow_id}"
