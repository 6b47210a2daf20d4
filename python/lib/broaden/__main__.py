"""``python -m broaden --market market/ < households.jsonl > plans.jsonl``: lines in, lines out, in order.

What ``broaden batch -`` does, where the package is installed and the program is not: a filter for GNU parallel and the like.
"""

from __future__ import annotations

import argparse
import pathlib
import sys

from . import _today, advise_line


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m broaden", description="Plan households: lines of JSON in, lines out.")
    parser.add_argument("--market", help="a folder of market files")
    parser.add_argument("--config", type=pathlib.Path, help="a broaden.toml that goes before those of the households")
    arguments = parser.parse_args()
    # One day and one config for all, whatever the hour at which they end.
    today = _today()
    config = None if arguments.config is None else arguments.config.read_text(encoding="utf-8")
    for line in filter(str.strip, sys.stdin):
        sys.stdout.write(advise_line(line, config, arguments.market, today=today) + "\n")


if __name__ == "__main__":
    main()
