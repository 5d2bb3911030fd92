#!/usr/bin/env bats
# Leads as an operator sees them, and a campaign in numbers.

# shellcheck disable=SC2154 # bats sets stderr

bats_require_minimum_version 1.5.0

setup() {
	mkdir "$BATS_TEST_TMPDIR/here" && cd "$BATS_TEST_TMPDIR/here" || return
	unset GUIDON_STATE GUIDON_STORE
	export TERM=dumb
	seed=$(dirname "$GUIDON")/tests/lib/guidon_seed
	"$GUIDON" status >/dev/null
	"$seed" sqlite:.guidon/store.db .guidon/master.key leads >seeded
}

# EXIT MESSAGE COMMAND...
refuses() {
	run --separate-stderr -"$1" "$GUIDON" "${@:3}"
	echo "$stderr"
	[[ "$stderr" == *"$2"* ]]
}

@test "leads are listed newest first, their addresses masked" {
	run "$GUIDON" lead list
	[[ "${lines[1]}" == 0000000000002*acme*spring*offer*eve* ]]
	[[ "${lines[2]}" == 0000000000001*acme*spring*offer*dan* ]]
	[[ "$output" != *eve@example.org* ]]
	run "$GUIDON" lead list --show-addresses --limit 1
	[[ "$output" == *eve@example.org* && "$output" != *dan@* ]]
	run "$GUIDON" lead list --partner zeta --json
	[ "$output" = "[]" ]
}

@test "a lead is shown with who was told of it" {
	run "$GUIDON" lead show 0000000000001
	[[ "$output" == *dan@example.org* && "$output" == *"Yes, call me."* ]]
	[[ "$output" == *@lead-hook*ready* && "$output" == *@lead-thanks*ready* ]]
	refuses 65 'expected its 13' lead show 1
	refuses 1 'no lead' lead show 0000000000009
}

@test "who became a lead is mailed no more" {
	[ "$(awk '$1 == "dan" { print $2 }' seeded)" = cancelled ]
	run "$GUIDON" delivery list --state cancelled
	[[ "$output" == *"became a lead"* ]]
}

@test "leads are exported for a CRM, safely" {
	"$GUIDON" lead export >leads.csv
	[ "$(head -1 leads.csv | cut -d, -f1-3)" = lead,partner,at ]
	[ "$(wc -l <leads.csv)" = 3 ]
	grep -q "\"'=1+1\"" leads.csv
	"$GUIDON" lead export --formulas | grep -q ',=1+1,'
}

@test "erasing somebody erases what they asked, on a list or not" {
	"$GUIDON" contact erase eve@example.org --partner acme
	"$GUIDON" contact erase dan@example.org --partner acme
	run "$GUIDON" lead list --show-addresses
	[[ "$output" != *@example.org* && "$output" == *"(erased)"* ]]
	run "$GUIDON" lead show 0000000000001
	[[ "$output" != *leadcanary* && "$output" == *@lead-hook*cancelled* ]]
	[ "$("$GUIDON" lead export | wc -l)" = 1 ]
	run grep -ai -e leadcanary -e eve@ -e dan@ .guidon/*
	[ "$status" = 1 ]
	refuses 1 'nobody with this address' contact erase eve@example.org --partner acme
	"$GUIDON" event verify
}

@test "a report counts by step and partner, in three forms" {
	run "$GUIDON" report
	[[ "${lines[0]}" == partner*step*planned*"in doubt"*leads ]]
	[[ "${lines[1]}" == all*invite*6* ]]
	[[ "$output" == *acme*invite*5*zeta*invite*1* ]]
	"$GUIDON" report spring --format csv >report.csv
	grep -qx 'spring,acme,invite,5,1,1,0,1,1,0,1,0,0,0,0,1' report.csv
	grep -qx 'spring,acme,offer,0,0,0,0,0,0,0,0,0,0,0,0,1' report.csv
	"$GUIDON" report spring --json --partner acme | python3 -c '
import json, sys
r = json.load(sys.stdin)
assert r["campaign"] == "spring"
for t in r["totals"]:
    assert t["planned"] == sum(t[k] for k in ("waiting", "sent", "bounced",
        "held", "in_doubt", "skipped", "cancelled"))
assert all(x["partner"] == "acme" for x in r["rows"])'
	refuses 1 'did you mean "spring"' report sprung
	refuses 64 'did you mean "json"' report --format jsn
}
