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
NARROW = Width(330, 14, 16, 2, 92)

MARKS = {
    "read": ("Read", "var(--read)", ""),
    "rejects": ("Read, with rejected rows", "var(--rejects)", "r"),
    "reading": ("Being read", "var(--reading)", "…"),
    "due": ("Due today", "var(--due)", "·"),
    "late": ("Late, still on the server", "var(--late)", "!"),
    "missing": ("No export", "var(--missing)", "–"),
    "lost": ("Window closed", "var(--lost)", "×"),
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
_PERCENT = ".0%"


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
    months = "['','January','February','March','April','May','June','July','August','September','October',"
    months += "'November','December']"
    label = (
        f"datum.index == 0 || slice(datum.value, 8) == '01' ? [slice(datum.value, 8), slice({months}"
        "[toNumber(slice(datum.value, 5, 7))], 0, 3)] : [slice(datum.value, 8)]"
    )
    place = {
        "x": {
            "field": "day",
            "type": "ordinal",
            "scale": {"domain": days},
            "axis": {"title": None, "labelAngle": 0, "labelExpr": label, "orient": "top", **_BARE},
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
        "mark": {"type": "text", "fontWeight": "bold", "fontSize": 12, "color": "var(--sign)"},
        "encoding": {**place, "text": {"field": "sign"}},
    }
    told = [row | {"about": f"{row['stream']}, {row['day']}: {row['mark']}"} for row in rows]
    return _spec(
        data=told, layer=[squares, signs], width={"step": width.cell}, height={"step": 24 if width is WIDE else 22}
    )


def volumes(daily: Sequence[Mapping[str, Any]], width: Width) -> Spec:
    """Draw what happened on each day, one small plot below the other, each with its own scale."""
    days = daily[-_MOST_DAYS:]
    rows = _long(days, METRICS, "day")
    small = {
        "mark": "bar",
        "width": width.pixels - 56,
        "height": 64,
        "encoding": {
            "x": _days_axis(width),
            "y": {"field": "value", "type": "quantitative", "stack": None, "axis": {"title": None, "tickCount": 3, **_BARE_Y}},
            "color": {"field": "metric", **_colours(list(METRICS.values())), "legend": None},
            "description": {"field": "about"},
        },
    }
    told = [row | {"about": f"{row['metric']} on {row['day']}: {row['value']:,}"} for row in rows]
    return _spec(
        data=told,
        facet={"row": _facet("metric", [name for name, _ in METRICS.values()])},
        spec=small,
        spacing=10,
        resolve={"scale": {"y": "independent"}},
    )


def rates(daily: Sequence[Mapping[str, Any]], width: Width) -> Spec:
    """Draw the rates of the messages sent on each day, each in a small plot with its own scale."""
    rows = _long(daily[-_MOST_DAYS:], RATES, "day")
    y = {"field": "value", "type": "quantitative", "axis": {"title": None, "tickCount": 3, "format": ".1~%", **_BARE_Y}}
    shared = {"x": _days_axis(width), "y": y, "color": {"field": "metric", **_colours(list(RATES.values())), "legend": None}}
    line = {
        "mark": {"type": "area", "line": {"strokeWidth": 2}, "fillOpacity": 0.16, "interpolate": "monotone"},
        "encoding": shared,
    }
    points = {
        "mark": {"type": "point", "filled": True, "size": 28, "opacity": 1},
        "encoding": shared | {"description": {"field": "about"}},
    }
    side_by_side = 2 if width is WIDE else 1
    told = [row | {"about": f"{row['metric']} of messages sent on {row['day']}: {row['value']:.1%}"} for row in rows]
    return _spec(
        data=told,
        facet=_facet("metric", [name for name, _ in RATES.values()]),
        columns=side_by_side,
        spec={"layer": [line, points], "width": width.pixels // side_by_side - 60, "height": 92},
        spacing={"row": 14, "column": 26},
        resolve={"scale": {"y": "independent"}},
    )


def rates_by(groups: Sequence[Mapping[str, Any]], width: Width) -> Spec:
    """Draw the rates of the campaigns or domains with the most messages, a bar for each."""
    most = [group for group in groups if group["sends"]][:MOST_GROUPS]
    rows = _long(most, RATES, "name")
    names = list(dict.fromkeys(group["name"] for group in most))
    bars = (width.pixels - width.labels) // width.columns - 28
    y = {
        "field": "name",
        "type": "nominal",
        "scale": {"domain": names},
        "axis": {"title": None, "labelLimit": width.labels, **_BARE},
    }
    x = {
        "field": "value",
        "type": "quantitative",
        "stack": None,
        "scale": {"nice": False, "padding": 0},
        "axis": None,
    }
    coloured = {"color": {"field": "metric", **_colours(list(RATES.values())), "legend": None}}
    track = {
        "mark": {"type": "bar", "height": 12, "cornerRadiusEnd": 3},
        "encoding": {"x": x, "y": y, **coloured, "description": {"field": "about"}},
    }
    numbers = {
        "mark": {"type": "text", "align": "left", "dx": 4, "color": "var(--ink)", "fontSize": 11},
        "encoding": {"x": x, "y": y, "text": {"field": "text"}},
    }
    told = [
        row | {"about": f"{row['name']}: {row['metric']} {row['value']:.1%}", "text": f"{row['value']:.1%}"}
        for row in rows
    ]
    return _spec(
        data=told,
        facet=_facet("metric", [name for name, _ in RATES.values()]),
        columns=width.columns,
        spec={"layer": [track, numbers], "width": bars - 10, "height": {"step": 22}},
        spacing={"row": 14, "column": 38},
        resolve={"scale": {"x": "independent"}},
    )


def outcomes(campaigns: Sequence[Mapping[str, Any]], width: Width) -> Spec:
    """Draw what became of each campaign's records, in one bar."""
    lines = [dict(line, name=f"{line['campaign']} → {line['destination']}") for line in campaigns[:MOST_GROUPS]]
    rows = _long(lines, OUTCOMES, "name")
    shown = [outcome for outcome in OUTCOMES.values() if any(row["metric"] == outcome[0] and row["value"] for row in rows)]
    room = width.pixels // 3
    told = [row | {"about": f"{row['name']}: {row['metric']} {row['value']:,}"} for row in rows if row["value"]]
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
                "axis": {"title": None, "labelLimit": room, **_BARE},
            },
            "x": {"field": "value", "type": "quantitative", "axis": {"title": None, "tickCount": 4, **_BARE_Y}},
            "color": {"field": "metric", **_colours(shown, columns=3, shape="square")},
            "order": {"field": "place"},
            "description": {"field": "about"},
        },
    )


_BARE = {"domain": False, "ticks": False, "grid": False, "labelPadding": 6}
_BARE_Y = {"domain": False, "ticks": False, "grid": True}


def _days_axis(width: Width) -> Spec:
    ticks = 8 if width is WIDE else 4
    axis = {"title": None, "format": "%-d %b", "tickCount": ticks, "grid": False, "ticks": False, "labelFlush": True}
    return {"field": "day", "type": "temporal", "timeUnit": "utcyearmonthdate", "axis": axis}


def _long(rows: Sequence[Mapping[str, Any]], metrics: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return a row for each number, nulls left out: rates of nothing."""
    return [
        {key: row[key], "metric": name, "value": row[field], "place": place}
        for row in rows
        for place, (field, (name, _)) in enumerate(metrics.items())
        if row.get(field) is not None
    ]


def _facet(field: str, order: list[str]) -> Spec:
    header = {
        "title": None,
        "labelOrient": "top",
        "labelAnchor": "start",
        "labelAngle": 0,
        "labelPadding": 4,
    }
    return {"field": field, "type": "nominal", "sort": order, "header": header}


def _colours(entries: Sequence[tuple[str, ...]], columns: int = 0, shape: str = "circle") -> Spec:
    legend = {"title": None, "orient": "bottom", "direction": "horizontal", "columns": columns, "symbolType": shape}
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
            "font": "system-ui, sans-serif",
            "view": {"stroke": None},
            "axis": {**text, "gridColor": "var(--line)", "domainColor": "var(--line)", "tickColor": "var(--line)"},
            "axisY": {"labelFontSize": 12, "labelColor": "var(--ink)"},
            "legend": {**text, "labelFontSize": 12, "labelColor": "var(--ink)", "labelLimit": 260, "rowPadding": 5},
            "header": {"labelColor": "var(--ink)", "labelFontSize": 13, "labelFontWeight": "bold"},
            "mark": {"color": "var(--sent)"},
        },
    }
