"""A flow, its versions, and the triggers of the published one."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from workspaces.tenant_model import TenantForeignKey, TenantModel


class Flow(TenantModel):
    """A bot's scenario. The draft is edited; publishing makes a version that never changes again."""

    name = models.CharField(_("name"), max_length=120)
    draft = models.JSONField()  # bots.graph.Graph
    draft_revision = models.PositiveIntegerField(default=1)  # compared on saving: editors do not overwrite each other
    published_revision = models.PositiveIntegerField(default=0)  # of the draft when it was last published or discarded
    draft_authors = models.JSONField(default=list)  # ids of those who have changed it since it was last published
    is_active = models.BooleanField(default=True)
    published = TenantForeignKey("bots.FlowVersion", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("flow")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class FlowVersion(TenantModel):
    """A published graph. Runs are pinned to the version they started in."""

    flow = TenantForeignKey(Flow, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    graph = models.JSONField()  # bots.graph.Graph
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("version")
        constraints = [models.UniqueConstraint(fields=["workspace", "flow", "number"], name="flow_version_once")]

    def __str__(self) -> str:
        return f"{self.flow_id} v{self.number}"


class Trigger(TenantModel):
    """What starts a published flow: rows for each trigger of its graph, made anew at publishing."""

    flow = TenantForeignKey(Flow, on_delete=models.CASCADE, related_name="triggers")
    version = TenantForeignKey(FlowVersion, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=24)  # of bots.graph's triggers
    phrase = models.CharField(max_length=200, blank=True)  # of a keyword, normalised: a row for each
    mode = models.CharField(max_length=12, blank=True)  # bots.graph.Mode
    channels = models.JSONField(default=list)  # ids of the channels on which it fires; none: on all

    class Meta(TenantModel.Meta):
        verbose_name = _("trigger")
        indexes = [models.Index(fields=["workspace", "kind", "phrase"], name="trigger_phrase")]

    def __str__(self) -> str:
        return f"{self.kind} of flow {self.flow_id}"
