"""What Prometheus would read, and which figures an expression of its language asks for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.support.processes import Service


@dataclass(frozen=True)
class Scrape:
    """The samples of one answer of `/metrics`."""

    samples: tuple[tuple[str, dict[str, str], float], ...]

    @classmethod
    def of(cls, text: str) -> "Scrape":
        """Raises ValueError where it is not the format."""
        return cls(
            tuple(
                (sample.name, dict(sample.labels), sample.value)
                for family in text_string_to_metric_families(text)
                for sample in family.samples
            )
        )

    def sum(self, name: str, **labels: str) -> float:
        """Of all samples of that name with these labels."""
        return sum(
            value
            for sample, has, value in self.samples
            if sample == name and labels.items() <= has.items()
        )

    @property
    def names(self) -> set[str]:
        return {name for name, _, _ in self.samples}

    def labels_of(self, name: str) -> set[str]:
        return {label for sample, has, _ in self.samples if sample == name for label in has}

    def values_of(self, label: str) -> set[str]:
        return {has[label] for _, has, _ in self.samples if label in has}


def scrape(service: Service) -> Scrape:
    """What the service tells now."""
    answer = httpx.get(f"{service.url}/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return Scrape.of(answer.text)


# Labels that Prometheus adds, and that an expression makes.
_ADDED = {"job", "instance", "le"}
_WORDS = {
    *("by", "without", "and", "or", "unless", "on", "ignoring", "group_left", "offset", "bool"),
    "up",
}
_WORD = re.compile(r"\"[^\"]*\"|[a-zA-Z_:][a-zA-Z0-9_:]*")
_MATCHER = re.compile(r"\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*\"[^\"]*\"\s*")


def asked_for(expression: str) -> Iterator[tuple[str, set[str]]]:
    """The name of each figure in an expression, with the labels that it is chosen by.

    Raises ValueError for brackets that do not close and matchers that are none. It is not a parser
    of PromQL, and need not be: it finds what is misspelt.
    """
    for opening, closing in ("()", "[]", "{}"):
        if expression.count(opening) != expression.count(closing):
            raise ValueError(f"{opening} without {closing}: {expression}")
    chosen = {label for group in _groups(expression) for label in group} - _ADDED
    bare = re.sub(r"\b(by|without|on|ignoring)\s*\([^)]*\)", " ", expression)
    bare = re.sub(r"\[[^\]]*\]", " ", bare)
    place = 0
    while (
        found := re.compile(r"\"[^\"]*\"|[a-zA-Z_:][a-zA-Z0-9_:]*").search(bare, place)
    ) is not None:
        place = found.end()
        name = found[0]
        rest = bare[place:].lstrip()
        if name.startswith('"') or name in _WORDS or rest.startswith("("):
            if name == "up" and rest.startswith("{"):
                place = bare.index("}", place)
            continue
        if bare[: found.start()].rstrip()[-1:].isdigit():  # 400e6
            continue
        labels: set[str] = set()
        if rest.startswith("{"):
            end = bare.index("}", place)
            inside = bare[bare.index("{", place) + 1 : end]
            labels = {_matcher(part) for part in _split(inside)}
            place = end + 1
        yield name, labels - _ADDED | chosen


def _groups(expression: str) -> Iterator[list[str]]:
    for group in re.findall(r"\bby\s*\(([^)]*)\)", expression):
        yield [label.strip() for label in group.split(",")]


def _split(matchers: str) -> list[str]:
    return re.findall(r"[^,\"]+\"[^\"]*\"", matchers)


def _matcher(text: str) -> str:
    found = _MATCHER.fullmatch(text)
    if found is None:
        raise ValueError(f"no matcher: {text}")
    return found[1]
