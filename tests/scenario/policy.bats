#!/usr/bin/env bats
# One person on the lists of two partners: who mails, who is held, and who is
# told what of it.

# shellcheck disable=SC2154 # bats sets stderr

bats_require_minimum_version 1.5.0

setup() {
	cp -r "$BATS_TEST_DIRNAME/../fixtures/workspace" "$BATS_TEST_TMPDIR/here"
	cd "$BATS_TEST_TMPDIR/here" || return
	unset GUIDON_STATE GUIDON_STORE
	export TERM=dumb
}

at() { # TIME COMMAND...
	"$GUIDON" --virtual --now "$1" "${@:2}"
}

state_that() { # ELEMENT
	python3 - "$1" <<'END'
import sys
text = open("guidon.xml").read()
open("guidon.xml", "w").write(text.replace("</brand>", "</brand>" + sys.argv[1], 1))
END
}

list() { # PARTNER CONSENT_DATE TAGS
	printf 'email,consent,consent_basis,consent_date,tags\n' >list.csv
	printf 'ann@example.org,yes,opt-in,%s,%s\n' "$2" "$3" >>list.csv
	at 2026-03-02T06:00:00Z contact import list.csv --partner "$1"
}

begin() {
	at 2026-03-02T07:00:00Z plan spring -o spring.plan
	at 2026-03-02T07:00:00Z apply spring.plan
}

@test "one partner mails, the other is held, and why says it in full" {
	state_that '<one-partner customers="customer"/>'
	list acme 2025-02-01 security
	list muster 2024-02-01 security
	begin
	run at 2026-03-02T07:05:00Z delivery list --state held
	[[ "$output" == *acme*"held by policy"* && "$output" != *muster* ]]
	run at 2026-03-02T07:05:00Z why acme ann@example.org
	echo "$output"
	[[ "$output" == *"held by policy"*"is held"* ]]
	[[ "$output" == *"muster mails the person, decided 2026-03-02T07:00:00"* ]]
	[[ "$output" == *"it has the older consent"* ]]
	[[ "$output" == *"acme: no mail yet, consent 2025-02-01"* ]]
	run at 2026-03-02T07:05:00Z why muster ann@example.org
	[[ "$output" == *"may send"* ]]
	run at 2026-03-08T07:05:00Z report spring --partner acme --shared
	[[ "$output" == *"fewer than 5"* && "$output" != *muster* ]]
	run --separate-stderr -64 at 2026-03-08T07:05:00Z report spring --shared
	[[ "$stderr" == *"--partner P"* ]]
}

@test "a customer's partner comes before an older consent" {
	state_that '<one-partner customers="customer"/>'
	list acme 2025-02-01 'customer security'
	list muster 2024-02-01 security
	begin
	run at 2026-03-02T07:05:00Z why muster ann@example.org
	[[ "$output" == *"acme mails the person"*"it has the person as a customer"* ]]
}

@test "a frequency is kept over all partners, and what is too many waits or is held" {
	state_that '<frequency max="1" days="2"/>'
	list acme 2025-02-01 security
	list muster 2024-02-01 security
	begin
	at 2026-03-02T07:05:00Z run --mail spool:out --until 2026-03-03T12:00:00Z
	# Beside four posts.
	run at 2026-03-03T12:00:00Z status --json
	python3 - "$output" <<'END'
import json, sys
assert json.loads(sys.argv[1])["sent"] == 4 + 1, sys.argv[1]
END
	run at 2026-03-03T12:00:00Z why acme ann@example.org
	echo "$output"
	[[ "$output" == *"at most 1 mails in 2 days over all partners; the next may leave 2026-03-04T"* ]]
	at 2026-03-03T12:05:00Z run --mail spool:out --until 2026-03-04T12:00:00Z
	run at 2026-03-04T12:00:00Z status --json
	python3 - "$output" <<'END'
import json, sys
assert json.loads(sys.argv[1])["sent"] == 4 + 2, sys.argv[1]
END
}

@test "what is stated twice, or with a word too many, is found" {
	state_that '<frequency max="1" days="2"/><frequency max="3" days="2"/>'
	run -1 "$GUIDON" check
	[[ "$output" == *"guidon.xml:"*": error: found a second frequency over all partners, expected one"* ]]
	state_that '<frequency max="0" days="2" over="nobody"/>'
	run -1 "$GUIDON" check
	[[ "$output" == *nobody* ]]
}
