"""Files that people send each other."""

from django.conf import settings
from django.db import models
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from messengers.models.channel import Channel
from workspaces.tenant_model import TenantForeignKey, TenantModel


def upload_path(media: "Media", filename: str) -> str:
    """Return a path that cannot be guessed, apart for each workspace."""
    return f"{media.workspace_id}/{get_random_string(24)}"


class Media(TenantModel):
    """A stored file. It is read through a signed address only."""

    class State(models.TextChoices):
        """Whether we have it."""

        STORED = "stored", _("Stored")
        REMOTE = "remote", _("On its way")  # the messenger still holds it; `fetching` owns it
        LOST = "lost", _("Lost")  # the messenger does not give it any more; final

    class Stage(models.TextChoices):
        """What is still to be done with a file; it can be sent meanwhile. `media_work` owns what is not done."""

        READY = "ready", _("Ready")
        PROCESSING = "processing", _("Being prepared")
        FAILED = "failed", _("Could not be prepared")  # stays as it was uploaded; final
        LEAVING = "leaving", _("Leaving")  # taken out of the library: deleted unless something tells of it

    state = models.CharField(max_length=8, choices=State.choices, default=State.STORED)
    source = TenantForeignKey(Channel, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    source_ref = models.CharField(max_length=2000, blank=True)  # the messenger's name for it, of the channel `source`
    message = TenantForeignKey(
        "messengers.Message", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )  # in which a person sent it
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)  # when `fetching` tries next
    problem = models.CharField(max_length=300, blank=True)  # why it is lost, or the last try failed
    file = models.FileField(upload_to=upload_path, blank=True)
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.READY)
    stage_due_at = models.DateTimeField(
        null=True, blank=True
    )  # when `media_work` takes it in hand, again after a failure
    in_library = models.BooleanField(default=False)  # members uploaded it, and may choose it again
    thumbnail = models.FileField(upload_to=upload_path, blank=True)
    poster = models.FileField(upload_to=upload_path, blank=True)  # of a video: its first picture
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    seconds = models.PositiveIntegerField(null=True, blank=True)
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
            models.Index(fields=["unsent_until"], condition=models.Q(unsent_until__isnull=False), name="media_unsent"),
            models.Index(fields=["due_at"], condition=models.Q(state="remote"), name="media_remote"),
            models.Index(
                fields=["stage_due_at"],
                condition=models.Q(stage__in=["processing", "leaving"]),
                name="media_unfinished",
            ),
            models.Index(fields=["workspace", "-id"], condition=models.Q(in_library=True), name="media_library"),
        ]

    def __str__(self) -> str:
        return self.name


class MessengerFile(TenantModel):
    """A file that a channel's messenger has already: it is sent again by this id, without an upload."""

    channel = TenantForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    media = TenantForeignKey(Media, on_delete=models.CASCADE, related_name="+")
    file_id = models.CharField(max_length=300)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "channel", "media"], name="messenger_file_once")]

    def __str__(self) -> str:
        return self.file_id
