"""What a result was measured on."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from bench.paths import ROOT

_PACKAGES = ("tap-responsys", "target-responsys", "singer-sdk", "paramiko", "requests")
_KIB_PER_GIB = 1024**2


def processor(cpuinfo: str) -> str:
    """Return the processor's name from the text of /proc/cpuinfo."""
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return "unknown"


def facts() -> dict[str, str]:
    """Return what a reader needs to know about this machine and checkout."""
    return {
        "cores": str(len(os.sched_getaffinity(0))),
        "processor": processor(_text("/proc/cpuinfo")),
        "memory": f"{_memory_kib() / _KIB_PER_GIB:.0f} GiB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "commit": _git("rev-parse", "--short", "HEAD") + ("+" if _git("status", "--porcelain") else ""),
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def own_versions() -> dict[str, str]:
    """Return the versions of what the plugins consist of, and of the servers."""
    ssh = subprocess.run(["ssh", "-V"], capture_output=True, text=True, check=False)  # noqa: S607
    return {name: version(name) for name in _PACKAGES} | {"OpenSSH": ssh.stderr.split(",")[0].strip()}


def _memory_kib() -> int:
    for line in _text("/proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1])
    return 0


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""


def _git(*arguments: str) -> str:
    done = subprocess.run(  # noqa: S603
        ["git", "-C", str(ROOT), *arguments],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()
