"""Columns of an ablation: groups of runs that differ only in their seed."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from sr_lightning.reporting.run import DONE, SEED, Run
from sr_lightning.reporting.run_logs import Values
from sr_lightning.reporting.significance import Spread, over_seeds, spread
from sr_lightning.system.unique_names import unique_names


@dataclass(frozen=True)
class Column:
    """Runs of one configuration.

    Attributes:
        name: short and unique among the columns.
        axes: overrides that distinguish it, without the seed.
        runs: one per seed.
    """

    name: str
    axes: tuple[str, ...]
    runs: tuple[Run, ...]

    @property
    def finished(self) -> list[Run]:
        """Finished runs."""
        return [run for run in self.runs if run.finished]

    def status(self) -> str:
        """Return the number of runs by status."""
        if len(self.finished) == len(self.runs):
            return "finished" if len(self.runs) == 1 else f"{len(self.runs)} finished"
        words = [run.status if run.status not in DONE else "finished" if run.finished else "without its values"
                 for run in self.runs]  # fmt: skip
        if len(words) == 1:
            return words[0]
        return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))

    def spread(self, metric: str) -> Spread | None:
        """Return mean and deviation over seeds of the mean over images; None unless known for every seed.

        Metrics without values per image are read from the log at the iteration of the checkpoint.
        """
        known = spread_over([run.values[run.trained] for run in self.finished], metric)
        logged = [run.at_checkpoint(f"val/{metric}") for run in self.finished]
        return known or (spread(logged) if logged and all(map(math.isfinite, logged)) else None)

    def cost(self, key: str) -> Spread | None:
        """Return mean and deviation over seeds of a cost; None if it was not recorded."""
        values = [((run.result or {}).get("costs") or {}).get(key) for run in self.finished]
        known = [float(value) for value in values if value is not None]
        return spread(known) if known else None

    def scores(self, metric: str) -> dict[str, float]:
        """Return image -> value, averaged over seeds; empty unless known for every seed and image."""
        return scores_over([run.values[run.trained] for run in self.finished], metric)

    def curve(self, name: str) -> list[tuple[int, Spread]]:
        """Return the curve over finished seeds, or all seeds if none is finished, where all have values."""
        curves = [dict(run.curves[name]) for run in self.finished or self.runs if name in run.curves]
        if not curves:
            return []
        shared = set(curves[0]).intersection(*curves)
        steps = [step for step in sorted(shared) if all(math.isfinite(curve[step]) for curve in curves)]
        return [(step, spread([curve[step] for curve in curves])) for step in steps]


@dataclass(frozen=True)
class Baseline:
    """Baseline of several columns: bicubic, or the network that training started from.

    Attributes:
        name: of the network.
        columns: names of the columns that share it.
        seeds: values for each seed.
    """

    name: str
    columns: tuple[str, ...]
    seeds: tuple[Values, ...]

    def spread(self, metric: str) -> Spread | None:
        """Return mean and deviation over seeds; None unless known for every seed."""
        return spread_over(self.seeds, metric)


def columns_of(runs: Sequence[Run]) -> list[Column]:
    """Group runs by their overrides without the seed, in order."""
    groups: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        groups.setdefault(tuple(axis for axis in run.axes if not axis.startswith(f"{SEED}=")), []).append(run)
    names = named(list(groups))
    if len(groups) == 1 and not next(iter(groups)):
        names = [next((run.trained for run in runs if run.finished), "") or "the run"]
    return [Column(name, axes, tuple(members)) for name, (axes, members) in zip(names, groups.items(), strict=True)]


def named(groups: Sequence[tuple[str, ...]]) -> list[str]:
    """Return a short unique name for each group of overrides.

    Tried in order: bare words such as ``hinge``, if the groups have equal keys and only one key has that value; values
    with the last part of their key; complete overrides.
    """
    keys: dict[str, set[str]] = {}  # value -> keys
    for axis in (axis for axes in groups for axis in axes):
        keys.setdefault(value_of(axis), set()).add(axis.partition("=")[0])
    several = any(len(axes) > 1 for axes in groups)
    same = len({tuple(axis.partition("=")[0] for axis in axes) for axes in groups}) == 1

    def shortest(axis: str) -> str:
        value = value_of(axis)
        if several and value == "none":
            return f"no {short(axis).partition('=')[0]}"
        return value if same and is_word(value) and len(keys[value]) == 1 else short(axis)

    def joined(axes: tuple[str, ...], write: Callable[[str], str]) -> str:
        return ", ".join(map(write, axes)) or "as configured"

    return unique_names(groups, [*(partial(joined, write=write) for write in (shortest, short, str)), " ".join])


def value_of(axis: str) -> str:
    """Return the value of an override, without quotes."""
    return axis.partition("=")[2].strip("\"'")


def short(axis: str) -> str:
    """Shorten ``generator.depth=4`` to ``depth=4``."""
    key, _, value = axis.partition("=")
    return f"{key.rsplit('.', 1)[-1]}={value}"


def neighbors(columns: Sequence[Column]) -> list[tuple[Column, Column]]:
    """Pair each column, for each of its overrides, with the last earlier column that differs only in its value."""
    pairs = []
    for number, column in enumerate(columns):
        for axis in column.axes:
            key, others = axis.split("=", 1)[0], {each for each in column.axes if each != axis}
            for other in reversed(columns[:number]):
                own = set(other.axes) - others
                if others < set(other.axes) and len(own) == 1 and own.pop().split("=", 1)[0] == key:
                    pairs.append((column, other))
                    break
    return pairs


def is_word(value: str) -> bool:
    """Tell whether a value reads as a name, unlike a number or a constant."""
    return value[:1].isalpha() and value not in ("true", "false", "null")


def baselines(columns: Sequence[Column], kind: str) -> list[Baseline]:
    """Collect the baselines of the columns; equal values are one baseline.

    Args:
        columns: of the report.
        kind: ``bicubic``, or ``start`` for the network that training started from.
    """
    found: list[tuple[str, list[str], list[Values]]] = []
    for column in columns:
        for run in column.finished:
            name = kind if kind == "bicubic" else run.protocol.get("started_from")
            if name not in run.values:
                continue
            own = run.values[name]
            same = next(
                (each for each in found if each[0] == name and (column.name in each[1] or own in each[2])), None
            )
            if same is None:
                found.append((name, [column.name], [own]))
                continue
            same[1].extend({column.name}.difference(same[1]))
            same[2].extend([own] if own not in same[2] else [])
    return [Baseline(name, tuple(names), tuple(seeds)) for name, names, seeds in found]


def spread_over(seeds: Sequence[Values], metric: str) -> Spread | None:
    """Return mean and deviation over seeds of the mean over images; None unless all values are finite."""
    means = [
        math.fsum(values.get(metric, math.nan) for values in images.values()) / len(images)
        for images in seeds
        if images
    ]
    return spread(means) if means and all(map(math.isfinite, means)) else None


def scores_over(seeds: Sequence[Values], metric: str) -> dict[str, float]:
    """Return image -> mean over seeds; empty if the seeds have different images or a value is missing."""
    images = list(seeds[0]) if seeds else []
    if any(list(each) != images for each in seeds):
        return {}
    table = np.array([[each[image].get(metric, math.nan) for image in images] for each in seeds])
    return dict(zip(images, over_seeds(table).tolist(), strict=True)) if table.size and np.isfinite(table).all() else {}
