"""Contacts: the people whom a workspace talks with."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from workspaces.tenant_model import TenantModel


class Contact(TenantModel):
    """A person, on however many channels."""

    name = models.CharField(_("name"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=16, blank=True)  # E.164
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        indexes = [models.Index(fields=["workspace", "-id"], name="contact_newest")]

    def __str__(self) -> str:
        return self.name or self.phone or self.email or gettext("Visitor %(number)s") % {"number": self.pk}
