"""`python -m tap_responsys` is `tap-responsys`."""

from tap_responsys.tap import main

main()
