"""The whole loop on one machine: exports in, audiences out. Run by `make demo`."""
