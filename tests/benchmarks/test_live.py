"""The benchmark of live sync runs to its end. How fast anything was is not for a test to say."""

from benchmarks.live import Sizes, as_markdown, figures_of
from tests.benchmarks.starting import forked

SMALL = Sizes(
    seconds=0.1,
    rounds=1,
    writers=2,
    listeners=10,
    streams=6,
    changes=10,
    rate=100,
    idle=20,
    settle=0.1,
)


def test_every_figure_comes_out() -> None:
    figures, postgresql = figures_of(SMALL, forked, durable=False)
    assert len(figures) == 9
    page = as_markdown(figures, [postgresql])
    for figure in figures:
        assert f"| {figure.name} | {figure.measured} |" in page
    # Each stream of both replicas had each change, or the run would have failed.
    assert figures[-1].met is True
