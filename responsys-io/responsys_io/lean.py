"""To be imported before the Singer SDK: it imports joblib, which loads NumPy where that is installed.

Neither is used by a plugin's own process, in which NumPy would cost a seventh of a second, 20 MB and threads.
"""

from __future__ import annotations

import contextlib
import importlib
import sys

if "numpy" not in sys.modules and "joblib" not in sys.modules:
    sys.modules["numpy"] = None  # type: ignore[assignment]  # says that there is none
    try:
        with contextlib.suppress(ImportError):
            importlib.import_module("joblib")
    finally:
        del sys.modules["numpy"]
