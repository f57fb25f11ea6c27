"""The types of steps. Each file of `nodes/`, and apps above this one, register theirs; `engine` and the editor ask.

A type says what its settings are, what happens when a person comes to the step, and what an answer there means.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from bots.effects import Effect
from bots.graph import Node, Problem

_Settings = TypeVar("_Settings", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Go:
    """Go on to a step; None is the end of the flow."""

    target: str | None


@dataclass(frozen=True, slots=True)
class Wait:
    """Stay until the person answers."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What happens at a step, and what comes next."""

    effects: tuple[Effect, ...]
    then: Go | Wait


@dataclass(frozen=True, slots=True)
class Said:
    """The person wrote."""

    text: str


@dataclass(frozen=True, slots=True)
class Pressed:
    """The person pressed a button of the step."""

    button: str


Answer: TypeAlias = Said | Pressed


@dataclass(frozen=True, slots=True)
class Way:
    """A way out of a step: which field holds it, how the person takes it, and where it leads."""

    field: str
    label: str
    target: str | None
    required: bool = False  # leading nowhere is a mistake; otherwise it is the end of the flow


class NodeType(Generic[_Settings]):
    """A type of step. Names are msgids, translated at the edge."""

    kind: ClassVar[str]
    name: ClassVar[str]
    icon: ClassVar[str]  # lucide, drawn by static/src/bots/type_icon.tsx
    waits: ClassVar[bool] = False  # for the person, before it leads on
    settings_model: ClassVar[type[BaseModel]]

    def run(self, node_id: str, settings: _Settings) -> Turn:
        """Say what happens when a person comes here."""
        raise NotImplementedError

    def answer(self, settings: _Settings, answer: Answer) -> Go | None:
        """Say where an answer leads; None when it means nothing here."""
        return None

    def ways(self, settings: _Settings) -> Sequence[Way]:
        """Return the ways out."""
        return ()

    def problems(self, node_id: str, settings: _Settings) -> Sequence[Problem]:
        """Return what is wrong with the settings themselves."""
        return ()


def msgid(text: str) -> str:
    """Mark a name for the translators; it is translated where it is shown."""
    return text


class UnknownTypeError(LookupError):
    """No such type of step is registered: the graph is of a newer Kaskad, or of one with other parts."""


class UnreadableStepError(ValueError):
    """A step's settings are not what its type wants."""


_types: dict[str, NodeType[Any]] = {}


def register(node_type: type[NodeType[Any]]) -> type[NodeType[Any]]:
    """Add a type of step; used as a decorator."""
    known = _types.get(node_type.kind)
    if known is not None and type(known).__qualname__ != node_type.__qualname__:
        raise ValueError(f"Two types of step are called {node_type.kind}")
    _types[node_type.kind] = node_type()
    return node_type


def types() -> list[NodeType[Any]]:
    """Return all types, in the order of the palette."""
    _load_own()
    return list(_types.values())


def read(node: Node) -> tuple[NodeType[Any], BaseModel]:
    """Return a step's type and settings; UnknownTypeError or UnreadableStepError where there are none."""
    _load_own()
    node_type = _types.get(node.type)
    if node_type is None:
        raise UnknownTypeError(node.type)
    try:
        return node_type, node_type.settings_model.model_validate(node.settings())
    except ValidationError as error:
        raise UnreadableStepError(str(error.errors()[0]["loc"])) from error


@cache
def _load_own() -> None:
    # A new step is one new file: nobody lists them.
    package = import_module("bots.nodes")
    for module in iter_modules(package.__path__, "bots.nodes."):
        import_module(module.name)
