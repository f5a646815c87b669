"""The benchmark: this project's tap and target beside their peers, on this machine and in one run."""
