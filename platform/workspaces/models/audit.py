"""Who changed what, and when."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from workspaces.tenant_model import TenantModel


class AuditEntry(TenantModel):
    """One change by a person (or by Kaskad itself, when there is no actor). Entries are only ever added."""

    append_only = True

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=64)
    target_type = models.CharField(max_length=64)
    target_id = models.BigIntegerField(null=True)
    target_name = models.CharField(max_length=200)
    changes = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("audit log entry")
        indexes = [models.Index(fields=["workspace", "-id"], name="audit_newest")]

    def __str__(self) -> str:
        return f"{self.action} {self.target_type} {self.target_id}"
