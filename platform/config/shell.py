"""What the shell of a page shows: menu, workspaces, palette; worked out when a template asks for it."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.translation import gettext as _

from config.navigation import ACTIONS, SECTIONS, Action, Section
from workspaces.crossings import ids_across_workspaces
from workspaces.models import User, Workspace

_THEMES: dict[str, str] = {User.Theme.LIGHT: "kaskad", User.Theme.DARK: "kaskad-dark"}


def shell(request: HttpRequest) -> dict[str, Any]:
    """Give templates the reader's theme and, inside a workspace, its menu, the person's workspaces and the palette."""
    person = getattr(request, "user", None)
    theme = _THEMES.get(person.theme, "") if isinstance(person, User) else ""
    return {
        "theme": theme,
        "languages": settings.LANGUAGES,
        "sections": cache(lambda: _sections(request)),
        "my_workspaces": cache(lambda: _workspaces(request)),
        "palette_entries": cache(lambda: _palette(request)),
        "palette_icons": sorted({entry.icon for entry in (*SECTIONS, *ACTIONS)} | {"building-2"}),
    }


def _sections(request: Any) -> list[dict[str, Any]]:
    return [
        {
            "address": address,
            "icon": section.icon,
            "title": _(section.title),
            "is_here": _is_here(request, section, address),
            "badge": section.badge,
            "badge_title": _(section.badge_title),
            "count": section.count(request.user) if section.count else None,
        }
        for section in SECTIONS
        if (address := _address(request, section))
    ]


def _is_here(request: Any, section: Section, address: str) -> bool:
    if section is SECTIONS[0]:
        return bool(request.path == address)
    return bool(request.path.startswith(f"/w/{request.workspace.slug}/{section.folder}/"))


def _address(request: Any, entry: Section | Action) -> str:
    if not hasattr(request, "workspace") or not request.may(entry.permission):
        return ""
    try:
        return reverse(entry.route, args=[request.workspace.slug])
    except NoReverseMatch:
        return ""


def _workspaces(request: HttpRequest) -> list[Workspace]:
    ids = [row[0] for row in ids_across_workspaces("workspaces_of_user", request.user.pk)]
    return list(Workspace.objects.filter(pk__in=ids).order_by("name", "pk"))


def _palette(request: Any) -> list[dict[str, Any]]:
    here = getattr(request, "workspace", None)
    pages = [
        _entry(section, address, _("Pages"), {"code": section.key, "alt": True} if section.key else None)
        for section in SECTIONS
        if (address := _address(request, section))
    ]
    actions = [
        _entry(action, address + action.query, _("Actions"), None)
        for action in ACTIONS
        if (address := _address(request, action))
    ]
    others = [
        {
            "title": workspace.name,
            "names": [workspace.name],
            "group": _("Workspaces"),
            "icon": "building-2",
            "href": reverse("analytics:dashboard", args=[workspace.slug]),
        }
        for workspace in _workspaces(request)
        if workspace != here
    ]
    return pages + actions + others


def _entry(entry: Section | Action, address: str, group: str, keys: dict[str, Any] | None) -> dict[str, Any]:
    found = {"title": _(entry.title), "names": _names(entry.title), "group": group, "icon": entry.icon, "href": address}
    return {**found, "keys": keys} if keys else found


def _names(title: str) -> list[str]:
    """Return a title in every language: people type the word they know."""
    names = []
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            names.append(_(title))
    return names
