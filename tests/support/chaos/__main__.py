"""Kill everything that takes part in runs, so many times: python -m support.chaos KILLS [SEED]."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from support.chaos.case import Case, ChaosError, Tally
from support.chaos.meltanocase import MeltanoCase
from support.chaos.world import new_world

if TYPE_CHECKING:
    from collections.abc import Iterable

WORKERS = 2
KILLS_PER_CASE = 10
# Of a hundred kills so many are of Meltano itself: its runs take several seconds each.
MELTANO_SHARE = 0.03


def plan(kills: int, seed: int) -> list[tuple[str, int, int]]:
    """Return the cases: the kind, the seed and the kills of each."""
    of_meltano = max(1, round(kills * MELTANO_SHARE))
    found: list[tuple[str, int, int]] = []
    for kind, wanted in (("meltano", of_meltano), ("pair", kills - of_meltano)):
        for done in range(0, wanted, KILLS_PER_CASE):
            found.append((kind, seed + len(found), min(KILLS_PER_CASE, wanted - done)))
    return found


def say(text: str) -> None:
    """Tell whoever has started the command."""
    print(text, flush=True)  # noqa: T201  the output of the command


def run_cases(cases: Iterable[tuple[str, int, int]]) -> tuple[Tally, list[str]]:
    """Run cases one after the other in a world of their own; return what was done and what has failed."""
    tally, failures = Tally(), []
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder, new_world(Path(folder)) as world:
        for kind, seed, kills in cases:
            case = Case(seed, world) if kind == "pair" else MeltanoCase(seed, world)
            try:
                case.run(kills)
            except ChaosError as error:
                failures.append(str(error))
                say(f"FAILED  {error}")
            tally.add(case.tally)
            say(f"{kind} {seed}: {sum(case.tally.kills.values())} kills")
    return tally, failures


def main(arguments: list[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("kills", type=int)
    parser.add_argument("seed", type=int, nargs="?")
    chosen = parser.parse_args(arguments)
    seed = random.SystemRandom().randrange(1_000_000) if chosen.seed is None else chosen.seed
    say(f"seed {seed}")
    began = time.monotonic()
    cases = plan(chosen.kills, seed)
    tally, failures = Tally(), []
    with ProcessPoolExecutor(WORKERS) as pool:
        for part, failed in pool.map(run_cases, [cases[number::WORKERS] for number in range(WORKERS)]):
            tally.add(part)
            failures += failed
    for label, count in sorted(tally.kills.items()):
        say(f"{count:>5}  {label}")
    say(
        f"seed {seed}: {sum(tally.kills.values())} kills, {tally.too_late} came too late, {tally.runs} runs, "
        f"{tally.rows} rows, at most {tally.most_repeated} of them repeated after a kill, "
        f"{tally.set_aside} set aside and delivered again, {len(failures)} cases failed, "
        f"{time.monotonic() - began:.0f} s"
    )
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
