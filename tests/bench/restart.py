"""How long a killed sender is silent.

A store is filled as a user fills it (contact import, plan, apply) with a mail
for each of so many contacts, all due at once. `guidon run` sends them over SMTP
to guidon_sink, which writes a line to its ledger before it answers, and is
killed with SIGKILL when some hundred have left; then it is started again, and
what is measured is from there to the next line of the ledger. That is: opening
the store, which was not closed, taking back what the dead one held, and claim,
rendering and SMTP of the first mail.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import send

LIMIT_S = 2.0
SENT_BETWEEN_KILLS = 300


class Sink:
    def __init__(self, root, ledger):
        self.ledger = ledger
        self.child = subprocess.Popen([root / "build/release/tests/lib/guidon_sink", "--ledger", ledger,
                                       "--weights", "ok=1"], stdout=subprocess.PIPE, text=True)
        self.port = int(self.child.stdout.readline())

    def size(self):
        return self.ledger.stat().st_size if self.ledger.exists() else 0

    def wait(self, size, child):
        """Until the ledger is longer than that; seconds it took."""
        since = time.monotonic()
        while self.size() <= size:
            if child.poll() is not None:
                sys.exit(f"restart: guidon ended with {child.returncode}")
            time.sleep(0.0005)
        return time.monotonic() - since


def start(ours, port):
    log = open(ours.here / "log", "ab")
    return subprocess.Popen([ours.guidon, "--workspace", ours.here, "--virtual", "--now", send.BEGIN, "--quiet", "run",
                             "--until", send.END, "--mail", f"smtp://127.0.0.1:{port}", "--connections", "20"],
                            env=ours.env, stdout=log, stderr=log)


def fill(ours):
    for partner in send.PARTNERS:
        ours.do("contact", "import", ours.here / f"contacts/{partner}.csv", "--partner", partner)
    plan = ours.here / "bench.plan"
    ours.do("plan", "bench", "-o", plan)
    ours.do("apply", plan)


def options():
    p = argparse.ArgumentParser(prog="restart")
    p.add_argument("root", type=pathlib.Path)
    p.add_argument("--messages", type=int, default=1000000)
    p.add_argument("--kills", type=int, default=10)
    return p.parse_args()


def main():
    args = options()
    with tempfile.TemporaryDirectory(prefix="guidon-bench.", dir=os.getcwd()) as name:
        here = pathlib.Path(name)
        send.workspace(args.root, here)
        send.contacts(here / "contacts", args.messages)
        ours = send.Ours(args, args.root / "build/release/guidon", here)
        fill(ours)
        u = os.uname()
        print(f"{u.sysname} {u.release}, {os.cpu_count()} cores; SQLite synchronous=FULL; {args.messages} rows queued, "
              f"store of {(here / 'state/store.db').stat().st_size >> 20} MiB", flush=True)
        sink = Sink(args.root, here / "ledger")
        took = []
        child = start(ours, sink.port)
        sink.wait(0, child)
        for _ in range(args.kills):
            sink.wait(sink.size() + 100 * SENT_BETWEEN_KILLS, child)
            child.kill()
            child.wait()
            time.sleep(0.2)
            size = sink.size()
            child = start(ours, sink.port)
            took.append(sink.wait(size, child))
            print(f"first mail {took[-1]:.3f} s after the start", flush=True)
        child.kill()
        child.wait()
        sink.child.kill()
    print(f"ratio {LIMIT_S / max(took):.2f}")


if __name__ == "__main__":
    main()
