#!/usr/bin/env bats
# When anything leaves: windows and quiet hours through a change of clocks,
# what is later than it may be, and a machine whose clock is set.

# shellcheck disable=SC2154 # bats sets stderr

bats_require_minimum_version 1.5.0

before=2026-03-26T08:00:00Z # the Thursday before summer time begins

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unset GUIDON_STATE GUIDON_STORE GUIDON_MAIL GUIDON_POSTS
	export TERM=dumb
	"$GUIDON" init here -q && cd here || return
	campaign=campaigns/spring-launch/campaign.xml
	printf '%s\n' email,given_name,consent,consent_basis,tags,time_zone \
		ann@example.org,Ann,yes,customer,security,Europe/Berlin \
		liz@example.org,Liz,yes,customer,security,America/New_York >list.csv
}

teardown() {
	[ -z "${sender-}" ] || kill "$sender" || true
}

# ATTRIBUTE...: the campaign has these
says() {
	sed -i "s|<campaign |<campaign $* |" "$campaign"
}

# FLAG...: the list is imported, the campaign applied
applied() {
	"$GUIDON" "$@" contact import -q list.csv --partner acme
	"$GUIDON" "$@" plan -q -o p.plan
	"$GUIDON" "$@" apply -q p.plan
}

# FIELD: of status
field() {
	"$GUIDON" "${@:2}" status --json |
		python3 -c 'import json, sys; print(json.load(sys.stdin).get(sys.argv[1], ""))' "$1"
}

# STEP: when its deliveries of acme are, or were, due
due() {
	"$GUIDON" --virtual delivery list --partner acme --limit 1000 --json |
		python3 -c '
import json, sys
print(*sorted(d["due"] for d in json.load(sys.stdin) if d["step"] == sys.argv[1]))' "$1"
}

# EXIT MESSAGE COMMAND...
refuses() {
	run --separate-stderr -"$1" "$GUIDON" "${@:3}"
	echo "$stderr"
	[[ "$stderr" == *"$2"* ]]
}

@test "a plan shows what hours are and what they move" {
	says 'window="Mo-Fr 14:00-17:00"' 'quiet="16:00-17:00"'
	"$GUIDON" --now $before contact import -q list.csv --partner acme
	run "$GUIDON" --now $before plan
	[[ "$output" == *"start+0d 09:00 recipient, only Mo-Fr 14:00-17:00, not 16:00-17:00, at most"* ]]
	[[ "$output" =~ acme\ +2\ +0\ +Fri\ 2026-03-27\ 13:00\ UTC ]]
	[[ "$output" == *"Moved: 2 first mails"* ]]
}

@test "a year of hours is kept through a change of clocks" {
	says 'window="Mo-Fr 18:00-20:00"' 'quiet="18:00-19:30"'
	sed -i 's|</workspace>|<blackout dates="2026-03-27" country="DE GB"/></workspace>|' guidon.xml
	applied --virtual --now $before
	# Friday is a blackout there, and on Sunday clocks go forward in Berlin only.
	[ "$(due invite)" = "2026-03-30T17:30:00Z 2026-03-30T23:30:00Z" ]
	"$GUIDON" --virtual run -q --until 2026-05-30T00:00:00Z
	"$GUIDON" --virtual event list --kind sent --partner acme --limit 1000 --json >sent.json
	python3 - <<-'PY'
		import json
		from datetime import datetime
		from zoneinfo import ZoneInfo
		sent = json.load(open("sent.json"))
		assert len(sent) >= 4, sent
		for e in sent:
		    at = datetime.fromisoformat(e["at"].replace("Z", "+00:00"))
		    here = [at.astimezone(ZoneInfo(z)) for z in ("Europe/Berlin", "America/New_York")]
		    assert any(h.weekday() < 5 and "19:30" <= f"{h:%H:%M}" < "20:00" for h in here), e
	PY
}

@test "guidon test lives through hours too" {
	says 'window="14:00-17:00"'
	run --separate-stderr "$GUIDON" test spring-launch
	[[ "$stderr" == *"expected, and was not: silent,invite,sent,day 0 09:00"* ]]
	"$GUIDON" test spring-launch --write -q
	grep -q '^silent,invite,sent,day 0 14:00$' campaigns/spring-launch/test.csv
	"$GUIDON" test spring-launch
}

@test "what became due in a pause waits for its hour, and is held when that is too late" {
	says 'quiet="20:00-08:00"' 'max-lateness="24h"'
	applied --virtual --now $before
	"$GUIDON" --virtual pause
	# Ann's was due at 08:00 UTC, Liz's at 13:00. At night nothing leaves.
	"$GUIDON" --virtual --now 2026-03-27T23:00:00Z run -q --until 2026-03-27T23:00:00Z
	"$GUIDON" --virtual --now 2026-03-27T23:01:00Z resume
	"$GUIDON" --virtual --now 2026-03-27T23:02:00Z run --once -q
	run "$GUIDON" --virtual delivery list --partner acme --state ready
	[[ "$output" == *"2026-03-28T07:00:00Z"*"not at this hour"* ]]
	"$GUIDON" --virtual why acme ann@example.org | grep -q 'waits until 2026-03-28T07:00:00Z'
	"$GUIDON" --virtual pause
	"$GUIDON" --virtual --now 2026-03-29T07:30:00Z run -q --until 2026-03-29T07:30:00Z
	"$GUIDON" --virtual resume
	"$GUIDON" --virtual --now 2026-03-29T09:00:00Z run --once -q
	run "$GUIDON" --virtual delivery list --partner acme --state held
	[[ "$output" == *"overdue: later than its max-lateness"* ]]
	held=$(field overdue --virtual)
	[ "$held" -ge 1 ]
	[ "$(field held --virtual)" = "$held" ]
	refuses 64 'expected a DELIVERY, or --overdue' --virtual delivery unhold --ready
	refuses 64 'expected a DELIVERY, or --overdue' --virtual delivery unhold --ready --partner acme
	run --separate-stderr "$GUIDON" --virtual --now 2026-03-29T09:01:00Z delivery unhold --overdue --ready
	[[ "$stderr" == *"$held overdue: ready"* ]]
	"$GUIDON" --virtual --now 2026-03-29T09:02:00Z run --once -q
	[ "$(field overdue --virtual)" = "" ]
	run "$GUIDON" --virtual event list --kind released
	[ "${#lines[@]}" = $((held + 1)) ]
	"$GUIDON" --virtual event verify
}

@test "down time of days sends nobody the news of last week" {
	applied --virtual --now $before
	"$GUIDON" --virtual --now 2026-04-02T09:00:00Z run --once -q
	[ "$(field sent --virtual)" = 0 ]
	[ "$(field overdue --virtual)" -ge 2 ]
	"$GUIDON" --virtual delivery unhold --overdue --cancel --partner acme --reason "too old"
	run "$GUIDON" --virtual delivery list --partner acme --state cancelled
	[[ "$output" == *"too old"* ]]
}

@test "hours that never open, and words that are none, are errors of their files" {
	says 'window="02:00-05:00"' 'quiet="21:00-08:00"'
	run -1 "$GUIDON" check
	[[ "$output" == *"$campaign:"*"found hours at which nothing may ever leave"* ]]
	sed -i 's/window="02:00-05:00"/window="Mon 9-17"/; s/quiet="21:00-08:00"/max-lateness="soon"/' "$campaign"
	run -1 "$GUIDON" check
	[[ "$output" == *'found the hours "Mon 9-17", expected the form "Mo-Fr 09:00-17:00'* ]]
	[[ "$output" == *'found "soon", expected a length of time such as "24h"'* ]]
	sed -i 's/window="Mon 9-17" max-lateness="soon"//' "$campaign"
	sed -i 's|</workspace>|<blackout dates="2026-01-01/2027-12-31 2026-13-01"/></workspace>|' guidon.xml
	run -1 "$GUIDON" check
	[[ "$output" == *'guidon.xml:'*'found the dates "2026-13-01", expected the form 2026-12-24 or'* ]]
	sed -i 's| 2026-13-01"| 2028-01-01"|' guidon.xml
	"$GUIDON" check
	says 'valid-from="2026-03-01" valid-until="2026-05-31"'
	run -1 "$GUIDON" check
	[[ "$output" == *"$campaign:"*'found no moment between valid-from and valid-until'* ]]
}

# SET PASSED: seconds (tests/lib/clock_shift.c), never half of them
clocks() {
	echo "$1 $2" >"$GUIDON_CLOCK_SHIFT.new"
	mv "$GUIDON_CLOCK_SHIFT.new" "$GUIDON_CLOCK_SHIFT"
}

# CONDITION...: holds within a minute
becomes() {
	for _ in $(seq 120); do
		! "$@" || return 0
		sleep 0.5
	done
	return 1
}

shows() { # FIELD TEXT
	[[ "$(field "$1")" == *"$2"* ]]
}

lacks() { # FIELD
	local value
	value=$(field "$1") && [ -z "$value" ]
}

has_overdue() {
	[ "$(field overdue)" = "$(field planned)" ]
}

@test "a clock that is set stops the sender until it goes evenly, and is noted" {
	applied
	[ "$(field ready)" -ge 2 ]
	export GUIDON_CLOCK_SHIFT=$PWD/clock
	clocks 0 0
	LD_PRELOAD=$(dirname "$GUIDON")/tests/lib/libguidon_clock_shift.so \
		ASAN_OPTIONS=verify_asan_link_order=0 "$GUIDON" run >run.log 2>&1 3>&- &
	sender=$!
	becomes grep -q 'sending from' run.log
	clocks -864000 0
	becomes shows clock 'jumped back by 864000 s; nothing is planned or sent'
	clocks -864000 61
	becomes lacks clock
	grep -q event=clock_steady run.log
	# Ten days on: all is due, by a clock that nobody believes yet.
	clocks 864000 61
	becomes shows clock 'jumped forward by 1728000 s'
	grep -q 'event=clock_jumped jump_s=1728000' run.log
	[ "$(field sent)" = 0 ]
	[ "$(field held)" = 0 ]
	# A minute later it is the time, and all of that is too late.
	clocks 864000 122
	becomes lacks clock
	becomes has_overdue
	kill "$sender"
	wait "$sender" || true
	sender=
	[ "$(field sent)" = 0 ]
	# The machine's own clock is now behind what the guard was written by.
	unset GUIDON_CLOCK_SHIFT
	refuses 75 'the clock says ' run --once
	[[ "$(field trouble)" == *"was written at"*"guidon adopt --clock, or that time" ]]
	refuses 65 'expected --clock when it is the clock that is right' adopt
	"$GUIDON" adopt --clock
	lacks trouble
	"$GUIDON" run --once -q
	refuses 65 'expected a guard that is later than the clock' adopt --clock
}
