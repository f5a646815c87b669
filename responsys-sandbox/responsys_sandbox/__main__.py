"""Lets `python -m responsys_sandbox` be the command."""

from responsys_sandbox.cli import main

if __name__ == "__main__":
    main(prog_name="responsys-sandbox")
