"""The picture of the ratios: an SVG that needs nothing else, drawn by hand."""

import math
from collections.abc import Sequence
from html import escape
from typing import Final

from benchmarks.measuring import Result
from benchmarks.paths import PEERS

_COLOURS: Final = dict(zip(PEERS, ("#5b6b7b", "#2f7ed8", "#e07b39"), strict=True))
_WIDTH, _LEFT, _RIGHT = 1000, 380, 60
_TOP, _BAR, _GAP, _BOTTOM = 76, 14, 12, 40
_NUMBER = 30  # what a number takes, at most
_FONT = 'font-family="system-ui, sans-serif" font-size="12"'


def as_svg(results: Sequence[Result]) -> str:
    """Bars from 1, which is as fast as the peer, on a logarithmic axis: to the right where the
    service answers more. A tick is the target, the thin line the spread of the rounds.
    """
    ratios = [
        ratio
        for result in results
        for peer in PEERS
        if peer in result.readings
        for ratio in (*result.ratios(peer), result.path.targets.get(peer, 1.0))
    ]
    axis = _Axis(min([0.2, *ratios]), max([2.0, *ratios]))
    parts: list[str] = []
    y = float(_TOP)
    for result in results:
        peers = [peer for peer in PEERS if peer in result.readings]
        if not peers:
            continue
        middle = y + _BAR * len(peers) / 2 + 4
        name = escape(result.path.name)
        parts.append(f'<text x="{_LEFT - 12}" y="{middle:.1f}" text-anchor="end">{name}</text>')
        for peer in peers:
            parts += _bar(axis, result, peer, y)
            y += _BAR
        y += _GAP
    height = y + _BOTTOM
    return "\n".join(
        [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height:.0f}" '
                f'viewBox="0 0 {_WIDTH} {height:.0f}" {_FONT} fill="#1c2733">'
            ),
            "<title>The service's requests per second for each of its peers'</title>",
            f'<rect width="{_WIDTH}" height="{height:.0f}" fill="#ffffff"/>',
            (
                '<text x="16" y="26" font-size="16" font-weight="600">'
                "Requests that the service answers for each one of a peer</text>"
            ),
            *_legend(),
            *_grid(axis, y),
            *parts,
            "</svg>",
            "",
        ]
    )


class _Axis:
    """Where a ratio lies, in pixels from the left."""

    def __init__(self, low: float, high: float) -> None:
        self._low, self._high = math.log10(low), math.log10(high)
        self.marks = [
            mark
            for power in range(math.floor(self._low), math.ceil(self._high) + 1)
            for mark in (10.0**power, 2 * 10.0**power, 5 * 10.0**power)
            if low <= mark <= high
        ]

    def at(self, ratio: float) -> float:
        share = (math.log10(ratio) - self._low) / (self._high - self._low)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _bar(axis: _Axis, result: Result, peer: str, y: float) -> list[str]:
    ratio, ratios = result.ratio(peer), result.ratios(peer)
    start, end = sorted((axis.at(1), axis.at(ratio)))
    middle = y + _BAR / 2
    drawn = [
        (
            f'<rect x="{start:.1f}" y="{y + 1:.1f}" width="{max(1.0, end - start):.1f}" '
            f'height="{_BAR - 2}" fill="{_COLOURS[peer]}"/>'
        ),
        (
            f'<line x1="{axis.at(min(ratios)):.1f}" x2="{axis.at(max(ratios)):.1f}" '
            f'y1="{middle:.1f}" y2="{middle:.1f}" stroke="#1c2733"/>'
        ),
    ]
    target = result.path.targets.get(peer)
    if target is not None:
        x = axis.at(target)
        drawn.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - 1:.1f}" y2="{y + _BAR + 1:.1f}" '
            'stroke="#c0152f" stroke-width="2.5"/>'
        )
    # To the right of the bar, where no target is.
    beside = max(axis.at(max(ratios)), axis.at(1)) + 6
    if target is not None and 0 <= axis.at(target) - beside <= _NUMBER:
        beside = axis.at(target) + 6
    drawn.append(
        f'<text x="{beside:.1f}" y="{middle + 4:.1f}" font-size="11" '
        f'stroke="#ffffff" stroke-width="3" paint-order="stroke">{_number(ratio)}</text>'
    )
    return drawn


def _legend() -> list[str]:
    drawn, x = [], 16.0
    for peer, colour in _COLOURS.items():
        drawn.append(f'<rect x="{x:.0f}" y="40" width="12" height="12" fill="{colour}"/>')
        drawn.append(f'<text x="{x + 18:.0f}" y="50">× {peer}</text>')
        x += 90
    drawn.append(
        f'<line x1="{x + 6:.0f}" x2="{x + 6:.0f}" y1="38" y2="54" stroke="#c0152f" '
        'stroke-width="2.5"/>'
    )
    drawn.append(f'<text x="{x + 14:.0f}" y="50">target</text>')
    return drawn


def _grid(axis: _Axis, bottom: float) -> list[str]:
    drawn = []
    for mark in axis.marks:
        x = axis.at(mark)
        colour = "#1c2733" if mark == 1 else "#dde3e9"
        drawn.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 8}" y2="{bottom:.1f}" stroke="{colour}"/>'
        )
        drawn.append(
            f'<text x="{x:.1f}" y="{bottom + 18:.1f}" text-anchor="middle" font-size="11">'
            f"{_number(mark)}</text>"
        )
    return drawn


def _number(ratio: float) -> str:
    return f"{ratio:.2g}" if ratio < 10 else f"{ratio:,.0f}"
