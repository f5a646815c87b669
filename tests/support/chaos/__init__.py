"""Kills of everything that takes part in a run, at random times and at named points of the code."""
