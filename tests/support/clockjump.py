"""A clock that jumps: a library, loaded before any other, whose time of day is a day off now and then."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

COMPILER = shutil.which("cc")

# Every 50th to 99th look at the time of day is a day ahead, every 100th to 149th a day behind, and so on.
_SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
#include <sys/time.h>

static long looks;

static long jump(void) {
    long phase = (__atomic_add_fetch(&looks, 1, __ATOMIC_RELAXED) / 50) % 3;
    return phase == 1 ? 86400 : phase == 2 ? -86400 : 0;
}

int clock_gettime(clockid_t which, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(which, now);
    if (result == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) now->tv_sec += jump();
    return result;
}

time_t time(time_t *into) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (into) *into = now.tv_sec;
    return now.tv_sec;
}
"""


def jumping_clock(folder: Path) -> dict[str, Any]:
    """Build the library; return the environment that loads it."""
    assert COMPILER is not None
    source, library = folder / "clock.c", folder / "clock.so"
    source.write_text(_SOURCE, encoding="ascii")
    subprocess.run([COMPILER, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library)}
