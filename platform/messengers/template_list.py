"""Templates as their pages show them: states and reasons in words, how it will look, what its gaps are filled with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messengers import markup, template_parts
from messengers.channel_words import reason
from messengers.models import Channel, MessageTemplate
from messengers.template_parts import Gap, TemplateButton

State = MessageTemplate.State
_LOOKS = {
    State.APPROVED: ("success", "circle-check"),
    State.PENDING: ("", "clock"),
    State.REJECTED: ("error", "circle-x"),
    State.PAUSED: ("warning", "circle-pause"),
    State.DISABLED: ("error", "circle-alert"),
}
_CATEGORIES = {
    "MARKETING": gettext_lazy("Advertising and news"),
    "UTILITY": gettext_lazy("About an order, a booking, an account"),
    "AUTHENTICATION": gettext_lazy("Codes for signing in"),
}
_QUALITIES = {
    "high": ("success", gettext_lazy("Quality: high")),
    "medium": ("warning", gettext_lazy("Quality: medium")),
    "low": ("error", gettext_lazy("Quality: low")),
}
_FILES = {
    "image": gettext_lazy("a picture"),
    "video": gettext_lazy("a video"),
    "document": gettext_lazy("a document"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A gap with what it is filled with."""

    gap: Gap
    label: str
    value: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Line:
    """A template ready to be shown."""

    row: MessageTemplate
    look: tuple[str, str]
    reason: object
    category: object
    quality: tuple[str, object] | None
    file: object
    spans: Sequence[markup.Span]
    buttons: Sequence[TemplateButton]
    fields: Sequence[Field]
    unsupported: str


def lines(channel: Channel) -> list[Line]:
    """Return a channel's templates: those first that need a look."""
    rows = MessageTemplate.objects.filter(channel=channel).select_related("channel").order_by("name", "language")
    order = list(_LOOKS)
    return sorted((line(row) for row in rows), key=lambda one: -order.index(State(one.row.state)))


def line(row: MessageTemplate, values: Mapping[str, str] | None = None, wrong: Mapping[str, str] | None = None) -> Line:
    """Return one; `values` are what somebody has just typed, and `wrong` what is wrong with them."""
    parts = row.said
    given = row.defaults if values is None else values
    gaps = template_parts.gaps(parts)
    examples = {gap.key: gap.example for gap in gaps if gap.example and gap.part != "url"}
    return Line(
        row=row,
        look=_LOOKS[State(row.state)],
        reason=reason(row.reason, row.channel.kind) if row.reason else "",
        category=_CATEGORIES.get(row.category, row.category),
        quality=_QUALITIES.get(row.quality),
        file=_FILES.get(parts.header_file or "", ""),
        spans=markup.parse(template_parts.told(parts, examples)),
        buttons=parts.buttons,
        fields=[Field(gap, label(gap), given.get(gap.key, ""), (wrong or {}).get(gap.key, "")) for gap in gaps],
        unsupported=parts.unsupported,
    )


def label(gap: Gap) -> str:
    """Name a gap."""
    match gap.part:
        case "header":
            return _("Gap {{%(name)s}} in the heading") % {"name": gap.name}
        case "url":
            return _("End of the address of button %(number)s") % {"number": gap.button + 1}
    return _("Gap {{%(name)s}}") % {"name": gap.name}


def hint() -> str:
    """Say how what is known of a person is written into a gap."""
    words = _("What is known of a person is written so: %(fact)s. For whom it is not known, other words: %(default)s.")
    example = _("friend")
    return words % {"fact": "{{ first_name }}", "default": f'{{{{ first_name | default: "{example}" }}}}'}
