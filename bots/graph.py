"""A flow's graph as it is stored, edited and run: what starts it, its steps, where each leads. No input or output.

A step's own settings are read by its type (`registry`), so a graph with a step of an unknown type still opens.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

FORMAT = 1
NODE_LIMIT = 500
TRIGGER_LIMIT = 50
KEYWORD_LIMIT = 50

NodeId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
Mode = Literal["exact", "starts", "contains"]


class NewerFormatError(ValueError):
    """The graph was written by a newer Kaskad; `format` is its format."""

    def __init__(self, number: object) -> None:
        """Keep the number."""
        super().__init__(f"graph format {number}, newest known {FORMAT}")
        self.format = number


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WelcomeTrigger(_Part):
    """Starts the flow when a person comes for the first time. Without `channels`, on every channel."""

    id: NodeId
    kind: Literal["welcome"] = "welcome"
    channels: list[int] = Field(default_factory=list, max_length=100)


class KeywordTrigger(_Part):
    """Starts the flow when a person writes one of the phrases."""

    id: NodeId
    kind: Literal["keyword"] = "keyword"
    phrases: list[Annotated[str, Field(max_length=100)]] = Field(default_factory=list, max_length=KEYWORD_LIMIT)
    mode: Mode = "exact"
    channels: list[int] = Field(default_factory=list, max_length=100)


class UnknownTrigger(BaseModel):
    """A trigger of a kind that this Kaskad does not know. It is kept as it is, and never fires."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: NodeId
    kind: str = Field(json_schema_extra={"not": {"enum": ["welcome", "keyword"]}})


def _trigger_tag(value: Any) -> str:
    kind = value.get("kind") if isinstance(value, Mapping) else getattr(value, "kind", None)
    return kind if kind in {"welcome", "keyword"} else "unknown"


Trigger = Annotated[
    Annotated[WelcomeTrigger, Tag("welcome")]
    | Annotated[KeywordTrigger, Tag("keyword")]
    | Annotated[UnknownTrigger, Tag("unknown")],
    Discriminator(_trigger_tag),
]


class Node(BaseModel):
    """A step: its type, and what that type wants to know, its ways out among it."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: str = Field(min_length=1, max_length=32)

    def settings(self) -> dict[str, Any]:
        """Return all but the type."""
        return dict(self.model_extra or {})


class Graph(_Part):
    """The whole flow. `order` is that of the list; ways lead where the steps say, whatever the order."""

    format: Literal[1] = 1
    start: NodeId | None = None
    triggers: list[Trigger] = Field(default_factory=list, max_length=TRIGGER_LIMIT)
    nodes: dict[NodeId, Node] = Field(default_factory=dict, max_length=NODE_LIMIT)
    order: list[NodeId] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _whole_order(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or not isinstance(data.get("nodes", {}), Mapping):
            return data
        given = data.get("order", [])
        known = dict.fromkeys(one for one in given if isinstance(one, str) and one in data.get("nodes", {}))
        return {**data, "order": [*known, *(one for one in data.get("nodes", {}) if one not in known)]}


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a graph. An `error` stands in the way of publishing, a warning does not.

    `node_id` is the step or trigger it belongs to, "" for the flow itself; `code` is put into words by `wording`.
    """

    node_id: str
    field: str
    code: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    error: bool = True


# From each older format to the next one. A step here is never removed: old graphs open for ever.
_Migration: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
MIGRATIONS: dict[int, _Migration] = {}


def load(data: Mapping[str, Any]) -> Graph:
    """Read a stored graph of this or an older format; NewerFormatError for a newer one, ValueError for none at all."""
    data = dict(data)
    number = data.get("format", FORMAT)
    if not isinstance(number, int) or number > FORMAT:
        raise NewerFormatError(number)
    while number < FORMAT:
        data = MIGRATIONS[number](data)
        number = data["format"]
    return Graph.model_validate(data)


def dump(graph: Graph) -> dict[str, Any]:
    """Return the graph as it is stored."""
    return graph.model_dump(mode="json")


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a graph."""
    return Graph.model_json_schema()
