from __future__ import annotations

from support.fixtures import config, sandbox

__all__ = ["config", "sandbox"]
