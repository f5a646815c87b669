# ruff: noqa: INP001 - a script, no package
"""The badges of the root README, from what the packages' own metadata says. Files: nothing is fetched."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_WIDTH, _PADDING = 6.6, 12


def badges() -> dict[str, str]:
    """Return each badge as SVG, by its path in the repository."""
    tap = _project("tap-responsys")
    versions = [name.rpartition(" ")[2] for name in tap["classifiers"] if "Python :: 3." in name]
    (sdk,) = (name for name in tap["dependencies"] if name.startswith("singer-sdk"))
    said = {
        "python": ("Python", f"{versions[0]} to {versions[-1]}"),
        "licence": ("licence", tap["license"]),
        "sdk": ("Singer SDK", sdk.partition("~=")[2]),
    }
    return {f"docs/images/{name}.svg": _svg(*words) for name, words in said.items()}


def _project(folder: str) -> dict[str, Any]:
    text = (ROOT / folder / "pyproject.toml").read_text(encoding="utf-8")
    project: dict[str, Any] = tomllib.loads(text)["project"]
    return project


def _svg(label: str, value: str) -> str:
    left, right = (round(len(text) * _WIDTH + _PADDING) for text in (label, value))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img">'
        f"<title>{label}: {value}</title>"
        f'<rect width="{left}" height="20" fill="#555"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="#1f6fb2"/>'
        f'<g fill="#fff" font-family="sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left / 2}" y="14">{label}</text>'
        f'<text x="{left + right / 2}" y="14">{value}</text></g></svg>\n'
    )
