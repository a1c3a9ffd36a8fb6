"""Find a generator's weights in the wrappers that training scripts put around them.

Wrappers are nested mappings, such as ``{"model_state_dict": {…}}``, and parts of names, such as ``netG.module.conv…``.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from sr_lightning.errors import InputError

DEPTH = 6  # wrappers around each other
COMMON = (
    "generator", "netG", "net_g", "params", "state_dict", "model_state_dict", "model", "net", "module", "_orig_mod",
)  # fmt: skip
PREFIXES = ("generator", "netG", "net_g")  # a file with these has other networks, too
Weights = Mapping[str, Tensor]


@dataclass(frozen=True)
class Candidate:
    """Weights of a network somewhere in a file.

    Args:
        path: the wrappers around it, from the outermost.
        weights: by their names inside the wrappers.
    """

    path: tuple[str, ...]
    weights: dict[str, Tensor]

    @property
    def is_averaged(self) -> bool:
        """True if a wrapper says so, e.g. ``params_ema``, ``modelEMA`` or ``averaged_model``."""
        separate = (re.sub(r"(?<=[a-z])(?=[A-Z])", "_", part) for part in self.path)
        words = {word for part in separate for word in re.split(r"[^a-z]+", part.lower())}
        return not words.isdisjoint(("ema", "average", "averaged", "avg", "swa"))

    @property
    def order(self) -> tuple[int, int, int]:
        """Sorting key: the more common the wrappers, the earlier; then by depth."""
        positions = [COMMON.index(part) for part in self.path if part in COMMON]
        return len(self.path) - len(positions), min(positions, default=-1), len(self.path)


def generator_weights(
    content: Mapping[str, Any], kind: str = "ema", accept: Callable[[Weights], bool] | None = None
) -> dict[str, Tensor]:
    """Return the generator's weights from the content of a file.

    Args:
        content: a checkpoint of this library or of another one, or plain weights by name.
        kind: ``ema`` for the averaged weights if there are any, ``raw`` for those of the last update.
        accept: returns True for the weights of a network that is searched for; they are taken from wrappers of any
            name. Without it, or if nothing is accepted, the most common wrappers are removed.
    Raises:
        ValueError: an unknown kind.
        InputError: no such weights, several networks of equal rank, or tensors that are sparse, quantized or without
            values.
    """
    if kind not in ("ema", "raw"):
        raise ValueError(f"kind must be ema or raw, got {kind!r}")
    if isinstance(content.get("current_model_state"), Mapping):  # Lightning's averaging swaps the two
        content = {**content, "params_ema": content.get("state_dict"), "state_dict": content["current_model_state"]}
        del content["current_model_state"]
    groups = group_by_wrappers(content)
    accepted = [group for group in groups if accept is not None and accept(group.weights)]
    weights = (select(accepted, kind) if accepted else unwrap(groups, kind)).weights
    if not weights:
        raise InputError(f"contains no weights of a generator; its keys are {format_names(content)}")
    for name, value in weights.items():
        if not is_dense(value):
            raise InputError(f"{format_names([name])} is not a plain tensor with values; save the weights again")
    return weights


def group_by_wrappers(content: Mapping[str, Any]) -> list[Candidate]:
    """Return the weights inside of each possible series of wrappers, the shortest series first.

    The first are all weights of the content itself, without wrappers. Numbers are never wrappers, so that the search
    does not descend into the layers of a network.
    """
    groups: dict[tuple[str, ...], dict[str, Tensor]] = {(): {}}
    for mappings, name, value in walk(content, (), Counter()):
        for depth in range(1, len(mappings)):
            groups.setdefault(mappings[:depth], {})
        parts = name.split(".")
        for inner in range(len(parts)):
            path = (*mappings, *parts[:inner])
            if len(path) > DEPTH or any(part.isdigit() for part in path):
                break
            groups.setdefault(path, {})[".".join(parts[inner:])] = value
    return [Candidate(path, weights) for path, weights in sorted(groups.items(), key=lambda item: len(item[0]))]


def walk(
    content: Mapping[Any, Any], path: tuple[str, ...], visits: Counter[int]
) -> Iterator[tuple[tuple[str, ...], str, Tensor]]:
    """Yield the keys of the mappings around each tensor, its name, and the tensor.

    A mapping may stand at two keys; more visits are not needed, and a crafted file could nest a mapping in itself.
    """
    visits[id(content)] += 1
    for key, value in content.items():
        if isinstance(key, str) and isinstance(value, Tensor):
            yield path, key, value
        elif isinstance(key, str) and isinstance(value, Mapping) and len(path) < DEPTH and visits[id(value)] < 2:
            yield from walk(value, (*path, key), visits)


def select(candidates: list[Candidate], kind: str) -> Candidate:
    """Return the candidate of a kind with the most common wrapper.

    Raises:
        InputError: there are only averaged weights although raw ones are wanted, or several that are equally common.
    """
    averaged = [candidate for candidate in candidates if candidate.is_averaged]
    raw = [candidate for candidate in candidates if not candidate.is_averaged]
    if kind == "raw" and not raw:
        raise InputError(f"contains averaged weights only ({'.'.join(averaged[0].path)}); use kind=ema")
    chosen = sorted(averaged if kind == "ema" and averaged else raw, key=lambda candidate: candidate.order)
    if len(chosen) > 1 and chosen[0].order == chosen[1].order:
        names = format_names([".".join(candidate.path) for candidate in chosen])
        raise InputError(f"contains several networks ({names}); save the weights of one alone")
    return chosen[0]


def unwrap(groups: list[Candidate], kind: str) -> Candidate:
    """Return the weights inside of the most common wrappers, of whatever network they are.

    Raises:
        InputError: there are only averaged weights although raw ones are wanted.
    """
    group = groups[0]
    while True:
        children = [other for other in groups if other.path and other.path[:-1] == group.path]
        raw = [child for name in COMMON for child in children if child.path[-1] == name]
        averaged = [child for child in children if Candidate(child.path[-1:], {}).is_averaged]
        wrappers = [child for child in ([*averaged, *raw] if kind == "ema" else raw) if is_wrapper(child, group, raw)]
        if not wrappers:
            if kind == "raw" and averaged and not group.weights:
                raise InputError(f"contains averaged weights only ({averaged[0].path[-1]}); use kind=ema")
            return group
        group = wrappers[0]


def is_wrapper(child: Candidate, parent: Candidate, raw: list[Candidate]) -> bool:
    """Return True if a child is a mapping, all of its parent, or a generator beside other networks or its average."""
    name = child.path[-1]
    is_mapping = not child.weights or f"{name}.{next(iter(child.weights))}" not in parent.weights
    copies = any(child.weights.keys() == other.weights.keys() for other in raw if other is not child)
    return is_mapping or len(child.weights) == len(parent.weights) or name in PREFIXES or copies


def is_dense(value: Tensor) -> bool:
    """Return True if a tensor stores all values of its shape; a crafted file can declare one larger than memory."""
    if value.is_meta or value.is_quantized or value.is_sparse or value.is_sparse_csr or value.is_nested:
        return False
    return value.numel() * value.element_size() <= value.untyped_storage().nbytes()


def tensors(content: Mapping[Any, Any]) -> dict[str, Tensor]:
    """Return the entries whose values are tensors and whose keys are strings."""
    return {name: value for name, value in content.items() if isinstance(name, str) and isinstance(value, Tensor)}


def format_names(names: Any, count: int = 4) -> str:
    """Return the first names on one line, with unprintable characters escaped."""
    names = list(names)
    text = ", ".join(ascii(str(name)[:60])[1:-1] for name in names[:count])
    return text + (" …" if len(names) > count else "")
