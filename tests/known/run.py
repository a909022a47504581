#!/usr/bin/env python3
"""Run the command on the rows of a table of known values and compare. Usage: run.py NEUROALG TABLE... [--every K] [--seed N] [--threads N]

A row is: command<TAB>arguments<TAB>key=value,...  Lines that start with # give the provenance. A mismatch prints both values."""
import argparse
import json
import subprocess
import sys


def parse(value):
    return value == "true" if value in ("true", "false") else int(value) if value.lstrip("-").isdigit() else value


def rows(path):
    with open(path) as table:
        for line in table:
            if line.strip() and not line.startswith("#"):
                command, arguments, keys = line.rstrip("\n").split("\t")
                yield command, arguments, {k: parse(v) for k, v in (pair.split("=") for pair in keys.split(","))}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("neuroalg")
    p.add_argument("tables", nargs="+")
    p.add_argument("--every", type=int, default=1)
    p.add_argument("--seed", default="1")
    p.add_argument("--threads", default="1")
    p.add_argument("--status", action="store_true", help="list rows that are not proved")
    o = p.parse_args()
    total = failed = 0
    statuses = {}
    for table in o.tables:
        for i, (command, arguments, expected) in enumerate(rows(table)):
            if i % o.every:
                continue
            total += 1
            call = [o.neuroalg, command, *arguments.split(), "--json", "--seed", o.seed, "--threads", o.threads]
            run = subprocess.run(call, capture_output=True, text=True)
            answer = json.loads(run.stdout) if run.stdout else {}
            result = answer.get("result", {})
            status = answer.get("evidence", {}).get("status", "error")
            statuses[status] = statuses.get(status, 0) + 1
            wrong = {k: result.get(k) for k, v in expected.items() if result.get(k) != v}
            if wrong or run.returncode:
                failed += 1
                print(f"{command} {arguments}: expected {expected}, got {wrong}, exit {run.returncode} {answer.get('error', '')}{run.stderr[:200]}")
            elif o.status and status != "proved":
                print(f"{command} {arguments}: {status}, upper bound {result.get('upper_bound')} for {expected}")
    print(f"{total - failed} of {total} rows agree; evidence: {statuses}")
    return 1 if failed or not total else 0


if __name__ == "__main__":
    sys.exit(main())
