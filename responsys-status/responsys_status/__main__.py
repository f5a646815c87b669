"""`python -m responsys_status`."""

from responsys_status.cli import main

main()
