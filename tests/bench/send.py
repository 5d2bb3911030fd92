"""How fast mail leaves, the whole way.

Each round has a new store (SQLite, synchronous=FULL, the disk that TMPDIR or
the present folder is on) and a workspace made of the stock one, whose campaign
is tests/bench/campaign.xml: one mail to every contact of the partners. What is
measured of us is three programs one after the other, each with its start and
its end: `guidon plan`, `guidon apply` and `guidon run`. The clock is virtual,
so that mail for nine in the morning leaves now; all else is as in earnest.

The size that smtp-source is given is the mean of what the receiver would get,
taken from a mail of each partner. nodemailer, on Node.js, composes and sends as
many of that size over a pool of as many connections. CPU is user and system time of the sender
alone. The median of the rounds' ratios is the last line, and in it our time
is that of plan, apply and run together.
"""

import argparse
import contextlib
import csv
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

PARTNERS = ["acme", "brightline", "cordage", "delorme", "southerly"]
BEGIN = "2026-03-19T08:00:00Z"
END = "2026-03-22T00:00:00Z"


class Cost:
    """What some programs took together."""

    def __init__(self, wall=0.0, cpu=0.0, rss_mib=0.0):
        self.wall, self.cpu, self.rss_mib = wall, cpu, rss_mib

    def __add__(self, other):
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.rss_mib, other.rss_mib))


def run(argv, env, log, fine=(0,)):
    """Runs a program to its end."""
    with open(log, "ab") as out:
        since = time.monotonic()
        child = subprocess.Popen([str(a) for a in argv], env=env, stdout=out, stderr=out)
        _, status, use = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - since
    if child.returncode not in fine:
        sys.exit(f"send: {argv[0]} ended with {child.returncode}:\n{open(log).read()[-2000:]}")
    return Cost(wall, use.ru_utime + use.ru_stime, use.ru_maxrss / 1024)


class Sink:
    """Postfix's smtp-sink on a free port, near or behind a wire with a round trip of some ms."""

    def __init__(self, args):
        self.far = [args.root / "build/release/tests/lib/guidon_far", str(args.rtt)] if args.rtt else None
        self.wire = None

    def __enter__(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.address = "127.0.0.1:%d" % s.getsockname()[1]
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        self.child = subprocess.Popen(["smtp-sink", "-c", *user, self.address, "500"],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            try:
                socket.create_connection(self.address.split(":"), 1).close()
                self.go_away()
                return self
            except OSError:
                time.sleep(0.01)
        sys.exit("send: smtp-sink does not answer")

    def go_away(self):
        if not self.far:
            return
        self.wire = subprocess.Popen([self.far[0], self.address.split(":")[1], self.far[1]], stdout=subprocess.PIPE)
        with contextlib.suppress(PermissionError):  # a wire does not wait for the processor
            os.setpriority(os.PRIO_PROCESS, self.wire.pid, -15)
        self.address = f"127.0.0.1:{int(self.wire.stdout.readline())}"

    def __exit__(self, *_):
        for child in filter(None, [self.wire, self.child]):
            child.send_signal(signal.SIGTERM)
            child.wait()


def workspace(root, folder, number=len(PARTNERS)):
    """The stock workspace with our campaign alone. The ids of its partners, of which the first are the stock's and the
    others are like them."""
    shutil.copytree(root / "templates", folder / "templates")
    shutil.copytree(root / "assets", folder / "assets")
    for name in ("guidon.xml", "partners.csv"):
        shutil.copy(root / name, folder)
    (folder / "campaigns/bench").mkdir(parents=True)
    shutil.copy(root / "tests/bench/campaign.xml", folder / "campaigns/bench/campaign.xml")
    with open(folder / "partners.csv", newline="") as file:
        head, *rows = csv.reader(file)
    stock = [row for row in rows if row[0] in PARTNERS]
    more = [[f"{row[0]}{n}", f"{row[1]} {n}", *row[2:]] for n in range(len(PARTNERS), number)
            for row in [stock[n % len(stock)]]]
    with open(folder / "partners.csv", "w", newline="") as file:
        csv.writer(file).writerows([head, *stock, *more])
    return [row[0] for row in [*stock, *more]]


def contacts(folder, number, partners):
    """A list for each partner: `number` people over all of them."""
    folder.mkdir()
    for i, partner in enumerate(partners):
        count = number // len(partners) + (i < number % len(partners))
        with open(folder / f"{partner}.csv", "w") as out:
            out.write("email,given_name,family_name,company,tags,consent,consent_basis,consent_date\n")
            for n in range(count):
                out.write(f"{partner}{n}@reader{n % 97}.example,Grace,Whitfield,"
                          f"Fenwick & Sons {n % 53},security,given,customer,2025-06-01\n")


def mean_size(guidon, here, env, folder):
    """Bytes of a mail, over the partners."""
    folder.mkdir()
    sizes = []
    for partner in PARTNERS:
        run([guidon, "--workspace", here, "render", "bench", "--partner", partner, "-o", folder / partner],
            env, folder.parent / "log")
        sizes += [mail.stat().st_size for mail in (folder / partner).rglob("*.eml")]
    return round(statistics.mean(sizes))


class Ours:
    """One round of guidon."""

    def __init__(self, args, guidon, here, partners):
        state = here / "state"
        shutil.rmtree(state, ignore_errors=True)
        self.args, self.guidon, self.here, self.partners = args, guidon, here, partners
        self.env = dict(os.environ, GUIDON_STATE=str(state), TERM="dumb")
        for name in ("GUIDON_STORE", "GUIDON_MAIL", "GUIDON_POSTS"):
            self.env.pop(name, None)
        state.mkdir(mode=0o700)

    def do(self, *words, wrap=()):
        argv = [*wrap, self.guidon, "--workspace", self.here, "--virtual", "--now", BEGIN, "--quiet", *words]
        return run(argv, self.env, self.here / "log")

    def measure(self, query=""):
        imported = Cost()
        if self.args.dkim:
            self.do("partner", "dkim", "--make", "--algorithm", self.args.dkim)
            self.do("partner", "dkim", "--activate")
        for partner in self.partners:
            imported += self.do("contact", "import", self.here / f"contacts/{partner}.csv", "--partner", partner)
        plan = self.here / "bench.plan"
        planned = self.do("plan", "bench", "-o", plan) + self.do("apply", plan)
        perf = ["perf", "record", "-q", "-g", "-o", self.args.perf] if self.args.perf else []
        with Sink(self.args) as sink:
            sent = self.do("run", "--until", END, "--mail", f"smtp://{sink.address}{query}",
                           "--connections", self.args.connections, wrap=perf)
        self.check()
        return imported, planned, sent

    def check(self):
        out = subprocess.run([self.guidon, "--workspace", self.here, "--virtual", "--now", END, "status", "--json"],
                             env=self.env, capture_output=True, check=True).stdout
        states = json.loads(out)
        if states["sent"] != self.args.messages or states["planned"] != self.args.messages:
            sys.exit(f"send: not all were sent: {states}")


def peer(args, size, env, log):
    with Sink(args) as sink:
        return run(["smtp-source", "-d", "-s", args.connections, "-m", args.messages, "-l", size, sink.address],
                   env, log)


def nodemailer(args, size, env, log):
    with Sink(args) as sink:
        host, port = sink.address.split(":")
        return run(["node", args.root / "tests/bench/send_peer.mjs", host, port, args.connections, args.messages, size],
                   env, log)


def options():
    p = argparse.ArgumentParser(prog="send")
    p.add_argument("root", type=pathlib.Path)
    p.add_argument("--messages", type=int, default=10000)
    p.add_argument("--connections", type=int, default=20)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--nodemailer", type=int, default=1, help="rounds of it; 0: none")
    p.add_argument("--curl", action="store_true", help="send by libcurl too, in turns")
    p.add_argument("--rtt", type=int, default=0, help="ms of a round trip to smtp-sink")
    p.add_argument("--dkim", choices=["ed25519", "rsa", "both"], help="sign by keys of the vendor; else nothing is signed")
    p.add_argument("--perf", help="profile `guidon run` into this file")
    return p.parse_args()


def main():
    args = options()
    guidon = args.root / "build/release/guidon"
    with tempfile.TemporaryDirectory(prefix="guidon-bench.", dir=os.getcwd()) as name:
        here = pathlib.Path(name)
        partners = workspace(args.root, here)
        contacts(here / "contacts", args.messages, partners)
        size = mean_size(guidon, here, os.environ, here / "look")
        u = os.uname()
        print(f"{u.sysname} {u.release}, {os.cpu_count()} cores; SQLite synchronous=FULL; {args.messages} mails of "
              f"{size} bytes, {args.connections} connections to smtp-sink"
              f"{f', a round trip of {args.rtt} ms' if args.rtt else ''}"
              f"{f', signed by DKIM ({args.dkim})' if args.dkim else ''}", flush=True)
        per = 1e4 / args.messages
        ratios, javascript, clients = [], [], []
        for i in range(args.rounds):
            theirs = peer(args, size, os.environ, here / "log")
            imported, planned, sent = Ours(args, guidon, here, partners).measure()
            both = planned + sent
            ratios.append(theirs.wall / both.wall)
            print(f"guidon {args.messages / both.wall:.0f} msg/s (import {args.messages / imported.wall:.0f}/s, "
                  f"plan and apply {args.messages / planned.wall:.0f}/s, send {args.messages / sent.wall:.0f}/s), "
                  f"{both.cpu * per:.2f} CPU-s/10k (send {sent.cpu * per:.2f}), peak RSS {both.rss_mib:.0f} MiB; "
                  f"smtp-source -d {args.messages / theirs.wall:.0f} msg/s, {theirs.cpu * per:.2f} CPU-s/10k; "
                  f"ratio {ratios[-1]:.2f}", flush=True)
            if args.curl:
                _, _, second = Ours(args, guidon, here, partners).measure("?client=curl")
                clients.append(sent.wall / second.wall)
                print(f"by libcurl: send {args.messages / second.wall:.0f}/s, {second.cpu * per:.2f} CPU-s/10k, "
                      f"{clients[-1]:.2f} of libesmtp's", flush=True)
            if i >= args.nodemailer:
                continue
            other = nodemailer(args, size, os.environ, here / "log")
            javascript.append((other.wall / both.wall, both.cpu / other.cpu))
            print(f"nodemailer {args.messages / other.wall:.0f} msg/s, {other.cpu * per:.2f} CPU-s/10k; guidon is "
                  f"{javascript[-1][0]:.1f} times as fast with {javascript[-1][1]:.2f} of its CPU", flush=True)
    if clients:
        print(f"libcurl to libesmtp {statistics.median(clients):.2f}")
    print(f"ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
