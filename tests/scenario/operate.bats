#!/usr/bin/env bats
# An operator's day: where everything is, why somebody is not mailed, what is
# decided about single messages, and what remains of somebody who is erased.

# shellcheck disable=SC2154 # bats sets stderr

bats_require_minimum_version 1.5.0

setup() {
	mkdir "$BATS_TEST_TMPDIR/here" && cd "$BATS_TEST_TMPDIR/here" || return
	unset GUIDON_STATE GUIDON_STORE
	export TERM=dumb
	seed=$(dirname "$GUIDON")/tests/lib/guidon_seed
	"$GUIDON" status >/dev/null
	"$seed" sqlite:.guidon/store.db .guidon/master.key >seeded
}

id_of() { # NAME STATE
	awk -v n="$1" -v s="$2" '$1 == n && $2 == s { print $3 }' seeded
}

# FIELD of `status --json`, or with a PARTNER of its row
count() {
	if [ $# = 1 ]; then
		"$GUIDON" status --json
	else
		"$GUIDON" status --json --partner "$2"
	fi | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

# EXIT MESSAGE COMMAND...
refuses() {
	run --separate-stderr -"$1" "$GUIDON" "${@:3}"
	echo "$stderr"
	[[ "$stderr" == *"$2"* ]]
}

@test "planned is the sum of the states, of all and by partner" {
	[ "$(count planned)" = 8 ]
	[ "$(count ready)" = 5 ]
	[ "$(count sent)" = 1 ]
	[ "$(count in-doubt)" = 1 ]
	[ "$(count held)" = 1 ]
	[ "$(count planned acme)" = 7 ]
	"$GUIDON" status --partners --json | python3 -c '
import json, sys
rows = json.load(sys.stdin)
assert [r["partner"] for r in rows] == ["acme", "zeta"]
for r in rows:
    assert r["planned"] == sum(v for k, v in r.items() if k not in ("partner", "planned", "stopped"))
assert sum(r["planned"] for r in rows) == 8'
}

@test "partners are listed, shown and set" {
	run "$GUIDON" partner list
	[[ "${lines[1]}" == acme* && "${lines[2]}" == zeta* ]]
	run "$GUIDON" partner show acme
	[[ "$output" =~ own\ values\ +- ]]
	"$GUIDON" partner set acme phone=+4930123456 city=Berlin
	run "$GUIDON" partner show acme
	[[ "$output" =~ own\ values\ +city\ phone ]]
	[[ "$output" == *+4930123456* && "$output" == *Berlin* ]]
	refuses 65 'expected COLUMN=VALUE' partner set acme phone
	refuses 65 '' partner set acme city=Bonn company=x
	refuses 65 'website: found' partner set acme city=Bonn 'website=javascript:alert(1)'
	refuses 65 'time_zone: found' partner set acme time_zone=Mars/Olympus
	refuses 65 'country: found' partner set acme country=GER
	refuses 65 'language: found' partner set acme 'language=de;q=1'
	refuses 65 'phone: found' partner set acme 'phone=<b>'
	refuses 65 'lead_email: ' partner set acme 'lead_email=a@x.example, b@x.example'
	refuses 65 'city: found a control' partner set acme $'city=Bonn\r\nBcc: x@x.example'
	refuses 65 'logo: found' partner set acme logo=../../etc/passwd
	"$GUIDON" partner set acme logo= 'phone=0049 (0)30 123456'
	run "$GUIDON" partner show acme
	[[ "$output" == *Berlin* ]]
	refuses 1 'did you mean "acme"' partner show acne
}

@test "a webhook is set with a secret that is shown once" {
	run --separate-stderr "$GUIDON" partner webhook acme --leads https://crm.example/leads
	[ "$status" = 0 ]
	secret=$(grep -o 'whsec_[A-Za-z0-9+/=]*' <<<"$output")
	[ ${#secret} = 50 ]
	[[ "$stderr" == *"not shown again"* ]]
	"$GUIDON" partner webhook --leads https://vendor.example/ --posts https://vendor.example/
	run "$GUIDON" partner webhook
	[ ${#lines[@]} = 4 ]
	[[ "$output" == *acme*leads*https://crm.example/leads*enabled* ]]
	[[ "$output" != *whsec_* ]]
	run "$GUIDON" partner webhook acme
	[ ${#lines[@]} = 2 ]
	grep -q crm.example .guidon/store.db*
	run ! grep -qF "${secret#whsec_}" .guidon/store.db*
	refuses 65 'neither http nor https' partner webhook acme --posts ftp://crm.example/
	refuses 65 'plain http' partner webhook acme --posts http://crm.example/
	refuses 65 'plain http' partner webhook acme --posts HTTP://127.0.0.1.crm.example/
	refuses 65 'plain http' partner webhook acme --posts http://localhost.crm.example/
	run --separate-stderr "$GUIDON" partner webhook acme --posts http://127.0.0.1:9/
	[[ "$stderr" == *'http://127.0.0.1:9/ is on this machine: --posts "webhook:?loopback=yes" posts to it'* ]]
	run --separate-stderr "$GUIDON" partner webhook acme --posts https://crm.example/
	[[ "$stderr" != *loopback* ]]
	"$GUIDON" partner webhook acme --posts 'http://[::1]:9/'
	"$GUIDON" partner webhook acme --posts http://localhost/
	refuses 65 'names a user' partner webhook acme --posts https://a:b@crm.example/
	refuses 1 'did you mean "acme"' partner webhook acne --posts https://crm.example/
}

@test "why says what a sender would be told" {
	run "$GUIDON" why acme ann@example.org
	[[ "$output" == *spring*yes*"may send"* ]]
	"$GUIDON" pause spring --partner acme
	run "$GUIDON" why acme ANN@example.org
	[[ "$output" == *no*paused*waits* ]]
	"$GUIDON" resume spring --partner acme
	"$GUIDON" contact suppress ann@example.org --scope vendor
	run "$GUIDON" why acme ann@example.org
	[[ "$output" == *"opted out of the vendor's mail"*cancelled* ]]
	run "$GUIDON" why acme stranger@example.org
	[[ "$output" == *"not on the partner's list"* ]]
	refuses 65 '' why acme no-address
}

@test "a pause twice is a pause once, and the journal has it once" {
	"$GUIDON" pause
	run --separate-stderr "$GUIDON" pause
	[[ "$stderr" == *already* ]]
	[ "$("$GUIDON" event list --kind paused | wc -l)" = 2 ]
	"$GUIDON" resume
	[ "$("$GUIDON" event list --kind resumed | wc -l)" = 2 ]
}

@test "nothing is paused that there is not" {
	refuses 1 'no campaign "sprig", did you mean "spring"?' pause sprig
	refuses 1 'no campaign "sprig", did you mean "spring"?' resume sprig
	refuses 1 'no campaign "nowhere-xyz"' pause nowhere-xyz --partner acme
	[ "$("$GUIDON" event list --kind paused | wc -l)" = 1 ]
	mkdir -p campaigns/autumn
	touch campaigns/autumn/campaign.xml
	"$GUIDON" pause autumn
	rm -r campaigns
	"$GUIDON" resume autumn
}

@test "resume says what is still paused, and how it is resumed" {
	"$GUIDON" pause
	"$GUIDON" pause spring --partner acme
	run --separate-stderr "$GUIDON" resume spring
	[[ "${stderr_lines[0]}" == "campaign spring of all partners: was not paused" ]]
	[[ "$stderr" == *"all campaigns of all partners: still paused; guidon resume"$'\n'* ]]
	[[ "$stderr" == *"campaign spring of acme: still paused; guidon resume spring --partner acme" ]]
	run --separate-stderr "$GUIDON" resume spring --partner zeta
	[[ "$stderr" == *"all campaigns"* && "$stderr" != *acme* ]]
	run --separate-stderr "$GUIDON" resume
	[[ "${stderr_lines[0]}" == "all campaigns of all partners: resumed" ]]
	run --separate-stderr "$GUIDON" resume spring --partner acme
	[ "$stderr" = "campaign spring of acme: resumed" ]
}

@test "status names what is paused, and nothing when nothing is" {
	run "$GUIDON" status
	[[ "$output" != *paused* ]]
	"$GUIDON" pause
	"$GUIDON" pause spring --partner acme
	"$GUIDON" status --json | python3 -c '
import json, sys
rows = json.load(sys.stdin)["paused"]
assert [(r["campaign"], r["partner"]) for r in rows] == [("all", "all"), ("spring", "acme")], rows'
	"$GUIDON" resume
	run "$GUIDON" status
	[[ "$output" == *paused*spring*acme* ]]
}

@test "lists mask addresses unless they are asked for" {
	run "$GUIDON" contact list --partner acme
	[[ "$output" == *'c***@example.org'* ]]
	[[ "$output" != *canary* ]]
	run "$GUIDON" contact list --partner acme --show-addresses
	[[ "$output" == *canary@example.org* ]]
	run "$GUIDON" trace "$(id_of ann sent)"
	[[ "$output" == *'a***@example.org'* && "$output" == *"250 ok"* ]]
	[ "$("$GUIDON" contact list --partner acme --limit 2 | wc -l)" = 3 ]
}

@test "a delivery in doubt is resolved once, and the journal tells" {
	id=$(id_of bob in-doubt)
	refuses 64 'one of --sent and --ready' delivery resolve "$id"
	refuses 64 'one of --sent and --ready' delivery resolve "$id" --sent --ready
	"$GUIDON" delivery resolve "$id" --sent --reason "in the relay's log"
	[ "$(count sent)" = 2 ]
	[ "$(count in-doubt)" = 0 ]
	run "$GUIDON" trace "$id"
	[[ "$output" == *sent*"in the relay's log"* ]]
	refuses 65 'expected in-doubt' delivery resolve "$id" --ready
	"$GUIDON" event verify
}

@test "what is held waits for a decision" {
	id=$(id_of cleo held)
	refuses 65 'expected in-doubt' delivery resolve "$id" --sent
	"$GUIDON" delivery unhold "$id" --ready
	[ "$(count held)" = 0 ]
	[ "$("$GUIDON" event list --kind released | wc -l)" = 2 ]
	refuses 1 'no delivery' trace 00000000000000000000000000000000
}

@test "what failed leaves again, and nobody else" {
	refuses 64 'expected --failed' retry
	refuses 1 'no run of campaign "nosuch"' retry --failed nosuch
	run --separate-stderr "$GUIDON" retry --failed --dry-run
	[[ "$stderr" == *"1 delivery would leave again"* ]]
	[ "$(count held)" = 1 ]
	run --separate-stderr "$GUIDON" retry --failed --partner zeta
	[[ "$stderr" == *"0 deliveries may leave again"* ]]
	id=$(id_of cleo held)
	run --separate-stderr "$GUIDON" retry --failed
	[[ "$stderr" == *"1 delivery may leave again"* ]]
	[ "$(count held)" = 0 ]
	[ "$(count in-doubt)" = 1 ]
	run "$GUIDON" trace "$id"
	[[ "$output" == *"tried again by an operator"* ]]
}

@test "a relay's user needs a password, and not in the URL" {
	refuses 78 'GUIDON_SMTP_PASSWORD' run --once --mail smtp://acme@127.0.0.1:1
	refuses 78 'no place in a URL' run --once --mail smtp://acme:sesame@127.0.0.1:1
	[[ "$stderr" != *sesame* ]]
}

@test "deliveries are listed by state" {
	run "$GUIDON" delivery list --state in-doubt
	[ "${#lines[@]}" = 2 ]
	[[ "${lines[1]}" == "$(id_of bob in-doubt)"* ]]
	refuses 65 'did you mean "sent"' delivery list --state snet
}

@test "an opt-out cancels what waits, at one partner or at all" {
	"$GUIDON" contact suppress ann@example.org --partner acme
	[ "$(count cancelled acme)" = 1 ]
	[ "$(count cancelled zeta)" = 0 ]
	run --separate-stderr "$GUIDON" contact suppress ann@example.org --scope global
	[[ "$stderr" == *"; 1 waiting message cancelled" ]]
	[ "$(count cancelled zeta)" = 1 ]
	[ "$("$GUIDON" event list --kind cancelled | wc -l)" = 3 ]
	refuses 64 '--partner P is missing' contact suppress ann@example.org
	refuses 64 'does not go with' contact suppress x@example.org --scope global --partner acme
}

@test "deleted is off the list, erased leaves nothing" {
	grep -aq canary@ .guidon/store.db
	"$GUIDON" contact delete dan@example.org --partner acme
	run "$GUIDON" contact show dan@example.org --partner acme
	[[ "$output" == *deleted* ]]
	refuses 1 'nobody with this address' contact delete dan@example.org --partner acme
	"$GUIDON" contact erase canary@example.org --partner acme
	[ "$(count cancelled acme)" = 2 ]
	run "$GUIDON" contact show canary@example.org --partner acme
	[[ "$output" == *erased* ]]
	[[ "$output" != *canary@* && "$output" != *Canarygiven* ]]
	run grep -ai -e canary@ -e canarygiven .guidon/*
	[ "$status" = 1 ]
	"$GUIDON" event verify
	run "$GUIDON" why acme canary@example.org
	[[ "$output" == *no*erased* ]]
}
