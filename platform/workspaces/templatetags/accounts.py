"""What the pages of accounts and settings need: whether letters are only printed, and the tabs of the settings."""

from typing import Any

from django import template
from django.conf import settings
from django.template import Context
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from workspaces.roles import Permission

register = template.Library()

_TABS = (
    ("workspaces:settings", gettext_noop("General"), Permission.VIEW_DASHBOARD),
    ("workspaces:members", gettext_noop("Members"), Permission.MANAGE_MEMBERS),
    ("workspaces:audit", gettext_noop("Audit log"), Permission.VIEW_AUDIT_LOG),
)


@register.simple_tag
def letters_are_printed() -> bool:
    """Say whether letters go to the terminal of Kaskad instead of people: so it is where no mail server is set."""
    return str(settings.EMAIL_BACKEND).endswith("console.EmailBackend")


@register.simple_tag(takes_context=True)
def settings_tabs(context: Context) -> list[dict[str, Any]]:
    """Return the sections of the settings that the member may open."""
    request = context["request"]
    own = [(reverse(route, args=[request.workspace.slug]), title) for route, title, need in _TABS if request.may(need)]
    here = max((address for address, _title in own if request.path.startswith(address)), key=len, default="")
    return [{"address": address, "title": _(title), "is_here": address == here} for address, title in own]
