"""A person's way through a flow."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from bots.models.flow import Flow, FlowVersion
from messengers.models import Conversation
from workspaces.tenant_model import TenantForeignKey, TenantModel


class Run(TenantModel):
    """One person in one version of a flow, in one conversation, where at most one run waits."""

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", _("Waiting")  # for the person; `runner` moves it on his word, or stops it for another run
        FINISHED = "finished", _("Finished")
        STOPPED = "stopped", _("Stopped")
        FAILED = "failed", _("Failed")

    flow = TenantForeignKey(Flow, on_delete=models.CASCADE, related_name="runs")
    version = TenantForeignKey(FlowVersion, on_delete=models.CASCADE, related_name="runs")
    conversation = TenantForeignKey(Conversation, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(max_length=8, choices=State.choices)
    engine_state = models.JSONField()  # bots.engine.State
    error = models.CharField(max_length=40, blank=True)  # a code of bots.wording
    last_message_id = models.BigIntegerField(default=0)  # the person's last word that it has dealt with
    start_event = models.CharField(max_length=200, blank=True)  # the messenger's id of the coming in that started it
    started_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("run")
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "conversation"], condition=models.Q(state="waiting"), name="one_waiting_run"
            )
        ]
        indexes = [
            models.Index(fields=["workspace", "conversation", "-last_message_id"], name="run_by_conversation"),
            models.Index(fields=["workspace", "flow", "state", "-id"], name="run_by_flow"),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of flow {self.flow_id}"
