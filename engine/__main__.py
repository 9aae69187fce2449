"""``python -m engine``: the command line where the command ``auditor`` is not installed, as in a Ray job."""

from engine.cli import main

if __name__ == "__main__":
    main(prog_name="auditor")
