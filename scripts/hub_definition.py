# ruff: noqa: INP001 - a script, no package
"""The definitions in hub: what MeltanoHub, and `meltano add --from-ref`, want to know of a plugin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import setting_entries
import yaml

ROOT = Path(__file__).resolve().parent.parent
HEAD = """# Written by `make reference` from `{name} --about` and meltano.yml.
# RESPONSYS_REPO is the URL of this repository: set the variable, or write the URL in.
"""
# What the plugins do not say of themselves.
WORDS = {
    "domain_url": "https://www.oracle.com/cx/marketing/campaign-management/",
    "keywords": ["email", "marketing", "meltano_sdk", "sftp"],
    "label": "Oracle Responsys",
    "maintenance_status": "active",
    "quality": "unknown",
    "variant": "responsys",
}
# Taken from the plugin's entry in meltano.yml.
SHARED = ("commands", "select", "settings_group_validation")


def text(name: str, about: dict[str, Any]) -> str:
    """Return a plugin's definition as YAML, keys in the order of the alphabet as on the hub.

    Args:
        name: Name of the plugin.
        about: What it says of itself.
    """
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    (own,) = (entry for kind in project["plugins"].values() for entry in kind if entry["name"] == name)
    repo = "git+$RESPONSYS_REPO#subdirectory"
    definition = {
        **WORDS,
        **{key: own[key] for key in SHARED if key in own},
        "capabilities": setting_entries.capabilities(about),
        "description": about["description"],
        "executable": name,
        "name": name,
        "namespace": name.replace("-", "_"),
        "pip_url": f"{repo}=responsys-io {repo}={name}",
        "settings": sorted(
            (setting_entries.entry(key, setting) for key, setting in about["settings"]["properties"].items()),
            key=lambda entry: str(entry["name"]),
        ),
    }
    body = yaml.safe_dump(definition, sort_keys=True, allow_unicode=True, width=110)
    return HEAD.format(name=name) + body
