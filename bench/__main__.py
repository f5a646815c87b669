"""The benchmark's commands; see README.md beside this file."""

from __future__ import annotations

import argparse
import subprocess
from dataclasses import replace
from pathlib import Path

from bench.environments import InstallationError, ensure
from bench.headline import headline
from bench.measure import CommandError
from bench.paths import RESULTS, ROOT, WORK, clean_environment
from bench.results import Result, read, to_json
from bench.section import section
from bench.summary import summarize
from bench.table import text_table


def main() -> None:
    """Run the command that was asked for.

    Raises:
        SystemExit: With one line when a server or an environment is not to be had, and with 1 when a case
            has failed.
    """
    chosen = _arguments()
    if chosen.command == "section":
        print(section(RESULTS))  # noqa: T201
        return
    if chosen.command == "headline":
        print(headline(RESULTS))  # noqa: T201
        return
    if chosen.command == "show":
        _show(read(chosen.result))
        return
    # These need servers, keys and what the tests have of them.
    from bench.profiling import profile  # noqa: PLC0415
    from bench.scale import Sizes  # noqa: PLC0415
    from bench.servers import ServerError  # noqa: PLC0415
    from bench.suite import FULL, QUICK, run_plan, run_scale  # noqa: PLC0415

    try:
        if chosen.command == "profile":
            for graph in profile(chosen.rows):
                print(f"flame graph: {graph.relative_to(ROOT)}")  # noqa: T201
            return
        if chosen.command == "scale":
            result = run_scale(Sizes(), chosen.rounds or 1)
        else:
            plan = QUICK if chosen.command == "quick" else FULL
            result = run_plan(replace(plan, rounds=chosen.rounds or plan.rounds))
    except (ServerError, InstallationError, CommandError) as error:
        raise SystemExit(f"bench: {error}") from error
    _keep(result, WORK / "quick" if chosen.command == "quick" else RESULTS / chosen.command)
    _show(result)
    if result.failed:
        raise SystemExit(1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Measure the plugins beside their peers.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in (
        ("full", "all cases; the result goes to bench/results"),
        ("quick", "the same cases, small and once; the result goes to .local/bench"),
        ("scale", "the tap over rows, files, columns and feeds"),
    ):
        command = commands.add_parser(name, help=what)
        command.add_argument("--rounds", type=int, help="how often each case runs")
    profile = commands.add_parser("profile", help="where the time goes")
    profile.add_argument("--rows", type=int, default=200_000)
    commands.add_parser("section", help="print the figures of this folder's README")
    commands.add_parser("headline", help="print what the project's README says of them")
    show = commands.add_parser("show", help="print a result as tables")
    show.add_argument("result", type=Path)
    return parser.parse_args()


def _keep(result: Result, place: Path) -> None:
    """Write a result as JSON and as a picture."""
    place.parent.mkdir(parents=True, exist_ok=True)
    document, picture = place.with_suffix(".json"), place.with_suffix(".svg")
    document.write_text(to_json(result), encoding="utf-8")
    subprocess.run(  # noqa: S603 - our own module, in an environment that has matplotlib
        [str(ensure("plot") / "python"), "-m", "bench.plot", str(document), str(picture)],
        check=True,
        cwd=ROOT,
        env=clean_environment(MPLCONFIGDIR=str(WORK / "matplotlib")),
    )
    for path in (document, picture):
        print(path.relative_to(ROOT))  # noqa: T201


def _show(result: Result) -> None:
    facts = ", ".join(f"{name} {value}" for name, value in {**result.machine, **result.inputs}.items())
    print(f"{result.kind}, {result.date}: {facts}\n")  # noqa: T201
    print(text_table(summarize(result.measured)))  # noqa: T201
    for name, reason in result.failed.items():
        print(f"failed: {name}: {reason}")  # noqa: T201


if __name__ == "__main__":
    main()
