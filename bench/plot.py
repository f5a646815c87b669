"""Results as pictures. Runs in an environment of its own, which has matplotlib and nothing of the project.

python -m bench.plot RESULT.json PICTURE.svg
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt

from bench.results import Measured, Result, read
from bench.summary import Row, steady_rate, summarize
from bench.table import grouped

_OWN, _OTHER = "#c74634", "#8a9ba8"
_THOUSAND = 1000


def draw(result: Result, picture: Path) -> None:
    """Draw a result: bars per group, or a curve per series where cases have a place on an axis."""
    # The same input gives the same file.
    mpl.rcParams.update({"svg.hashsalt": "bench", "font.size": 9, "figure.constrained_layout.use": True})
    if any(case.at is not None for case in result.measured):
        _curves(result)
    else:
        _bars(summarize(result.measured))
    machine = result.machine
    plt.gcf().suptitle(
        f"{result.date}, {machine['cores']} cores {machine['processor']}, Python {machine['python']}"
    )
    plt.savefig(picture, metadata={"Date": None})
    plt.close()


def _bars(rows: list[Row]) -> None:
    groups = {name: [row for row in found if row.rate] for name, found in grouped(rows).items()}
    groups = {name: found for name, found in groups.items() if found}
    heights = [len(found) + 1.5 for found in groups.values()]
    _, axes = plt.subplots(
        len(groups), 1, figsize=(9, 0.32 * sum(heights) + 1), height_ratios=heights, squeeze=False
    )
    for axis, (name, found) in zip(axes[:, 0], groups.items(), strict=True):
        rates = [(row.rate or 0) / _THOUSAND for row in found]
        bars = axis.barh(
            [row.measured.name for row in found],
            rates,
            color=[_OWN if row.measured.own else _OTHER for row in found],
        )
        labels = [f"{rate:.1f}   {row.peak_mb:.0f} MB" for rate, row in zip(rates, found, strict=True)]
        axis.bar_label(bars, labels, padding=3)
        axis.margins(x=0.2)
        axis.invert_yaxis()
        axis.set_title(name, loc="left")
        axis.set_xlabel("thousand rows a second; peak memory")
        axis.spines[["top", "right"]].set_visible(False)


def _curves(result: Result) -> None:
    series: dict[str, list[Measured]] = {}
    for case in result.measured:
        series.setdefault(case.group, []).append(case)
    _, axes = plt.subplots(1, len(series), figsize=(3.6 * len(series), 3.6), sharey=True, squeeze=False)
    for axis, (name, cases) in zip(axes[0], series.items(), strict=True):
        places = [case.at or 0 for case in cases]
        whole = [(row.rate or 0) / _THOUSAND for row in summarize(cases)]
        axis.plot(
            places,
            [steady_rate(case) / _THOUSAND for case in cases],
            "o-",
            color=_OWN,
            label="after start-up",
        )
        axis.plot(places, whole, "o--", color=_OTHER, label="with start-up")
        memory = axis.twinx()
        memory.plot(places, [row.peak_mb for row in summarize(cases)], "s:", color="#4a6b57", markersize=3)
        memory.set_ylim(0, 1.5 * max(row.peak_mb for row in summarize(cases)))
        memory.set_ylabel("peak MB (dotted)")
        axis.set_xscale("log")
        axis.set_ylim(bottom=0)
        axis.set_title(name)
        axis.set_ylabel("thousand rows a second")
        axis.legend()


if __name__ == "__main__":
    mpl.use("svg")
    draw(read(Path(sys.argv[1])), Path(sys.argv[2]))
