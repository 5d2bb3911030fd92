"""Whether a mail costs the same in a large run as in a small one.

The run of tests/bench/send at each of these sizes, with a partner for every 200
people. What must not grow are the processor's time for each mail, of plan, apply
and run together, and the peak of memory, of which the worst of the three
programs counts.
"""

import argparse
import os
import pathlib
import tempfile

import send

PEOPLE_EACH = 200


def measure(root, here, messages, connections):
    args = argparse.Namespace(root=root, messages=messages, connections=connections, rtt=0, perf=None)
    partners = send.workspace(root, here, max(len(send.PARTNERS), messages // PEOPLE_EACH))
    send.contacts(here / "contacts", messages, partners)
    _, planned, sent = send.Ours(args, root / "build/release/guidon", here, partners).measure()
    both = planned + sent
    print(f"{messages} mails of {len(partners)} partners: {messages / both.wall:.0f} msg/s, "
          f"{both.cpu * 1e6 / messages:.0f} us of the processor a mail (plan and apply "
          f"{planned.cpu * 1e6 / messages:.0f}), peak RSS {both.rss_mib:.1f} MiB (plan and apply "
          f"{planned.rss_mib:.1f})", flush=True)
    return both


def main():
    p = argparse.ArgumentParser(prog="scale")
    p.add_argument("root", type=pathlib.Path)
    p.add_argument("--messages", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    p.add_argument("--connections", type=int, default=20)
    args = p.parse_args()
    u = os.uname()
    print(f"{u.sysname} {u.release}, {os.cpu_count()} cores; SQLite synchronous=FULL; {args.connections} connections to "
          "smtp-sink", flush=True)
    costs = []
    for messages in args.messages:
        with tempfile.TemporaryDirectory(prefix="guidon-bench.", dir=os.getcwd()) as name:
            costs.append((messages, measure(args.root, pathlib.Path(name), messages, args.connections)))
    least, most = costs[0], costs[-1]
    print(f"memory {most[1].rss_mib:.1f} MiB, {most[1].rss_mib / costs[-2:][0][1].rss_mib:.2f} of the run before")
    print(f"ratio {(most[1].cpu / most[0]) / (least[1].cpu / least[0]):.2f}")


if __name__ == "__main__":
    main()
