#!/usr/bin/env bats
# A list of people comes in by CSV: counts add up, what is wrong is told by
# line and column, twice is once, and what goes out comes in again unchanged.
# shellcheck disable=SC2154 # bats sets stderr

bats_require_minimum_version 1.5.0

setup() {
	mkdir "$BATS_TEST_TMPDIR/here" && cd "$BATS_TEST_TMPDIR/here" || return
	unset GUIDON_STATE GUIDON_STORE
	export TERM=dumb
	seed=$(dirname "$GUIDON")/tests/lib/guidon_seed
	"$GUIDON" status >/dev/null
	"$seed" sqlite:.guidon/store.db .guidon/master.key >seeded
	cat >good.csv <<-'CSV'
		E-Mail,First name,Phone,Consent,consent_basis,tags,Floor
		eve@example.com,Eve,+49 30 123456,yes,customer,b a,3
		frank@example.com,Frank,,no,,,4
	CSV
	cat >bad.csv <<-'CSV'
		email,given_name,country
		grace@example.com,Grace,DE
		no-address,Nobody,DE
		henry@example.com,Henry,Germany
	CSV
}

import() {
	"$GUIDON" contact import "$@" --partner zeta
}

# FIELD of `import --json ARG...`
field() {
	import --json "${@:2}" 2>/dev/null |
		python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

@test "a good file is stored, and again changes nothing" {
	[ "$(field accepted good.csv)" = 2 ]
	[ "$(field unchanged good.csv)" = 2 ]
	run "$GUIDON" contact list --partner zeta
	[[ "$output" == *'e***@example.com'*given*'a b'* ]]
	run "$GUIDON" contact show eve@example.com --partner zeta
	[[ "$output" == *+4930123456* && "$output" == *Floor* ]]
	[ "$("$GUIDON" event list --kind imported | wc -l)" = 3 ]
}

@test "a dry run says the same and stores nothing" {
	[ "$(field accepted good.csv --dry-run)" = 2 ]
	[ "$(field accepted good.csv -n)" = 2 ]
	[ "$(field accepted good.csv)" = 2 ]
}

@test "what is wrong is told by line and column, and left out" {
	run --separate-stderr -65 "$GUIDON" contact import bad.csv --partner zeta
	[[ "$stderr" == *bad.csv:3:1:*quarantined* ]]
	[[ "$stderr" == *bad.csv:4:25:*country*quarantined* ]]
	[[ "$stderr" != *henry* ]]
	[[ "$output" =~ rows\ +3 && "$output" =~ accepted\ +1 && "$output" =~ quarantined\ +2 ]]
}

# One way of counting for both kinds of findings.
@test "what is no table is told by line and column, and changes nothing" {
	printf 'email,given_name\nann@example.com,Ann\nno-address,\0\n' >broken.csv
	run --separate-stderr -65 "$GUIDON" contact import broken.csv --partner zeta
	[[ "$stderr" == *"broken.csv:3:12: a NUL byte"* ]]
	run ! "$GUIDON" contact show ann@example.com --partner zeta
	printf 'email,given_name\nno-address,\001\n' >control.csv
	run --separate-stderr -65 "$GUIDON" contact import control.csv --partner zeta
	[[ "$stderr" == *"control.csv:2:12: given_name: "* ]]
}

@test "every row is counted once" {
	cat bad.csv <(tail -n +2 bad.csv) >twice.csv
	import --json twice.csv 2>/dev/null | python3 -c '
import json, sys
r = json.load(sys.stdin)
kinds = ("accepted", "updated", "unchanged", "merged", "quarantined")
assert r["rows"] == 6 == sum(r[k] for k in kinds), r
assert r["merged"] == 1 and r["quarantined"] == 4, r
assert {f["line"] for f in r["findings"]} == {3, 4, 6, 7}, r'
}

@test "a file that is no list changes nothing" {
	printf 'name\nEve\n' >nobody.csv
	run --separate-stderr -65 "$GUIDON" contact import nobody.csv --partner zeta
	run --separate-stderr -1 "$GUIDON" contact import none.csv --partner zeta
	[[ "$stderr" == *none.csv* ]]
	[ "$("$GUIDON" contact list --partner zeta | wc -l)" = 2 ]
}

@test "a file may come from a pipe" {
	import - <good.csv
	[ "$("$GUIDON" contact list --partner zeta | wc -l)" = 4 ]
}

@test "what is exported comes in again unchanged" {
	import good.csv
	"$GUIDON" contact export --partner zeta >one.csv
	[ "$(wc -l <one.csv)" = 4 ]
	[ "$(field unchanged one.csv)" = 3 ]
	"$GUIDON" contact export --partner zeta >two.csv
	cmp one.csv two.csv
}

@test "who has opted out is not brought back by an import" {
	import good.csv
	"$GUIDON" contact suppress eve@example.com --partner zeta
	import good.csv
	run "$GUIDON" why zeta eve@example.com
	[[ "$output" == *no*"opted out of this partner's mail"* ]]
}

@test "who was erased is not brought back by an import" {
	import good.csv
	"$GUIDON" contact erase frank@example.com --partner zeta
	run --separate-stderr -65 "$GUIDON" contact import good.csv --partner zeta
	[[ "$stderr" == *good.csv:3:1:*"was erased"* ]]
	run "$GUIDON" contact show frank@example.com --partner zeta
	[[ "$output" == *erased* && "$output" != *Frank* ]]
}

@test "who was erased comes back by a consent that was given since" {
	import good.csv
	"$GUIDON" contact erase frank@example.com --partner zeta
	refused=$(import good.csv 2>&1 || true)
	[[ "$refused" == *"expected a consent that was given since, with its basis and date"* ]]
	printf 'email,consent,consent_basis,consent_date\nfrank@example.com,yes,customer,%s\n' \
		"$(date -u -d '+2 days' +%F)" >since.csv
	"$GUIDON" --now "$(date -u -d '+3 days' +%FT00:00:00Z)" contact import since.csv --partner zeta
	run "$GUIDON" contact show frank@example.com --partner zeta
	[[ "$output" == *"on the list"* && "$output" == *given* ]]
}

@test "who was erased is on no list to be deleted from" {
	import good.csv
	"$GUIDON" contact erase frank@example.com --partner zeta
	run --separate-stderr -1 "$GUIDON" contact delete frank@example.com --partner zeta
	[[ "$stderr" == *"nobody with this address"* ]]
}

@test "the import says which columns became attributes" {
	printf 'Name;E-Mail-Adresse;Telefon;Einwilligung\nEve;eve@example.com;+4930123;ja\n' >de.csv
	run --separate-stderr "$GUIDON" contact import de.csv --partner zeta
	[[ "${lines[0]}" =~ ^attributes\ +Name,\ Einwilligung$ ]]
	[ "$(field attributes good.csv)" = Floor ]
}

@test "a row that is empty but for its separators is passed over" {
	printf ';;;\nemail;given_name;phone;tags\n;;;\neve@example.com;Eve;;a\n; ;;\n;;;\n' >sheet.csv
	[ "$(field rows sheet.csv)" = 1 ]
	run --separate-stderr -0 "$GUIDON" contact import sheet.csv --partner zeta
	[ -z "$stderr" ]
}

@test "a header that is refused counts nothing and names both columns" {
	printf 'email;Vorname;given_name\neve@example.com;Eve;Eva\n' >two.csv
	run --separate-stderr -65 "$GUIDON" contact import two.csv --partner zeta
	[ -z "$output" ]
	[[ "$stderr" == *'two.csv:1: column 3: a second column for given_name: "given_name", and column 2 is "Vorname"'* ]]
}

@test "findings of a row come from left to right" {
	printf 'email;country;phone;Floor;consent_date\nx;Germany;abc;\001;never\n' >left.csv
	import --json left.csv 2>/dev/null | python3 -c '
import json, sys
f = json.load(sys.stdin)["findings"]
assert [x["column"] for x in f] == [1, 3, 11, 15, 17], f'
}
