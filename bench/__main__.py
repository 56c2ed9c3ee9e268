"""Runs all benchmarks one after the other (about half an hour), or the named ones."""

from __future__ import annotations

import argparse
import subprocess
import sys

ALL = (
    "in_process",
    "peers.postgres",
    "peers.spicedb",
    "http",
    "lifecycle",
    "chargers",
    "local_lists",
    "tenfold",
    "management",
    "simulator",
    "round_trip",
    "revoked",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(ALL)} (default: all)")
    names = parser.parse_args().names
    unknown = [name for name in names if name not in ALL]
    if unknown:
        parser.error(f"unknown benchmark {', '.join(unknown)}: use {', '.join(ALL)}")
    for name in names or ALL:
        subprocess.run([sys.executable, "-W", "ignore", "-m", f"bench.{name}"], check=True)


if __name__ == "__main__":
    main()
