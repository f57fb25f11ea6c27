"""A workspace (the tenant), its members, and invitations to it."""

from django.conf import settings
from django.db import models
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from workspaces.roles import Role
from workspaces.tenant_model import TenantModel


def new_slug() -> str:
    """Return an address part that cannot be guessed from another one."""
    return get_random_string(8, "abcdefghjkmnpqrstuvwxyz23456789")


class LivingWorkspaces(models.Manager["Workspace"]):
    """Workspaces that nobody has deleted: the others are nowhere to be found while they are erased."""

    def get_queryset(self) -> models.QuerySet["Workspace"]:
        """Return those that live."""
        return super().get_queryset().filter(deleted_at__isnull=True)


class Workspace(models.Model):
    """One business. Its row is the tenant itself, so it stands outside the walls; everything in it is behind them.

    One that is deleted waits for `workspaces.tasks.erase_deleted_workspaces`, which takes its rows and then this one.
    """

    slug = models.SlugField(max_length=32, unique=True, default=new_slug, editable=False)
    name = models.CharField(_("name"), max_length=120)
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Moscow")
    language = models.CharField(_("language"), max_length=8, default="ru", choices=settings.LANGUAGES)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = LivingWorkspaces()
    all_workspaces = models.Manager["Workspace"]()

    class Meta:
        verbose_name = _("workspace")

    def __str__(self) -> str:
        return self.name


class Membership(TenantModel):
    """A person's place in a workspace, with one role."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("member")
        constraints = [models.UniqueConstraint(fields=["workspace", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.role}"


class Invitation(TenantModel):
    """A link that makes whoever follows it a member. Only the hash of its token is kept.

    With an address it went there by e-mail; without one its maker hands it over. It stops working once accepted,
    revoked or expired: that follows from its dates, so nothing has to sweep it.
    """

    email = models.EmailField(_("e-mail"), blank=True)
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta(TenantModel.Meta):
        verbose_name = _("invitation")

    def __str__(self) -> str:
        return self.email or f"#{self.pk}"
