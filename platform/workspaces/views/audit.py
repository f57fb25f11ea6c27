"""The audit log's page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from workspaces import audit_log, audit_words
from workspaces.access import TenantRequest, page
from workspaces.roles import Permission


@page(Permission.VIEW_AUDIT_LOG)
@require_GET
def audit_page(request: TenantRequest) -> HttpResponse:
    """Show who changed what, narrowed by person and kind."""
    kinds = audit_words.kinds()
    kind = request.GET.get("kind", "")
    kind = kind if kind in dict(kinds) else ""
    person = _number(request.GET.get("person"))
    lines, more = audit_log.lines(person, kind, _number(request.GET.get("before")))
    chosen = {name: value for name, value in (("person", person), ("kind", kind)) if value}
    context = {
        "lines": lines,
        "next": f"?{urlencode(chosen | {'before': more})}" if more else "",
        "people": [("", _("Everybody")), *((str(one.pk), str(one)) for one in audit_log.people())],
        "person": str(person or ""),
        "kinds": kinds,
        "kind": kind,
        "is_narrowed": bool(chosen),
    }
    rows_only = request.headers.get("HX-Request") and "before" in request.GET
    return render(request, "workspaces/audit_rows.html" if rows_only else "workspaces/audit.html", context)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None
