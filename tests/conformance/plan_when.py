"""Hours of steps around every change of clocks, beside Python's zoneinfo.

plan_when.py PROGRAM: for every zone of the system's time-zone files and every
change of its offset from 2000 to 2037, asks PROGRAM (plan_when_say) for the
hours before, in and behind the gap or overlap, on the day of the change and on
those beside it. The rule is that of PEP 495 with fold=0: an hour in a gap is
read with the offset from before it, an hour that comes twice is the first.
"""
import hashlib
import subprocess
import sys
import zoneinfo
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

ZONES = Path("/usr/share/zoneinfo")
FIRST = int(datetime(2000, 1, 1, tzinfo=timezone.utc).timestamp())
LAST = int(datetime(2038, 1, 1, tzinfo=timezone.utc).timestamp())
DAY = 86400
# Minutes from the change, on the wall as it was before it.
PROBES = (-1441, -1440, -181, -61, -60, -31, -30, -1, 0, 1, 15, 29, 30, 45, 59,
          60, 61, 89, 90, 119, 120, 121, 180, 1439, 1440, 1441)


def zones():
    """Each once, however many names it has; the most common name."""
    seen = {}
    for name in sorted(zoneinfo.available_timezones()):
        path = ZONES / name
        if name.startswith(("right/", "posix/")) or not path.is_file():
            continue
        digest = hashlib.sha256(path.read_bytes()).digest()
        seen.setdefault(digest, name)
    return sorted(seen.values())


def offset(zone, at):
    return datetime.fromtimestamp(at, zone).utcoffset()


def changes(zone):
    """Instants at which the offset changes, by halving the days with one."""
    before = offset(zone, FIRST)
    for at in range(FIRST, LAST, DAY):
        now = offset(zone, at)
        if now == before:
            continue
        low, high = at - DAY, at
        while high - low > 1:
            mid = (low + high) // 2
            if offset(zone, mid) == before:
                low = mid
            else:
                high = mid
        yield high, before
        before = now


def questions(name):
    """(line, first, next): what is asked and what the answers must be."""
    zone = zoneinfo.ZoneInfo(name)
    for change, before in changes(zone):
        wall = datetime.fromtimestamp(change, timezone.utc).replace(
            tzinfo=None) + before
        for minutes in PROBES:
            local = (wall + timedelta(minutes=minutes)).replace(second=0)
            anchor = change - 5 * DAY
            there = datetime.fromtimestamp(anchor, zone).date()
            days = (local.date() - there).days
            due = int(local.replace(tzinfo=zone).timestamp())
            yield (f"{name} {anchor} {days} {local:%H:%M}", due)


def main():
    zoneinfo.reset_tzpath([str(ZONES)])
    names = zones()
    asked, wanted, counted = [], [], 0
    for name in names:
        lines = list(questions(name))
        counted += len(lines) // len(PROBES)
        asked += [line for line, _ in lines]
        wanted += [due for _, due in lines]
    said = subprocess.run([sys.argv[1]], input="\n".join(asked) + "\n",
                          capture_output=True, text=True, check=True)
    got = said.stdout.split("\n")[:-1]
    wrong = [f"{line}: {answer}, expected {due} twice"
             for line, due, answer in zip(asked, wanted, got, strict=True)
             if answer != f"{due} {due}"]
    print(f"{len(names)} zones, {counted} changes, {len(asked)} hours, "
          f"{len(wrong)} wrong")
    print("\n".join(wrong[:20]))
    # All of the world changes its clocks: fewer were not looked at.
    return 1 if wrong or len(names) < 300 or counted < 5000 else 0


sys.exit(main())
