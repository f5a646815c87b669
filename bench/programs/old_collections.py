# ruff: noqa: INP001 - a program for a peer's own environment
"""Run a package's `main` that wants names which left Python's `collections` with 3.10.

python old_collections.py PACKAGE ARGUMENTS...
"""

import collections
import collections.abc
import importlib
import sys

for name in collections.abc.__all__:
    if not hasattr(collections, name):
        setattr(collections, name, getattr(collections.abc, name))
package = sys.argv.pop(1)
importlib.import_module(package).main()
