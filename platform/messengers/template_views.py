"""The page of a channel's templates: what the messenger has approved, why not, how it looks; ask anew, make, delete."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from messengers import template_parts, template_rows, templates
from messengers.channel_words import reason
from messengers.channels import RefusedByMessengerError
from messengers.models import Channel, MessageTemplate
from messengers.template_forms import NewTemplateForm
from messengers.template_list import hint, line, lines
from workspaces.access import TenantRequest, page
from workspaces.roles import Permission

_Result = TypeVar("_Result")


@page(Permission.MANAGE_CHANNELS)
@require_safe
def template_list(request: TenantRequest, channel_id: int) -> HttpResponse:
    """Show a channel's templates. The first time they are asked for while the page is open."""
    found = _channel(channel_id)
    return render(request, "messengers/templates.html", _told(found))


@page(Permission.MANAGE_CHANNELS)
@require_POST
def refresh_templates(request: TenantRequest, channel_id: int) -> HttpResponse:
    """Ask the messenger for them now."""
    found = _channel(channel_id)
    if request.headers.get("HX-Request"):
        with suppress(RefusedByMessengerError):  # the part says why
            templates.refresh(found)
        return render(request, "messengers/template_rows.html", _told(_channel(channel_id)))
    count = _asks(request, found, lambda: templates.refresh(found))
    if count is not None:
        text = ngettext("%(count)s template is known.", "%(count)s templates are known.", count)
        messages.success(request, text % {"count": count})
    return redirect("messengers:templates", request.workspace.slug, found.pk)


@page(Permission.MANAGE_CHANNELS)
@require_http_methods(["GET", "HEAD", "POST"])
def new_template(request: TenantRequest, channel_id: int) -> HttpResponse:
    """Write a template and send it for approval."""
    found = _channel(channel_id)
    form = NewTemplateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = _asks(request, found, lambda: templates.create(found, form.wanted(), request.user))
        if made is not None:
            messages.success(request, _("“%(name)s” is sent for approval.") % {"name": made.name})
            return redirect("messengers:templates", request.workspace.slug, found.pk)
    context = {"form": form, "channel": found}
    return render(request, "messengers/new_template.html", context, status=422 if form.errors else 200)


@page(Permission.MANAGE_CHANNELS)
@require_http_methods(["GET", "HEAD", "POST"])
def one_template(request: TenantRequest, channel_id: int, message_template_id: int) -> HttpResponse:
    """Show one as people see it, and keep what its gaps are filled with unless somebody says otherwise."""
    found = _channel(channel_id)
    row = _row(found, message_template_id)
    if request.method == "POST":
        keys = [gap.key for gap in template_parts.gaps(row.said)]
        values = {key: request.POST.get(key, "")[: template_parts.VALUE] for key in keys}
        if wrong := template_rows.wrong_values(values):
            context = {"line": line(row, values, wrong), "channel": found, "hint": hint()}
            return render(request, "messengers/template.html", context, status=422)
        template_rows.set_defaults(row, values, request.user)
        messages.success(request, _("Saved."))
        return redirect("messengers:template", request.workspace.slug, found.pk, row.pk)
    context = {"line": line(row), "channel": found, "hint": hint()}
    return render(request, "messengers/template.html", context)


@page(Permission.MANAGE_CHANNELS)
@require_POST
def delete_template(request: TenantRequest, channel_id: int, message_template_id: int) -> HttpResponse:
    """Have the messenger delete one."""
    found = _channel(channel_id)
    row = _row(found, message_template_id)
    if _asks(request, found, lambda: templates.delete(row, request.user)) is not None:
        messages.success(request, _("“%(name)s” is deleted.") % {"name": row.name})
    return redirect("messengers:templates", request.workspace.slug, found.pk)


def _channel(channel_id: int) -> Channel:
    found: Channel = get_object_or_404(Channel, pk=channel_id)
    return found


def _asks(request: TenantRequest, channel: Channel, ask: Callable[[], _Result]) -> _Result | None:
    """Ask the messenger for something; where it refuses, say why and return None."""
    if not channel.has_templates:
        messages.error(request, _("This messenger has no templates."))
        return None
    try:
        with transaction.atomic():
            return ask()
    except RefusedByMessengerError as refusal:
        messages.error(request, str(reason(refusal.reason, channel.kind)))
        return None


def _row(channel: Channel, template_id: int) -> MessageTemplate:
    row: MessageTemplate = get_object_or_404(
        MessageTemplate.objects.select_related("channel"), pk=template_id, channel=channel
    )
    return row


def _told(channel: Channel) -> dict[str, object]:
    return {
        "channel": channel,
        "lines": lines(channel),
        "problem": reason(channel.templates_problem, channel.kind) if channel.templates_problem else "",
        "is_loading": channel.templates_at is None and channel.state == Channel.State.ACTIVE and channel.has_templates,
        "tab": "templates",
    }
