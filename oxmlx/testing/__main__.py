"""`python -m oxmlx.testing`: print the matrix of primitives and rules, or that of devices."""

from __future__ import annotations

import argparse
import sys

from oxmlx.testing.parity import compare_devices, parity_table, problems_of, stamp_metal
from oxmlx.testing.rules import rules_table


def main(arguments: list[str] | None = None) -> int:
    """Print a matrix; 1 if a device differs from the reference."""
    parser = argparse.ArgumentParser(prog="python -m oxmlx.testing", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("rules", help="primitives and their rules (by default)")
    parity = commands.add_parser("parity", help="devices against the reference")
    parity.add_argument("--device", action="append", default=[], help="by default all there are")
    chosen = parser.parse_args(arguments)
    if chosen.command != "parity":
        print(rules_table())
        return 0
    found = compare_devices(chosen.device)
    print(parity_table(found))
    problems = problems_of(found)
    if problems:
        print("", *problems, sep="\n")
    if file := stamp_metal(found):
        print(f"\nFrom now on metal is the default device: {file} says that it agrees.")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
