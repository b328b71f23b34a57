"""The single checks of an audit: each looks at what was read and names its fault."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.card import CLASSES
from unmask.datasets.dataset import Dataset
from unmask.datasets.facts import Facts
from unmask.datasets.item import Item
from unmask.datasets.shortcuts import FEWEST, Shortcut
from unmask.verdict import Failure

WARNS_ABOVE, REFUSES_ABOVE = 0.6, 0.75
"""Lower 95 % limits of a shortcut's AUC."""
_SHOWN = 12
_LOPSIDED = 0.2
_TOO_MANY_UNREADABLE = 0.05
_TOO_MANY_LEAKS = 0.01
_WEIGHTY = 0.2
"""A source with a smaller share of the pictures than this warns of its shortcut, but does not refuse the set."""
_CUT_AWAY = frozenset({"framing"})
"""Shortcuts that only warn, since a network never sees them: it is given the square around the face."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a data set.

    Attributes:
        name: stable, for programs: `format`, `duplicate`, `leak`, ….
        refuses: whether it stops the training; otherwise it warns.
        message: one line for people, with what to do.
        count: pictures or pairs concerned.
        examples: some of them, in the order the message speaks of.
        shortcut: the measurement, where the fault is one.
    """

    name: str
    refuses: bool
    message: str
    count: int
    examples: tuple[Item, ...] = ()
    shortcut: Shortcut | None = None

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {
            "name": self.name,
            "level": "refuse" if self.refuses else "warn",
            "message": self.message,
            "count": self.count,
            "examples": [{"name": item.name, "label": item.label, "split": item.split} for item in self.examples],
            **({"source": self.shortcut.source, "auc": self.shortcut.auc.to_list()} if self.shortcut else {}),
        }


def unreadable_faults(dataset: Dataset, facts: Sequence[Facts | Failure]) -> Iterator[Fault]:
    """`unreadable`: files that cannot be judged."""
    bad = [(item, fact) for item, fact in zip(dataset, facts, strict=True) if isinstance(fact, Failure)]
    if bad:
        share = len(bad) / len(dataset)
        message = f"{_files(len(bad))} cannot be read ({share:.1%}), such as {bad[0][1].message}"
        yield Fault("unreadable", share > _TOO_MANY_UNREADABLE, message, len(bad), _items(item for item, _ in bad))


def balance_faults(dataset: Dataset) -> Iterator[Fault]:
    """`few` and `balance`: classes that are missing, small, or bound to a source."""
    total: Counter[str] = Counter(item.label for item in dataset)
    if missing := [label for label in CLASSES if not total[label]]:
        yield Fault("balance", True, f"there are no {missing[0]} pictures: nothing can be told apart", len(dataset))
        return
    rare = min(CLASSES, key=lambda label: total[label])
    scarce = _items(item for item in dataset if item.label == rare)
    if total[rare] < FEWEST:
        message = f"only {total[rare]} {rare} pictures: shortcuts cannot be measured with fewer than {FEWEST} per class"
        yield Fault("few", False, message, total[rare], scarce)
    if total[rare] / len(dataset) < _LOPSIDED:
        message = f"only {total[rare] / len(dataset):.0%} of the pictures are {rare}; balance the classes in training"
        yield Fault("balance", False, message, total[rare], scarce)
    lopsided = [source for source in dataset.sources if _share_of_rare(dataset, source) < _LOPSIDED]
    if len(dataset.sources) > 1 and lopsided:
        message = f"in {_listed(lopsided)} one class is under {_LOPSIDED:.0%}: a network can learn the source instead"
        examples = _items(item for item in dataset if item.source in lopsided)
        yield Fault("balance", False, message, len(lopsided), examples)


def _share_of_rare(dataset: Dataset, source: str) -> float:
    share = float(dataset.where(source=source).labels.mean())
    return min(share, 1 - share)


def duplicate_faults(dataset: Dataset, pairs: NDArray[np.int64], same: NDArray[np.bool_]) -> Iterator[Fault]:
    """`duplicate`: pictures that are there more than once; `label`: equal files called both real and fake.

    Args:
        dataset: the pictures.
        pairs: `[M, 2]` near or exact duplicates.
        same: `[M]`, whether a pair's files are equal to the byte.
    """
    labels = dataset.labels
    alike = labels[pairs[:, 0]] == labels[pairs[:, 1]]
    if len(clash := pairs[same & ~alike]):
        message = f"{_pairs(len(clash))} of equal files are called real once and fake once; remove or correct them"
        yield Fault("label", True, message, len(clash), _paired(dataset, clash))
    if len(doubles := pairs[alike]):
        exact = int((same & alike).sum())
        message = (
            f"{_pairs(len(doubles))} of pictures are the same: {exact} to the byte, "
            f"{len(doubles) - exact} nearly; they count more than once"
        )
        ordered = np.concatenate([pairs[alike & same], pairs[alike & ~same]])
        yield Fault("duplicate", False, message, len(doubles), _paired(dataset, ordered))


def leak_faults(dataset: Dataset, pairs: NDArray[np.int64], same: NDArray[np.bool_]) -> Iterator[Fault]:
    """`leak`: the same picture, nearly the same one, or the same group in two splits; none at all is not one."""
    split_of = np.array([item.split or "" for item in dataset])
    crossing = (split_of[pairs[:, 0]] != split_of[pairs[:, 1]]) & (split_of[pairs] != "").all(axis=1)
    exact, near = pairs[crossing & same], pairs[crossing & ~same]
    shared = _shared_groups(dataset)
    if not (len(exact) or len(near) or shared):
        return
    smallest = min(Counter(split_of[split_of != ""].tolist()).values())
    found = {"equal": len(exact), "nearly equal": len(near)}
    parts = [f"{_pairs(count)} of {kind} pictures" for kind, count in found.items() if count]
    parts += [f"{len(shared)} group{'s' * (len(shared) > 1)}, such as {next(iter(shared))!r},"] if shared else []
    message = f"{' and '.join(parts)} stand in two splits: results will look better than they are; split anew by group"
    refuses = bool(len(exact) or shared) or len(near) > _TOO_MANY_LEAKS * smallest
    examples = _paired(dataset, np.concatenate([exact, near])) or _items(next(iter(shared.values())))
    yield Fault("leak", refuses, message, len(exact) + len(near) + len(shared), examples)


def _shared_groups(dataset: Dataset) -> dict[str, list[Item]]:
    """Groups that stand in several splits, with one picture from each."""
    homes: dict[str, dict[str | None, Item]] = defaultdict(dict)
    for item in dataset:
        if item.group is not None and item.split is not None:
            homes[item.group].setdefault(item.split, item)
    return {group: list(each.values()) for group, each in homes.items() if len(each) > 1}


def shortcut_faults(dataset: Dataset, facts: Sequence[Facts], shortcuts: Sequence[Shortcut]) -> Iterator[Fault]:
    """`format`, `size`, `quality`, `mode`, `metadata`, `colour`, `framing`: the class without a look at the face."""

    def part_of(shortcut: Shortcut) -> Dataset:
        return dataset if shortcut.source is None else dataset.where(source=shortcut.source)

    def stops(shortcut: Shortcut) -> bool:
        if shortcut.auc.low <= REFUSES_ABOVE or shortcut.name in _CUT_AWAY:
            return False
        return len(part_of(shortcut)) > _WEIGHTY * len(dataset)

    for name in dict.fromkeys(shortcut.name for shortcut in shortcuts):
        worst = max((each for each in shortcuts if each.name == name), key=lambda each: (stops(each), each.auc.low))
        if worst.auc.low > WARNS_ABOVE:
            scope = f"in {worst.source} " if worst.source else ""
            message = (
                f"{_WORDS[name]} alone {scope}tells real from fake with AUC {worst.auc.value:.2f} "
                f"(95 % from {worst.auc.low:.2f}); {_typical(dataset, facts, worst)}{_ADVICE.get(name, _ALIKE)}"
            )
            part = part_of(worst)
            yield Fault(name, stops(worst), message, len(part), _both(part), worst)


_WORDS = {
    "format": "the file format",
    "size": "the picture size",
    "quality": "the JPEG encoding",
    "mode": "the colour mode",
    "metadata": "metadata",
    "colour": "the mean colour",
    "framing": "the face's size and place",
}
_ALIKE = "make both classes alike"
_ADVICE = {
    "framing": "the square around the face that unmask judges leaves most of it out; a network given whole pictures "
    "would learn it"
}


def _typical(dataset: Dataset, facts: Sequence[Facts], shortcut: Shortcut) -> str:
    """What the two classes mostly look like in the property."""
    if shortcut.name == "colour":
        return ""
    seen = []
    for label in CLASSES:
        own = [
            fact
            for item, fact in zip(dataset, facts, strict=True)
            if item.label == label and shortcut.source in (None, item.source)
        ]
        seen.append(f"{label} mostly {_usual_face(own) if shortcut.name == 'framing' else _usual(own, shortcut.name)}")
    return f"{', '.join(seen)}; "


def _usual(facts: Sequence[Facts], name: str) -> str:
    """The most frequent value of a property in words, and how frequent it is."""
    value, count = Counter(_value(fact, name) for fact in facts).most_common(1)[0]
    return f"{value} ({count / len(facts):.0%})"


def _usual_face(facts: Sequence[Facts]) -> str:
    """The middle half of the faces by their share of the picture's area."""
    shares = [fact.framing.width * fact.framing.height for fact in facts if fact.framing]
    low, high = np.quantile(shares, (0.25, 0.75))
    return f"{low:.0%} to {high:.0%} of the picture" if round(high, 2) > round(low, 2) else f"{low:.0%} of the picture"


def _value(fact: Facts, name: str) -> str:
    """A property of one file in words."""
    values = {
        "format": fact.format,
        "size": f"{fact.width}×{fact.height}",
        "quality": f"tables {fact.tables[:6]} {fact.layout}".strip() if fact.tables else "no JPEG",
        "mode": fact.mode,
        "metadata": "+".join(sorted(fact.metadata)) or "none",
    }
    return values[name]


def _both(dataset: Dataset) -> tuple[Item, ...]:
    """Examples of both classes, real ones first."""
    return tuple(item for label in CLASSES for item in dataset.where(label=label).items[: _SHOWN // 2])


def _items(items: Iterable[Item]) -> tuple[Item, ...]:
    return tuple(items)[:_SHOWN]


def _paired(dataset: Dataset, pairs: NDArray[np.int64]) -> tuple[Item, ...]:
    return tuple(dataset.items[index] for index in pairs[: _SHOWN // 2].ravel().tolist())


def _files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"


def _pairs(count: int) -> str:
    return f"{count} pair{'' if count == 1 else 's'}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
