"""The plots as Vega-Lite specifications: rows of the document in, a description of a picture out.

Colours are variables of the page's style sheet, so that one picture serves light and dark. Nothing is told by
colour alone: what differs by colour differs by place, shape, dashes or a sign as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Spec = dict[str, Any]
Rows = "Sequence[Mapping[str, Any]]"


@dataclass(frozen=True)
class Width:
    """How wide plots are.

    Args:
        pixels: Of the whole plot.
        calendar_days: How many days a calendar has room for.
        cell: Width of a day in it.
        columns: How many small plots go side by side.
        labels: Room for names at the left.
    """

    pixels: int
    calendar_days: int
    cell: int
    columns: int
    labels: int


WIDE = Width(980, 42, 20, 4, 150)
NARROW = Width(330, 14, 16, 2, 96)

MARKS = {
    "read": ("Read", "var(--read)", ""),
    "rejects": ("Read, with rejected rows", "var(--rejects)", "r"),
    "reading": ("Being read", "var(--reading)", "…"),
    "due": ("Due today", "var(--due)", ""),
    "late": ("Late, can still come", "var(--late)", "!"),
    "missing": ("No export", "var(--missing)", "–"),  # noqa: RUF001  signs, not letters
    "lost": ("Window closed", "var(--lost)", "×"),  # noqa: RUF001  idem
    "before": ("Before the first export", "var(--before)", ""),
}
"""What became of a day: words, colour and sign."""

METRICS = {
    "sends": ("Sent", "var(--sent)"),
    "unique_opens": ("Opened", "var(--opened)"),
    "unique_clicks": ("Clicked", "var(--clicked)"),
    "bounces": ("Bounced", "var(--bounced)"),
    "unique_unsubscribes": ("Unsubscribed", "var(--unsubscribed)"),
}
RATES = {
    "open_rate": ("Open rate", "var(--opened)"),
    "click_rate": ("Click rate", "var(--clicked)"),
    "bounce_rate": ("Bounce rate", "var(--bounced)"),
    "unsubscribe_rate": ("Unsubscribe rate", "var(--unsubscribed)"),
}
OUTCOMES = {
    "merged": ("Delivered", "var(--read)"),
    "refused": ("Refused", "var(--missing)"),
    "unknown": ("Outcome unknown", "var(--late)"),
}

MOST_GROUPS = 10
_MOST_DAYS = 92
_AXIS, _NUMBER = 44, 46
"""Pixels for the numbers of an axis, and for one behind a bar."""


def calendar(coverage: Mapping[str, Any], width: Width) -> Spec:
    """Draw a square per stream and day."""
    days = coverage["days"][-width.calendar_days :]
    streams = [each["stream"] for each in coverage["streams"]]
    rows = [
        {"stream": each["stream"], "day": day, "mark": MARKS[mark][0], "sign": MARKS[mark][2]}
        for each in coverage["streams"]
        for day, mark in each["marks"].items()
        if day in days
    ]
    shown = {row["mark"] for row in rows}
    legend = [entry for entry in MARKS.values() if entry[0] in shown]
    months = "['','Jan','Feb','Mar','Apr','May','Jun','Jul','Aug','Sep','Oct','Nov','Dec']"
    label = (
        f"[datum.index == 0 || slice(datum.value, 8) == '01' ? {months}"
        "[toNumber(slice(datum.value, 5, 7))] : '', slice(datum.value, 8)]"
    )
    place = {
        "x": {
            "field": "day",
            "type": "ordinal",
            "scale": {"domain": days},
            "axis": {
                "title": None,
                "labelAngle": 0,
                "labelExpr": label,
                "orient": "top",
                **_BARE,
                "labelPadding": 18,
            },
        },
        "y": {
            "field": "stream",
            "type": "ordinal",
            "scale": {"domain": streams},
            "axis": {"title": None, "labelLimit": width.labels, **_BARE},
        },
    }
    colour = _colours(legend, columns=width.columns, shape="square")
    squares = {
        "mark": {"type": "rect", "cornerRadius": 3, "stroke": "var(--card)", "strokeWidth": 2},
        "encoding": {
            **place,
            "color": {"field": "mark", **colour},
            "description": {"field": "about"},
        },
    }
    signs = {
        "transform": [{"filter": "datum.sign"}],
        "mark": {"type": "text", "fontWeight": "bold", "fontSize": 12, "color": "var(--sign)"},
        "encoding": {**place, "text": {"field": "sign"}},
    }
    told = [row | {"about": f"{row['stream']}, {row['day']}: {row['mark']}"} for row in rows]
    return _spec(
        data=told,
        layer=[squares, signs],
        width={"step": width.cell},
        height={"step": 24 if width is WIDE else 22},
    )


def volumes(daily: Sequence[Mapping[str, Any]], width: Width) -> Spec:
    """Draw what happened on each day, one small plot below the other, each with its own scale."""
    rows = _long(daily[-_MOST_DAYS:], METRICS, "day")
    told = [row | {"about": f"{row['metric']} on {row['day']}: {row['value']:,}"} for row in rows]
    *_, (last, _) = METRICS.values()
    plots = [
        _small(words, width.pixels - _AXIS, 60)
        | {
            "mark": {"type": "bar", "color": colour},
            "encoding": {
                "x": _days_axis(width) | ({} if words == last else {"axis": None}),
                "y": _value(stack=None, tickMinStep=1, format=",d"),
                "description": {"field": "about"},
            },
        }
        for words, colour in METRICS.values()
    ]
    return _spec(data=told, vconcat=plots, spacing=10)


def rates(daily: Sequence[Mapping[str, Any]], width: Width) -> Spec:
    """Draw the rates of the messages sent on each day, each in a small plot with its own scale."""
    rows = _long(daily[-_MOST_DAYS:], RATES, "day")
    told = [
        row | {"about": f"{row['metric']} of messages sent on {row['day']}: {row['value']:.1%}"}
        for row in rows
    ]
    side_by_side = 2 if width is WIDE else 1
    room = width.pixels // side_by_side - _AXIS - 10 * side_by_side
    place = {"x": _days_axis(width), "y": _value(format=".1~%")}
    plots = [
        _small(words, room, 96)
        | {
            "layer": [
                {
                    "mark": {
                        "type": "area",
                        "color": colour,
                        "line": {"strokeWidth": 2, "color": colour},
                        "fillOpacity": 0.16,
                    },
                    "encoding": place,
                },
                {
                    "mark": {"type": "point", "filled": True, "size": 24, "opacity": 1, "color": colour},
                    "encoding": place | {"description": {"field": "about"}},
                },
            ]
        }
        for words, colour in RATES.values()
    ]
    return _spec(
        data=told, concat=plots, columns=side_by_side, bounds="flush", spacing={"row": 52, "column": 64}
    )


def rates_by(groups: Sequence[Mapping[str, Any]], width: Width) -> Spec:
    """Draw the rates of the campaigns or domains with the most messages, a bar for each."""
    most = [group for group in groups if group["sends"]][:MOST_GROUPS]
    told = [
        row | {"about": f"{row['name']}: {row['metric']} {row['value']:.1%}", "text": f"{row['value']:.1%}"}
        for row in _long(most, RATES, "name")
    ]
    names = list(dict.fromkeys(group["name"] for group in most))
    room = (width.pixels - width.labels) // width.columns - _NUMBER
    plots = []
    for place, (words, colour) in enumerate(RATES.values()):
        names_axis = {"title": None, "labelLimit": width.labels - 8, "minExtent": width.labels, **_BARE}
        y = {
            "field": "name",
            "type": "nominal",
            "scale": {"domain": names},
            "axis": None if place % width.columns else names_axis,
        }
        x = {"field": "value", "type": "quantitative", "stack": None, "scale": {"nice": False}, "axis": None}
        bars = {
            "mark": {"type": "bar", "height": 12, "cornerRadiusEnd": 3, "color": colour},
            "encoding": {"x": x, "y": y, "description": {"field": "about"}},
        }
        numbers = {
            "mark": {"type": "text", "align": "left", "dx": 4, "color": "var(--ink)", "fontSize": 11},
            "encoding": {"x": x, "y": y, "text": {"field": "text"}},
        }
        plots.append(_small(words, room, {"step": 22}) | {"layer": [bars, numbers]})
    return _spec(
        data=told, concat=plots, columns=width.columns, bounds="flush", spacing={"row": 36, "column": _NUMBER}
    )


def outcomes(campaigns: Sequence[Mapping[str, Any]], width: Width) -> Spec:
    """Draw what became of each campaign's records, in one bar."""
    counted = [line for line in campaigns if line["merged"] or line["refused"] or line["unknown"]][
        :MOST_GROUPS
    ]
    several = len({line["campaign"] for line in counted}) < len(counted)
    lines = [
        dict(line, name=f"{line['campaign']} → {line['destination']}" if several else line["campaign"])
        for line in counted
    ]
    rows = _long(lines, OUTCOMES, "name")
    shown = [
        outcome
        for outcome in OUTCOMES.values()
        if any(row["metric"] == outcome[0] and row["value"] for row in rows)
    ]
    room = width.labels + 30
    told = [
        row | {"about": f"{row['name']}: {row['metric']} {row['value']:,}"} for row in rows if row["value"]
    ]
    return _spec(
        data=told,
        mark={"type": "bar", "height": 16},
        width=width.pixels - room - 20,
        height={"step": 30},
        encoding={
            "y": {
                "field": "name",
                "type": "nominal",
                "scale": {"domain": [line["name"] for line in lines]},
                "axis": {"title": None, "labelLimit": room - 8, "minExtent": room, **_BARE},
            },
            "x": {
                "field": "value",
                "type": "quantitative",
                "axis": {"title": None, "tickCount": 4, **_BARE_Y},
            },
            "color": {"field": "metric", **_colours(shown, columns=3, shape="square")},
            "order": {"field": "place"},
            "description": {"field": "about"},
        },
    )


_BARE = {"domain": False, "ticks": False, "grid": False, "labelPadding": 6}
_BARE_Y = {"domain": False, "ticks": False, "grid": True, "labelPadding": 6}


def _days_axis(width: Width) -> Spec:
    ticks = 8 if width is WIDE else 4
    axis = {
        "title": None,
        "format": "%-d %b",
        "tickCount": ticks,
        "grid": False,
        "ticks": False,
        "labelFlush": True,
    }
    return {"field": "day", "type": "temporal", "timeUnit": "utcyearmonthdate", "axis": axis}


def _long(rows: Sequence[Mapping[str, Any]], metrics: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return a row for each number, nulls left out: rates of nothing."""
    return [
        {key: row[key], "metric": name, "value": row[field], "place": place}
        for row in rows
        for place, (field, (name, _)) in enumerate(metrics.items())
        if row.get(field) is not None
    ]


def _small(title: str, width: int, height: Any) -> Spec:
    """Return the frame of one plot among several: the rows of its metric, and its title."""
    return {
        "title": {"text": title, "anchor": "start", "frame": "bounds", "offset": 6},
        "transform": [{"filter": {"field": "metric", "equal": title}}],
        "width": width,
        "height": height,
    }


def _value(**options: Any) -> Spec:
    stack = {"stack": options.pop("stack")} if "stack" in options else {}
    axis = {"title": None, "tickCount": 3, "minExtent": _AXIS, **_BARE_Y, **options}
    return {"field": "value", "type": "quantitative", "axis": axis, **stack}


def _colours(entries: Sequence[tuple[str, ...]], columns: int = 0, shape: str = "circle") -> Spec:
    legend = {
        "title": None,
        "orient": "bottom",
        "direction": "horizontal",
        "columns": columns,
        "symbolType": shape,
    }
    return {
        "type": "nominal",
        "scale": {"domain": [entry[0] for entry in entries], "range": [entry[1] for entry in entries]},
        "legend": legend,
    }


def _spec(data: list[dict[str, Any]], **parts: Any) -> Spec:
    text = {"labelColor": "var(--muted)", "labelFontSize": 11}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": data},
        "background": None,
        "padding": 2,
        **parts,
        "config": {
            "font": "Arial, Helvetica, Liberation Sans, sans-serif",
            "view": {"stroke": None},
            "axis": {
                **text,
                "gridColor": "var(--line)",
                "domainColor": "var(--line)",
                "tickColor": "var(--line)",
            },
            "axisY": {"labelFontSize": 12, "labelColor": "var(--ink)"},
            "legend": {
                **text,
                "labelFontSize": 12,
                "labelColor": "var(--ink)",
                "labelLimit": 260,
                "rowPadding": 5,
            },
            "title": {"color": "var(--ink)", "fontSize": 13, "fontWeight": "bold"},
            "mark": {"color": "var(--sent)"},
        },
    }
