"""Files that people send each other."""

from django.conf import settings
from django.db import models
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from workspaces.tenant_model import TenantModel


def upload_path(media: "Media", filename: str) -> str:
    """Return a path that cannot be guessed, apart for each workspace."""
    return f"{media.workspace_id}/{get_random_string(24)}"


class Media(TenantModel):
    """A stored file. It is read through a signed address only."""

    file = models.FileField(upload_to=upload_path)
    kind = models.CharField(max_length=12)  # messengers.content.AttachmentKind
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()  # bytes
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    unsent_until = models.DateTimeField(null=True, blank=True)  # a visitor's upload: `media.sweep_unsent` owns it

    class Meta(TenantModel.Meta):
        verbose_name = _("file")
        verbose_name_plural = _("files")
        indexes = [
            models.Index(fields=["unsent_until"], condition=models.Q(unsent_until__isnull=False), name="media_unsent")
        ]

    def __str__(self) -> str:
        return self.name
