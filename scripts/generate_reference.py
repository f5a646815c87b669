# ruff: noqa: INP001 - a script, no package
"""Keep settings, capabilities and streams in one place: what the plugins themselves say.

Rewrites the marked blocks of the README files, of the reference in docs, of meltano.yml and of .env.example,
the definitions in hub and the README's badges, from the plugins' `--about --format=json`, the catalogue of
feeds, the source's error codes and doctor's findings, and the results of the benchmark. A block
stands between two lines:

    <!-- begin: settings tap-responsys -->      (Markdown)
    # begin: settings tap-responsys             (YAML and .env)

    python scripts/generate_reference.py            rewrites the files
    python scripts/generate_reference.py --check    names the files that differ, and fails if there are any
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import subprocess
import sys
import textwrap
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import badges
import doctor_findings
import error_codes
import hub_definition
import setting_entries
import stream_columns
import yaml

from responsys_io.feeds import feeds

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
HUB = {
    "tap-responsys": "hub/extractors/tap-responsys.yml",
    "target-responsys": "hub/loaders/target-responsys.yml",
}
FILES = (
    "README.md",
    "bench/README.md",
    "tap-responsys/README.md",
    "target-responsys/README.md",
    "docs/errors.md",
    "docs/reference/columns.md",
    "docs/reference/doctor.md",
    "docs/reference/streams.md",
    "docs/reference/tap-settings.md",
    "docs/reference/target-settings.md",
    "meltano.yml",
    ".env.example",
)
BLOCK = re.compile(
    r"^(?P<begin>[ ]*(?:<!--|\#)\ begin:\ (?P<kind>\w+)\ (?P<plugin>[\w-]+)(?:\ -->)?\n)"
    r".*?"
    r"^(?P<end>(?P<indent>[ ]*)(?:<!--|\#)\ end:\ (?P=kind)\ (?P=plugin)(?:\ -->)?)$",
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)


@cache
def about(plugin: str) -> dict[str, Any]:
    """Return what a plugin says of itself, as singer-sdk's `--about --format=json` prints it."""
    module = plugin.replace("-", "_")
    done = subprocess.run(  # noqa: S603 - our own plugins
        [sys.executable, "-m", module, "--about", "--format=json"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"{plugin} --about failed: {done.stderr.strip()}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def settings(plugin: str) -> dict[str, dict[str, Any]]:
    """Return the plugin's settings as JSON Schema properties, by name."""
    properties: dict[str, dict[str, Any]] = about(plugin)["settings"]["properties"]
    return properties


def markdown_settings(plugin: str) -> str:
    """Return the settings as a Markdown table."""
    required = about(plugin)["settings"].get("required", [])
    rows = ["| Setting | Default | What it does |", "|---|---|---|"]
    for name, setting in settings(plugin).items():
        notes = [setting_entries.sentence(setting.get("description", ""))]
        if choices := setting_entries.choices(setting):
            notes.append(f"One of {', '.join(f'`{choice}`' for choice in choices)}.")
        if name in required:
            notes.insert(0, "**Required.**")
        if setting_entries.is_secret(setting):
            notes.append("Secret.")
        rows.append(f"| `{name}` | {_markdown_default(setting)} | {_cell(' '.join(filter(None, notes)))} |")
    return "\n".join(rows)


def markdown_capabilities(plugin: str) -> str:
    """Return the capabilities as a line of Markdown."""
    return ", ".join(f"`{name}`" for name in sorted(about(plugin)["capabilities"]))


def markdown_streams(_plugin: str) -> str:
    """Return the feeds of the catalogue as a Markdown table of streams."""
    rows = ["| Stream | Feed | Channel | Columns | What a row is |", "|---|---|---|---|---|"]
    for feed in feeds().values():
        columns = len(feed.columns) or "as in the file"
        rows.append(
            f"| `{feed.stream_name}` | {feed.stem} | {feed.channel} | {columns} | {_cell(feed.description)} |"
        )
    return "\n".join(rows)


def markdown_performance(command: str) -> str:
    """Return what the benchmark's results in the repository say, by one of its commands."""
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "bench", command], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout.rstrip()


def meltano_settings(plugin: str) -> str:
    """Return the settings as the `settings` key of a plugin in meltano.yml."""
    return _yaml(
        {"settings": [setting_entries.entry(name, setting) for name, setting in settings(plugin).items()]}
    )


def meltano_capabilities(plugin: str) -> str:
    """Return the capabilities as the `capabilities` key of a plugin in meltano.yml."""
    return _yaml({"capabilities": setting_entries.capabilities(about(plugin))})


def environment_settings(plugin: str) -> str:
    """Return the settings as commented lines of an .env file."""
    prefix = plugin.replace("-", "_").upper()
    lines = []
    for name, setting in settings(plugin).items():
        lines += textwrap.wrap(
            setting_entries.sentence(setting.get("description", "")),
            100,
            initial_indent="# ",
            subsequent_indent="# ",
        )
        lines.append(f"#{prefix}_{name.upper()}={_environment_value(setting)}")
    return "\n".join(lines)


RENDERERS: dict[tuple[str, str], Callable[[str], str]] = {
    (".md", "settings"): markdown_settings,
    (".md", "capabilities"): markdown_capabilities,
    (".md", "streams"): markdown_streams,
    (".md", "errors"): lambda _: error_codes.table(),
    (".md", "findings"): lambda _: doctor_findings.table(),
    (".md", "columns"): lambda _: stream_columns.sections(),
    (".md", "performance"): markdown_performance,
    (".yml", "settings"): meltano_settings,
    (".yml", "capabilities"): meltano_capabilities,
    (".example", "settings"): environment_settings,
}


def rewritten(text: str, suffix: str) -> str:
    """Return a file's text with all its blocks rendered anew.

    Args:
        text: The file as it is.
        suffix: The file's suffix: what a kind of block looks like depends on it.
    """

    def block(match: re.Match[str]) -> str:
        body = RENDERERS[suffix, match["kind"]](match["plugin"])
        if suffix == ".md":
            body = f"\n{body}\n"
        lines = (f"{match['indent']}{line}".rstrip() for line in body.split("\n"))
        return "\n".join((match["begin"].rstrip("\n"), *lines, match["end"]))

    return BLOCK.sub(block, text)


def main() -> None:
    """Rewrite the files or, with `--check`, compare them.

    Raises:
        SystemExit: With a line that names the files that differ.
    """
    parser = argparse.ArgumentParser(description="Write the generated blocks from the plugins' --about.")
    parser.add_argument("--check", action="store_true", help="compare only")
    check = parser.parse_args().check
    differing = []
    wanted = {ROOT / name: text for name, text in badges.badges().items()}
    wanted |= {ROOT / name: hub_definition.text(plugin, about(plugin)) for plugin, name in HUB.items()}
    wanted |= {ROOT / name: rewritten((ROOT / name).read_text("utf-8"), Path(name).suffix) for name in FILES}
    for path, new in wanted.items():
        if not path.exists() or path.read_text("utf-8") != new:
            differing.append(path.relative_to(ROOT).as_posix())
            if not check:
                path.write_text(new, encoding="utf-8")
    if check and differing:
        sys.exit(f"Not as the plugins say: {', '.join(differing)}. Run `make reference`.")


def _markdown_default(setting: dict[str, Any]) -> str:
    default = setting.get("default")
    if default in (None, ""):
        return ""
    return f"`{_cell(default if isinstance(default, str) else json.dumps(default))}`"


def _environment_value(setting: dict[str, Any]) -> str:
    default = setting.get("default")
    if default is None:
        return ""
    return shlex.quote(default if isinstance(default, str) else json.dumps(default))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _yaml(value: dict[str, Any]) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110).rstrip()


if __name__ == "__main__":
    main()
