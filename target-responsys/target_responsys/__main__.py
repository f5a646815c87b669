"""`python -m target_responsys` is `target-responsys`."""

from target_responsys.target import main

main()
