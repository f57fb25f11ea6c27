"""What the dashboard remembers of each member."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from workspaces.tenant_model import TenantModel


class HiddenFirstSteps(TenantModel):
    """A member does not want to see the first steps any more."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("hidden first steps")
        constraints = [models.UniqueConstraint(fields=["workspace", "user"], name="first_steps_hidden_once")]

    def __str__(self) -> str:
        return f"hidden by {self.user_id}"
