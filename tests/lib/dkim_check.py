"""dkim_check.py RECORDS FILE...: what dkimpy finds of the signatures of each
mail: "FILE SELECTOR pass" or "fail". DNS is RECORDS, as `guidon partner dns
--json` prints them, and nothing else."""

import json
import os
import sys

import dkim

with open(sys.argv[1]) as f:
    dns = {r["name"] + ".": r["value"] for r in json.load(f)}


def record(name, timeout=5):
    return dns.get(name.decode() if isinstance(name, bytes) else name, "").encode()


for path in sys.argv[2:]:
    with open(path, "rb") as f:
        mail = f.read()
    count = mail[: mail.index(b"\r\n\r\n")].count(b"DKIM-Signature:")
    for i in range(count):
        found = dkim.DKIM(mail)
        try:
            good = found.verify(idx=i, dnsfunc=record)
        except dkim.DKIMException:
            good = False
        print(os.path.basename(path), found.selector.decode(), "pass" if good else "fail")
