"""The program fails, or dies, at each of its places.

    points.py ROOT BUILD [--sample N] [--seed N] [--shim N] [--only TEXT]

A life is: contacts are imported, a sequence of two mails and a post is
planned, applied and lived through, over SMTP to guidon_sink and into a spool;
then the journal is verified. The first life writes down the failpoints that it
passes (base/failpoint.h). Then each of them fails once, in a life of its own,
in each way: kill, EIO, ENOSPC, ENOMEM; with --sample only N of these pairs, but
each failpoint once if N allows. With --shim N as many lives follow in which a
system call fails (tests/lib/fault_shim.c): write, fsync, rename ... of a file.

A step that did not end well is done again, as its operator would, without the
fault. At the end of a life all must be as in crash_campaign.py: nobody lost,
nobody twice, in doubt at most what was on the wire when it died; and no step
may end by a signal that nobody sent, which is a bug.

The last line is "lost 0, twice 0, in doubt N".
"""

import argparse
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import crash_campaign as campaign

ACTIONS = ["kill", "EIO", "ENOSPC", "ENOMEM"]
CALLS = [("write", "store.db"), ("pwrite", "store.db"), ("fsync", "store.db"), ("fdatasync", "store.db"),
         ("write", "guard"), ("rename", "guard"), ("fsync", "guard"), ("write", "spool"), ("fsync", "spool"),
         ("write", "plan"), ("rename", "plan"), ("write", "master.key"), ("fsync", "master.key")]
SHIM_ACTIONS = ["kill", "EIO", "ENOSPC", "short"]
STEPS = ["import", "plan", "apply", "run"]
POST = """	<post id="teaser" channels="mastodon" at="start+0d 10:00">
		<variant><text xml:lang="en">Nothing is lost.</text></variant>
	</post>
"""
TRIES = 4


class Life(campaign.Round):
    """One store and one ledger; at one step there is a fault."""

    def __init__(self, args, here, number, fault_step=None, fault=None):
        self.fault_step, self.fault, self.kills = fault_step, fault or {}, 0
        self.args, self.here = args, here / str(number)
        shutil.copytree(here / "workspace", self.here)
        self.ledger = self.here / "ledger"
        self.sink = campaign.Sink(args.build, self.ledger)
        self.env = dict(os.environ, GUIDON_STATE=str(self.here / "state"), TERM="dumb")
        for name in ("GUIDON_STORE", "GUIDON_MAIL", "GUIDON_POSTS"):
            self.env.pop(name, None)
        self.people = []
        self.lists = [(partner, self.contacts(partner)) for partner in campaign.PARTNERS]
        self.bugs = []

    def commands(self, step):
        if step == "import":
            return [("contact", "import", path, "--partner", partner) for partner, path in self.lists]
        if step == "plan":
            return [("plan", "crash", "-o", self.here / "plan")]
        if step == "apply":
            return [("apply", self.here / "plan")]
        return [("run", "--until", campaign.END, "--mail", f"smtp://127.0.0.1:{self.sink.port}",
                 "--posts", f"spool:{self.here}/spool", "--connections", str(self.args.connections))]

    def once(self, words, fault):
        """The exit code; below 0: the signal."""
        before, self.env = self.env, dict(self.env, **fault)
        child = self.start(*words)
        self.env = before
        return child.wait(120)

    def step(self, step):
        for words in self.commands(step):
            for i in range(TRIES):
                fault = self.fault if step == self.fault_step and i == 0 else {}
                code = self.once(words, fault)
                if code == -signal.SIGKILL:
                    self.kills += 1
                elif code < 0:
                    self.bugs.append(f"{step} ended by signal {-code}")
                if code == 0:
                    break
            else:
                self.bugs.append(f"{step} ended with {code}, {TRIES} times")
                return

    def live(self):
        """(well, lost, twice, in doubt)"""
        for step in STEPS:
            self.step(step)
            if self.bugs:
                return False, 0, 0, 0
        well, *found = self.judge(self.kills)
        return well and self.posts_are_well(), *found

    def posts_are_well(self):
        """Each partner's post left once, or is in doubt."""
        posts = sorted(self.here.glob("spool/2*/*.json"))
        return len({p.name.rsplit("-", 1)[0] for p in posts}) == len(posts)

    def deliveries(self):
        sound, rows = super().deliveries()
        return sound, [r for r in rows if r[1] in campaign.STEPS]


def trace(args, here):
    """The names that each step passes, in order."""
    names = {}
    life = Life(args, here, "clean")
    try:
        for step in STEPS:
            path = life.here / f"trace-{step}"
            life.fault_step, life.fault = step, {"GUIDON_FAILPOINT_TRACE": str(path)}
            life.step(step)
            for name in path.read_text().splitlines() if path.exists() else []:
                names.setdefault(name, []).append(step)
        well, lost, twice, doubt = life.judge(0)
        if not well or life.bugs or lost or twice or doubt:
            sys.exit(f"points: a life without a fault: {life.bugs} lost {lost} twice {twice} in doubt {doubt}")
    finally:
        life.stop()
    return names


def choose(args, names, chance):
    pairs = [(name, action) for name in names for action in ACTIONS if args.only in name]
    if not args.sample or args.sample >= len(pairs):
        return pairs
    chance.shuffle(pairs)
    first = {name: (name, action) for name, action in pairs}
    chosen = list(first.values())[:args.sample]
    return chosen + [p for p in pairs if p not in chosen][:args.sample - len(chosen)]


def point_faults(args, names, chance):
    for name, action in choose(args, names, chance):
        step = chance.choice(names[name])
        n = chance.choice([1, 1, 2, 7])
        yield f"{action} at {n} of \"{name}\" in {step}", step, {"GUIDON_FAILPOINT": f"{action} {n} {name}"}


def shim_faults(args, chance):
    for _ in range(args.shim):
        (call, path), action = chance.choice(CALLS), chance.choice(SHIM_ACTIONS)
        step, n = chance.choice(STEPS), chance.choice([1, 2, 3, 10, 40, chance.randint(1, 400)])
        yield f"{action} at {call} {n} of {path} in {step}", step, {
            "LD_PRELOAD": str(args.build / "tests/lib/libfault_shim.so"),
            "ASAN_OPTIONS": "verify_asan_link_order=0", "GUIDON_FAULT": f"{call} {n} {action} {path}"}


def options():
    p = argparse.ArgumentParser(prog="crash --points")
    p.add_argument("root", type=pathlib.Path)
    p.add_argument("build", type=pathlib.Path)
    p.add_argument("--sample", type=int, default=0, help="so many pairs of failpoint and action; 0: all")
    p.add_argument("--shim", type=int, default=0, help="so many lives with a system call that fails")
    p.add_argument("--only", default="", help="failpoints with this in their name")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--contacts", type=int, default=30)
    p.add_argument("--connections", type=int, default=4)
    return p.parse_args()


def main():
    args = options()
    chance = random.Random(args.seed)
    here = pathlib.Path(tempfile.mkdtemp(prefix="points.", dir=os.getcwd()))
    (here / "workspace").mkdir()
    campaign.workspace(args.root, here / "workspace")
    path = here / "workspace/campaigns/crash/campaign.xml"
    path.write_text(path.read_text().replace("</campaign>", POST + "</campaign>"))
    print(f"seed {args.seed}")
    since = time.monotonic()
    names = trace(args, here)
    lives = bad = kills = lost = twice = doubt = 0
    for what, step, fault in [*point_faults(args, names, chance), *shim_faults(args, chance)]:
        life = Life(args, here, lives, step, fault)
        try:
            well, *found = life.live()
        finally:
            life.stop()
        lives, kills = lives + 1, kills + life.kills
        lost, twice, doubt = lost + found[0], twice + found[1], doubt + found[2]
        if well and found[:2] == [0, 0]:
            shutil.rmtree(life.here)
            continue
        bad += 1
        print(f"{what}: lost {found[0]}, twice {found[1]}, in doubt {found[2]}, {life.bugs or 'not sound'}, "
              f"see {life.here}", flush=True)
    print(f"{len(names)} failpoints, {lives} lives, {kills} kills, {bad} not well, {time.monotonic() - since:.0f} s")
    print(f"lost {lost}, twice {twice}, in doubt {doubt}")
    if bad == 0:
        shutil.rmtree(here)
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
