"""What the editor's island asks for: JSON in, JSON out. Each endpoint parses, calls `flows`, and answers."""

from typing import Annotated, Any, Literal

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bots import engine, flows, payloads, trying, wording
from bots.graph import Graph, load
from bots.models import Flow, FlowVersion
from bots.refusals import answers_in_json, invalid, read
from messengers import media
from workspaces.access import TenantRequest, page
from workspaces.roles import Permission

VERSIONS = 50


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Draft(_Body):
    graph: dict[str, Any]
    revision: int


class _Seen(_Body):
    revision: int


class _Name(_Body):
    name: str = Field(max_length=400)


class _Switch(_Body):
    on: bool
    stop_inside: bool = False


class _Copy(_Body):
    graph: dict[str, Any] | None = None


class _Deletion(_Body):
    lose_people: bool = False


class _Restoration(_Body):
    number: int
    revision: int


class _TriedStart(_Body):
    type: Literal["start"]

    def event(self) -> trying.Event:
        return trying.Started()


class _TriedWords(_Body):
    type: Literal["words"]
    text: str = Field(max_length=4000)

    def event(self) -> trying.Event:
        return trying.MessageReceived(self.text)


class _TriedButton(_Body):
    type: Literal["button"]
    node: str
    button: str

    def event(self) -> trying.Event:
        return trying.ButtonPressed(self.button, self.node)


class _Trial(_Body):
    graph: dict[str, Any]
    state: engine.State | None = None
    event: Annotated[_TriedStart | _TriedWords | _TriedButton, Field(discriminator="type")]


@page(Permission.EDIT_BOTS)
@require_GET
@answers_in_json
def current(request: TenantRequest, flow_id: int) -> HttpResponse:
    """Answer the flow as it is stored now."""
    return JsonResponse(payloads.draft(_flow(flow_id)))


@page(Permission.EDIT_BOTS)
@require_POST
@answers_in_json
def save(request: TenantRequest, flow_id: int) -> HttpResponse:
    """Store the draft."""
    flow, asked = _flow(flow_id), read(_Draft, request.body)
    graph = _graph(asked.graph)
    saved = flows.save_draft(flow, graph, asked.revision, request.user)
    return JsonResponse({"flow": payloads.described(saved), **payloads.checked(graph)})


@page(Permission.EDIT_BOTS)
@require_http_methods(["GET", "POST"])
@answers_in_json
def publish(request: TenantRequest, flow_id: int) -> HttpResponse:
    """Answer what publishing would bring, or publish."""
    flow = _flow(flow_id)
    if request.method == "GET":
        return JsonResponse(payloads.before_publishing(flow))
    flows.publish(flow, read(_Seen, request.body).revision, request.user)
    return JsonResponse({"flow": payloads.described(_flow(flow_id))})


@page(Permission.EDIT_BOTS)
@require_POST
@answers_in_json
def discard(request: TenantRequest, flow_id: int) -> HttpResponse:
    """Go back to what is published."""
    flow, asked = _flow(flow_id), read(_Seen, request.body)
    return JsonResponse(payloads.draft(flows.discard_draft(flow, asked.revision, request.user)))


@page(Permission.EDIT_BOTS)
@require_POST
@answers_in_json
def rename(request: TenantRequest, flow_id: int) -> HttpResponse:
    """Give the flow another name."""
    renamed = flows.rename(_flow(flow_id), read(_Name, request.body).name, request.user)
    return JsonResponse({"flow": payloads.described(renamed)})


@page(Permission.EDIT_BOTS)
@require_POST
@answers_in_json
def set_active(request: TenantRequest, flow_id: int) -> HttpResponse:
    """Switch the flow on or off, and perhaps stop those inside."""
    flow, asked = _flow(flow_id), read(_Switch, request.body)
    switched = flows.switch(flow, request.user, on=asked.on, stop_inside=asked.stop_inside)
    return JsonResponse({"flow": payloads.described(switched)})


@page(Permission.EDIT_BOTS)
@require_POST
@answers_in_json
def copy(request: TenantRequest, flow_id: int) -> HttpResponse:
    """Make a copy: of the stored draft, or of what the editor holds and could not save."""
    flow, asked = _flow(flow_id), read(_Copy, request.body)
    graph = _graph(asked.graph) if asked.graph is not None else None
    made = flows.duplicate(flow, _("%(name)s (copy)") % {"name": flow.name[:100]}, request.user, graph)
    return JsonResponse({"url": reverse("bots:flow", args=[request.workspace.slug, made.pk])}, status=201)


@page(Permission.EDIT_BOTS)
@require_POST
@answers_in_json
def delete(request: TenantRequest, flow_id: int) -> HttpResponse:
    """Remove the flow."""
    flow, asked = _flow(flow_id), read(_Deletion, request.body)
    flows.delete(flow, request.user, lose_people=asked.lose_people)
    return JsonResponse({"url": reverse("bots:flows", args=[request.workspace.slug])})


@page(Permission.EDIT_BOTS)
@require_GET
@answers_in_json
def versions(request: TenantRequest, flow_id: int) -> HttpResponse:
    """Answer the last published versions."""
    flow = _flow(flow_id)
    of_flow = FlowVersion.objects.filter(flow=flow, number__gt=0)  # 0 is a draft that is practised
    rows = of_flow.select_related("published_by").defer("graph").order_by("-number")
    return JsonResponse({"versions": [payloads.version(row, flow) for row in rows[:VERSIONS]]})


@page(Permission.EDIT_BOTS)
@require_POST
@answers_in_json
def restore(request: TenantRequest, flow_id: int) -> HttpResponse:
    """Make an older version the draft."""
    flow, asked = _flow(flow_id), read(_Restoration, request.body)
    version = get_object_or_404(FlowVersion.objects.select_related("flow"), flow=flow, number=asked.number)
    return JsonResponse(payloads.draft(flows.restore(version, asked.revision, request.user)))


@page(Permission.EDIT_BOTS)
@require_POST
@answers_in_json
def try_out(request: TenantRequest, flow_id: int) -> HttpResponse:
    """Answer a person who tries the draft. Nothing is stored."""
    _flow(flow_id)
    asked = read(_Trial, request.body)
    trial = trying.respond(_graph(asked.graph), asked.state, asked.event.event(), timezone.now())
    said = [payloads.said(one) for one in trial.said]
    error = wording.failure(trial.state.error) if trial.state and trial.state.error else ""
    state = trial.state.model_dump(mode="json") if trial.state else None
    return JsonResponse({"state": state, "said": said, "path": trial.path, "handled": trial.handled, "error": error})


@page(Permission.EDIT_BOTS)
@require_POST
@answers_in_json
def upload(request: TenantRequest) -> HttpResponse:
    """Store a file that a step will send."""
    file = request.FILES.get("file")
    if file is None:
        raise invalid({"file": _("Choose a file.")})
    stored = media.store(file, request.user)
    attachment = media.as_attachment(stored).model_dump(mode="json")
    return JsonResponse({"attachment": attachment, "url": media.signed_path(stored)}, status=201)


def _flow(flow_id: int) -> Flow:
    row: Flow = get_object_or_404(Flow.objects.select_related("published", "updated_by"), pk=flow_id)
    return row


def _graph(data: dict[str, Any]) -> Graph:
    try:
        return load(data)
    except ValidationError as error:
        raise invalid({"graph." + ".".join(map(str, part["loc"])): part["msg"] for part in error.errors()}) from error
