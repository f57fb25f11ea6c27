"""The pages of channels: list, gallery, a site chat's look and installation, a bot's health and settings."""

from collections.abc import Callable
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace
from django.conf import settings as installation
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from messengers import channels, decisions, tasks
from messengers.channel_health import health, hook, reached_from_outside
from messengers.channel_list import rows
from messengers.channel_standing import standing
from messengers.channel_words import reason
from messengers.models import Channel
from messengers.registry import UnknownMessengerError, is_known, messenger
from messengers.site_chat import sightings
from messengers.site_chat.chat import KIND, settings_of
from messengers.site_chat.forms import SiteChatForm
from messengers.site_chat.origins import is_allowed
from messengers.wizards import all_wizards, wizard_of
from messengers.wizards.wizard import SettingsForm, Wizard
from workspaces.access import TenantRequest, page
from workspaces.roles import Permission


@page(Permission.MANAGE_CHANNELS)
@require_safe
def channel_list(request: TenantRequest) -> HttpResponse:
    """List the channels."""
    may_decide = request.may(Permission.SEND_BROADCASTS)
    undecided = decisions.count(decisions.UNDECIDED) if may_decide else 0
    context = {"rows": rows(), "may_decide": may_decide, "undecided": undecided}
    return render(request, "messengers/channels.html", context)


@page(Permission.MANAGE_CHANNELS)
@require_safe
def connect(request: TenantRequest) -> HttpResponse:
    """Offer the messengers that can be connected."""
    return render(request, "messengers/connect.html", {"wizards": all_wizards()})


@page(Permission.MANAGE_CHANNELS)
@require_http_methods(["GET", "HEAD", "POST"])
def new_site_chat(request: TenantRequest) -> HttpResponse:
    """Make a site chat: one form, then its installation."""
    initial = {"name": _("Chat on the site"), "title": request.workspace.name[:60]}
    form = SiteChatForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        made = channels.connect(KIND, form.cleaned_data["name"], form.settings(), {}, request.user)
        return redirect("messengers:install", request.workspace.slug, made.pk)
    return render(request, "messengers/site_chat.html", {"form": form}, status=422 if form.errors else 200)


@page(Permission.MANAGE_CHANNELS)
@require_http_methods(["GET", "HEAD", "POST"])
def channel(request: TenantRequest, channel_id: int) -> HttpResponse:
    """Show and change a channel's name and settings, and show how it does."""
    found = get_object_or_404(Channel, pk=channel_id)
    return _site_chat_page(request, found) if found.kind == KIND else _account_page(request, found)


def _site_chat_page(request: TenantRequest, found: Channel) -> HttpResponse:
    form = SiteChatForm.of(found, request.POST or None)
    if request.method == "POST" and form.is_valid():
        channels.change(found, request.user, name=form.cleaned_data["name"], settings=form.settings())
        sightings.forget_refusals(found.pk)
        messages.success(request, _("Saved: visitors see it within five minutes."))
        return redirect("messengers:channel", request.workspace.slug, found.pk)
    context = {"form": form, "channel": found, "tab": "settings"}
    return render(request, "messengers/site_chat.html", context, status=422 if form.errors else 200)


def _account_page(request: TenantRequest, found: Channel) -> HttpResponse:
    wizard = wizard_of(found.kind)
    form = (wizard.Settings if wizard else SettingsForm)(
        request.POST or None, initial={**found.settings, "name": found.name}
    )
    if request.method == "POST" and form.is_valid():
        try:
            channels.change(found, request.user, name=form.cleaned_data["name"], settings=form.settings())
        except channels.InvalidSettingsError as error:
            for name in error.errors:
                form.add_error(name if name in form.fields else None, _("This does not hold here."))
        except UnknownMessengerError:
            form.add_error(None, str(reason("unknown_messenger")))
        else:
            messages.success(request, _("Saved."))
            return redirect("messengers:channel", request.workspace.slug, found.pk)
    context = {
        "form": form,
        "channel": found,
        **(_of_wizard(wizard, found) if wizard and is_known(found.kind) else {}),
        "health": health(found),
        "standing": standing(found),
        "broken_reason": reason(found.broken_reason, found.kind),
        "reached": reached_from_outside(),
        "may_decide": request.may(Permission.SEND_BROADCASTS),
        "lab": installation.LAB_URL,
        "tab": "settings",
    }
    return render(request, "messengers/account.html", context, status=422 if form.errors else 200)


@page(Permission.MANAGE_CHANNELS)
@require_safe
def webhook(request: TenantRequest, channel_id: int) -> HttpResponse:
    """Ask the messenger where the channel's news go, and give that part of its page."""
    found = get_object_or_404(Channel, pk=channel_id)
    seen = channels.look_at_hook(found) if is_known(found.kind) and found.state != Channel.State.DISCONNECTED else {}
    return render(request, "messengers/webhook.html", {"channel": found, "hook": hook(seen, found.kind)})


@page(Permission.MANAGE_CHANNELS)
@require_POST
def take_back(request: TenantRequest, channel_id: int) -> HttpResponse:
    """Have the channel's news delivered to us again."""
    found = get_object_or_404(Channel, pk=channel_id)
    if _told(request, lambda: channels.reconnect(found, request.user), found.kind):
        messages.success(request, _("The messages come to Kaskad again."))
    return redirect("messengers:channel", request.workspace.slug, found.pk)


@page(Permission.MANAGE_CHANNELS)
@require_POST
def choose_news(request: TenantRequest, channel_id: int) -> HttpResponse:
    """Have news delivered to our webhook, or fetch them."""
    found = get_object_or_404(Channel, pk=channel_id)
    wanted = request.POST.get("polls")
    if wanted not in {"yes", "no"} or not (is_known(found.kind) and messenger(found.kind).capabilities.polls):
        messages.error(request, _("Choose how the messages come."))
    elif _told(request, lambda: channels.change(found, request.user, polls=wanted == "yes"), found.kind):
        fetched, delivered = _("Kaskad fetches the messages now."), _("The messages are delivered to Kaskad now.")
        messages.success(request, fetched if wanted == "yes" else delivered)
    return redirect("messengers:channel", request.workspace.slug, found.pk)


@page(Permission.MANAGE_CHANNELS)
@require_POST
def replace_keys(request: TenantRequest, channel_id: int) -> HttpResponse:
    """Put new keys of the same account in the place of the old ones."""
    found = get_object_or_404(Channel, pk=channel_id)
    wizard = wizard_of(found.kind)
    if wizard is None:
        messages.error(request, str(reason("unknown_messenger")))
        return redirect("messengers:channel", request.workspace.slug, found.pk)
    form = wizard.Keys(request.POST, old=found.secrets)
    if not form.is_valid():
        messages.error(request, form.problem)
        return redirect("messengers:channel", request.workspace.slug, found.pk)

    def change() -> Channel:
        return channels.change(found, request.user, settings=form.settings() or None, secrets=form.secrets())

    if _told(request, change, found.kind):
        messages.success(request, _("The new keys work."))
    return redirect("messengers:channel", request.workspace.slug, found.pk)


@page(Permission.MANAGE_CHANNELS)
@require_safe
def install(request: TenantRequest, channel_id: int) -> HttpResponse:
    """Show how to put the chat on a site, and whether it is there."""
    found = _site_chat(channel_id)
    return render(request, "messengers/install.html", {**_installation(found), "tab": "install"})


@page(Permission.MANAGE_CHANNELS)
@require_safe
def installation_check(request: TenantRequest, channel_id: int) -> HttpResponse:
    """Give the part of the installation's page that waits for the first visit."""
    return render(request, "messengers/installation_check.html", _installation(_site_chat(channel_id)))


@page(Permission.MANAGE_CHANNELS)
@require_POST
def allow_site(request: TenantRequest, channel_id: int) -> HttpResponse:
    """Add a site that was refused to the channel's list."""
    found = _site_chat(channel_id)
    origin = request.POST.get("origin", "")
    if origin not in {sighting.origin for sighting in sightings.refused_on(found.pk)}:
        return redirect("messengers:install", request.workspace.slug, found.pk)  # somebody was faster
    held = settings_of(found)
    allowed = list(dict.fromkeys([*held.origins, origin]))
    try:
        channels.change(found, request.user, settings={**held.model_dump(), "origins": allowed})
    except channels.InvalidSettingsError:
        messages.error(request, _("The list of sites is full. Take one off it first."))
    else:
        sightings.forget_refusals(found.pk)
        messages.success(request, _("%(site)s may show the chat now.") % {"site": origin})
    return redirect("messengers:install", request.workspace.slug, found.pk)


@page(Permission.MANAGE_CHANNELS)
@require_POST
def switch(request: TenantRequest, channel_id: int) -> HttpResponse:
    """Switch a channel off, or on again. Its people and history stay."""
    found = get_object_or_404(Channel, pk=channel_id)
    if request.POST.get("on") == "yes":
        if _told(request, lambda: channels.reconnect(found, request.user), found.kind):
            messages.success(request, _("“%(name)s” works again.") % {"name": found.name})
    elif _told(request, lambda: channels.disconnect(found, request.user), found.kind):
        messages.success(request, _("“%(name)s” is switched off. Its conversations are kept.") % {"name": found.name})
    return redirect("messengers:channels", request.workspace.slug)


@page(Permission.MANAGE_CHANNELS)
@require_safe
@xframe_options_sameorigin
@csp_replace({"frame-ancestors": [SELF]})
def preview(request: HttpRequest) -> HttpResponse:
    """Give the page on which the settings show the true widget with a made-up talk."""
    return render(request, "messengers/preview.html")


def _site_chat(channel_id: int) -> Channel:
    return get_object_or_404(Channel, pk=channel_id, kind=KIND)


def _of_wizard(wizard: Wizard, found: Channel) -> dict[str, Any]:
    return {
        "wizard": wizard,
        "keys_form": wizard.Keys(initial=found.settings, old=found.secrets, auto_id="keys_%s"),
        "shown_name": wizard.shown_name(found.settings),
        "ways": wizard.ways(found.settings),
        "by_hand": () if found.practice else wizard.by_hand(channels.facts(found)),
    }


def _told(request: TenantRequest, change: Callable[[], object], kind: str = "") -> bool:
    """Make a change of which the messenger has to be told; say in words what it answers, if it refuses."""
    try:
        with transaction.atomic():
            changed = change()
            if isinstance(changed, Channel):
                transaction.on_commit(lambda: tasks.ask_for_missed(changed))
    except channels.RefusedByMessengerError as refusal:
        messages.error(request, str(reason(refusal.reason, kind)))
        return False
    except channels.InvalidSettingsError:
        messages.error(request, _("These keys do not look right. Copy them once more."))
        return False
    except UnknownMessengerError:
        messages.error(request, str(reason("unknown_messenger")))
        return False
    return True


def _installation(found: Channel) -> dict[str, Any]:
    seen = sightings.seen_on(found.pk)
    listed = settings_of(found).origins
    sites = [(entry, next((one for one in seen if is_allowed(one.origin, [entry])), None)) for entry in listed]
    return {
        "channel": found,
        "sites": sites,
        "is_seen": any(sighting for _entry, sighting in sites),
        "refused": [one for one in sightings.refused_on(found.pk) if not is_allowed(one.origin, listed)],
        "script": f"{installation.BASE_URL}{reverse('site_chat_loader')}",
        "base": installation.BASE_URL,
        "socket_base": installation.BASE_URL.replace("http", "ws", 1),
    }
