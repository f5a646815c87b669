"""Fuzz targets: what comes from outside, as bytes, into the code that reads it first.

`make fuzz SECONDS=60` runs each under coverage guidance; tests/fuzz runs them with Hypothesis and the corpus.
"""
