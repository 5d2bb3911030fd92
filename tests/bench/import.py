"""How fast a list of people comes in, from the file to the last fsync.

Each round has a new store (SQLite, synchronous=FULL, the disk that TMPDIR or
the present folder is on, or the server at --url) and one file of --rows rows,
no two of one person. What is measured is the program as a user runs it, with
its start and its end, and then the same file again, which changes nothing. The
median of the rounds is the last line: the time that the figure allows, 20 s for
1,000,000 rows, by the time taken.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import statistics
import sys
import tempfile

from send import PARTNERS, run, workspace

SECONDS_PER_ROW = 20 / 1e6
RSS_MIB = 64
COLUMNS = ("email,given_name,family_name,company,phone,language,country,time_zone,tags,consent,consent_basis,"
           "consent_date,floor\n")
GIVEN = ["Grace", "Ada", "Chloé", "Dmitri", "François", "Jürgen", "Zoë", "Hugo"]
FAMILY = ["Whitfield", "Müller", "Dupont", "Rossi", "Jansen", "Ødegård"]


def write_list(path, rows):
    """Made-up people, in no order that the store could have."""
    chance = random.Random(1)
    with open(path, "w") as out:
        out.write(COLUMNS)
        for n in range(rows):
            given, family, at = chance.choice(GIVEN), chance.choice(FAMILY), chance.randrange(20000)
            out.write(f"reader.{n}@customer{at}.example,{given},{family},Customer {at} GmbH,"
                      f"+49 30 {chance.randrange(10**6, 10**7)},de-DE,DE,Europe/Berlin,security cloud,yes,customer,"
                      f"2026-01-{n % 28 + 1:02d},{n % 30}\n")


def contact_import(args, here, env, wrap=()):
    """What it cost, and the counts."""
    log = here / "import.log"
    log.unlink(missing_ok=True)
    cost = run([*wrap, args.root / "build/release/guidon", "--workspace", here, "--quiet", "--json", "contact",
                "import", here / "list.csv", "--partner", PARTNERS[0]], env, log)
    return cost, json.loads(log.read_text())


def measure(args, here):
    """One round: the costs of the first import and of the second."""
    state = here / "state"
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(mode=0o700)
    env = dict(os.environ, GUIDON_STATE=str(state), TERM="dumb")
    env.pop("GUIDON_STORE", None)
    if args.url:
        env["GUIDON_STORE"] = args.url
    perf = ["perf", "record", "-q", "-g", "-o", args.perf] if args.perf else []
    first, counts = contact_import(args, here, env, perf)
    again, counts_again = contact_import(args, here, env)
    if counts["accepted"] != args.rows or counts_again["unchanged"] != args.rows:
        sys.exit(f"import: not all are there: {counts}, {counts_again}")
    return first, again


def options():
    p = argparse.ArgumentParser(prog="import")
    p.add_argument("root", type=pathlib.Path)
    p.add_argument("--rows", type=int, default=1000000)
    p.add_argument("--rounds", type=int, default=1)
    p.add_argument("--url", help="an empty PostgreSQL database instead of SQLite; one round")
    p.add_argument("--perf", help="profile the first import into this file")
    return p.parse_args()


def main():
    args = options()
    with tempfile.TemporaryDirectory(prefix="guidon-bench.", dir=os.getcwd()) as name:
        here = pathlib.Path(name)
        workspace(args.root, here)
        write_list(here / "list.csv", args.rows)
        u = os.uname()
        store = "PostgreSQL" if args.url else "SQLite synchronous=FULL"
        size = (here / "list.csv").stat().st_size / args.rows
        print(f"{u.sysname} {u.release}, {os.cpu_count()} cores; {store}; {args.rows} rows of {size:.0f} bytes",
              flush=True)
        ratios = []
        for _ in range(1 if args.url else args.rounds):
            first, again = measure(args, here)
            ratios.append(args.rows * SECONDS_PER_ROW / first.wall)
            print(f"{first.wall:.1f} s, {first.cpu:.1f} CPU-s, peak RSS {first.rss_mib:.0f} MiB (figure {RSS_MIB}); "
                  f"again {again.wall:.1f} s, {again.cpu:.1f} CPU-s, peak RSS {again.rss_mib:.0f} MiB; "
                  f"ratio {ratios[-1]:.2f}", flush=True)
    print(f"ratio {statistics.median(ratios):.2f}")


main()
