"""The big runs over lines that break: python -m support.linefaults [SEED]."""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

from support.chaos.__main__ import say
from support.longread import read_over_a_bad_line
from support.openssh import openssh_server
from support.storm import deliver_through_storm

MEGABYTES, FAULTS = 1_000, 200
CALLS = 10_000


def main(arguments: list[str]) -> int:
    """Run the command."""
    seed = int(arguments[0]) if arguments else random.SystemRandom().randrange(1_000_000)
    say(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="linefaults-") as name:
        folder = Path(name)
        with openssh_server(folder / "sshd") as sshd:
            read = read_over_a_bad_line(sshd, MEGABYTES, FAULTS, seed)
        say(f"{read}")
        sent = deliver_through_storm(folder / "storm", CALLS, seed)
        say(f"{sent}")
    return not (read.is_right and sent.is_right)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
