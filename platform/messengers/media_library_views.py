"""The pages of the library, and what the dialog "From the library" of the chat panel and the bots' editor asks for."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from messengers import media, media_library
from messengers.media_addresses import Part
from messengers.media_kinds import SIZE_LIMIT, MediaRefusedError
from messengers.models import Media
from workspaces.access import TenantRequest, page
from workspaces.roles import Permission

VIEWS = ("grid", "list")
_KINDS = (
    ("", gettext_lazy("All files")),
    ("image", gettext_lazy("Pictures")),
    ("video", gettext_lazy("Videos")),
    ("audio", gettext_lazy("Sounds")),
    ("voice", gettext_lazy("Voice messages")),
    ("document", gettext_lazy("Documents")),
)
_ICONS = {"image": "image", "video": "film", "audio": "music", "voice": "mic", "document": "file-text"}


@page(Permission.ANSWER_CHATS)
@require_safe
def library(request: TenantRequest) -> HttpResponse:
    """Show the library; htmx asks for further files alone."""
    asked = _asked(request)
    shelf = _shelf(request)
    context = {
        **asked,
        "files": _described(shelf.rows),
        "next": f"?{urlencode(asked | {'before': shelf.before})}" if shelf.before else "",
        "kinds": [(value, title, f"?{urlencode(asked | {'kind': value})}") for value, title in _KINDS],
        "other_views": {view: f"?{urlencode(asked | {'view': view})}" for view in VIEWS},
        "total": media_library.count(),
        "size_limit": SIZE_LIMIT,
        "may_change": request.may(Permission.EDIT_BOTS),
    }
    rows_only = request.headers.get("HX-Request") and "before" in request.GET
    return render(request, f"messengers/media_{asked['view']}.html" if rows_only else "messengers/media.html", context)


@page(Permission.ANSWER_CHATS)
@require_safe
def one_file(request: TenantRequest, media_id: int) -> HttpResponse:
    """Show one file of the library anew: after its upload, and while it is being prepared."""
    row = _row(media_id)
    context = {"files": _described([row]), "view": _view(request), "may_change": request.may(Permission.EDIT_BOTS)}
    return render(request, f"messengers/media_{context['view']}.html", context)


@page(Permission.ANSWER_CHATS)
@require_safe
def choose(request: TenantRequest) -> HttpResponse:
    """Answer a page of the library for the dialog."""
    shelf = _shelf(request)
    return JsonResponse({"files": [_told(row) for row in shelf.rows], "before": shelf.before})


@page(Permission.ANSWER_CHATS)
@require_safe
def told(request: TenantRequest, media_id: int) -> HttpResponse:
    """Answer what a file is now."""
    return JsonResponse(_told(_row(media_id)))


@page(Permission.ANSWER_CHATS)
@require_POST
def upload(request: TenantRequest) -> HttpResponse:
    """Store one file in the library."""
    file = request.FILES.get("file")
    if file is None:
        return JsonResponse({"code": "no_file", "message": _("Choose a file.")}, status=400)
    try:
        stored = media.store(file, request.user, voice=request.POST.get("voice") == "yes")
    except MediaRefusedError as error:
        return JsonResponse({"code": error.code, "message": error.text}, status=400)
    return JsonResponse(_told(stored), status=201)


@page(Permission.EDIT_BOTS)
@require_POST
def rename(request: TenantRequest, media_id: int) -> HttpResponse:
    """Give a file another name."""
    try:
        renamed = media_library.rename(_row(media_id), request.POST.get("name", ""), request.user)
    except ValueError:
        messages.error(request, _("A file needs a name. It kept the one it had."))
    else:
        messages.success(request, _("The file is called “%(name)s” now.") % {"name": renamed.name})
    return _back(request)


@page(Permission.EDIT_BOTS)
@require_POST
def make_voice(request: TenantRequest, media_id: int) -> HttpResponse:
    """Let a sound be sent as a voice message."""
    try:
        media_library.make_voice(_row(media_id), request.user)
    except ValueError:
        messages.error(request, _("Only a sound can become a voice message."))
    else:
        messages.success(request, _("It is sent as a voice message from now on."))
    return _back(request)


@page(Permission.EDIT_BOTS)
@require_POST
def remove(request: TenantRequest, media_id: int) -> HttpResponse:
    """Take a file out of the library, unless something is still to send it."""
    row = _row(media_id)
    try:
        media_library.remove(row, request.user)
    except media_library.NeededError as needed:
        words = _("“%(name)s” stays: %(needed)s still need it. Take it out there first.")
        messages.error(request, words % {"name": row.name, "needed": ", ".join(needed.holders)})
    else:
        words = _("“%(name)s” is deleted. Conversations in which it was sent still show it.")
        messages.success(request, words % {"name": row.name})
    return _back(request)


def _row(media_id: int) -> Media:
    row: Media = get_object_or_404(Media, pk=media_id, in_library=True, state=Media.State.STORED)
    return row


def _shelf(request: TenantRequest) -> media_library.Shelf:
    before = request.GET.get("before", "")
    number = int(before) if before.isdecimal() and len(before) < 19 else None
    return media_library.find(request.GET.get("search", ""), request.GET.get("kind", ""), number)


def _asked(request: TenantRequest) -> dict[str, str]:
    kind = request.GET.get("kind", "")
    known = kind if kind in media_library.KINDS else ""
    return {"search": request.GET.get("search", "").strip(), "kind": known, "view": _view(request)}


def _view(request: TenantRequest) -> str:
    wanted = request.GET.get("view", "")
    return wanted if wanted in VIEWS else VIEWS[0]


def _back(request: TenantRequest) -> HttpResponse:
    asked = {name: request.POST.get(name, "") for name in ("search", "kind", "view")}
    query = urlencode({name: value for name, value in asked.items() if value})
    return redirect(f"{reverse('messengers:media_library', args=[request.workspace.slug])}?{query}")


def _described(rows: list[Media]) -> list[dict[str, Any]]:
    channels = media_library.channels_that_have(row.pk for row in rows)
    return [
        {
            "row": row,
            "icon": _ICONS.get(row.kind, "file-text"),
            "url": media.signed_path(row),
            "thumbnail": media.signed_path(row, Part.THUMBNAIL) if row.thumbnail else "",
            "channels": channels.get(row.pk, 0),
            "length": _length(row.seconds),
            "is_processing": row.stage == Media.Stage.PROCESSING,
            "is_failed": row.stage == Media.Stage.FAILED,
        }
        for row in rows
    ]


def _told(row: Media) -> dict[str, Any]:
    return {
        "id": row.pk,
        "attachment": media.as_attachment(row).model_dump(mode="json"),
        "url": media.signed_path(row),
        "thumbnail": media.signed_path(row, Part.THUMBNAIL) if row.thumbnail else "",
        "length": _length(row.seconds),
        "stage": row.stage,
    }


def _length(seconds: int | None) -> str:
    return f"{seconds // 60}:{seconds % 60:02}" if seconds else ""
