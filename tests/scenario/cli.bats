#!/usr/bin/env bats
# What the program is on the command line: help, mistakes and their exit codes,
# suggestions, text and JSON, colour, and that asking for help leaves no trace.

# shellcheck disable=SC2154,SC2016 # bats sets stderr; a script is quoted

bats_require_minimum_version 1.5.0

setup() {
	mkdir "$BATS_TEST_TMPDIR/here" && cd "$BATS_TEST_TMPDIR/here" || return
	unset GUIDON_STATE GUIDON_STORE NO_COLOR
	export TERM=dumb
}

is_json() { # reads stdin
	python3 -m json.tool >/dev/null
}

untouched() {
	[ -z "$(ls -A .)" ]
}

# EXIT MESSAGE COMMAND...: fails with this, says it on stderr, nothing on stdout
refuses() {
	run --separate-stderr -"$1" "$GUIDON" "${@:3}"
	echo "$stderr"
	[ -z "$output" ]
	[[ "$stderr" == *"$2"* ]]
}

@test "help has examples before all else, everywhere" {
	for command in "" status why trace pause resume partner "partner list" \
		contact "contact erase" delivery "delivery resolve" event help; do
		# shellcheck disable=SC2086 # two words
		run "$GUIDON" $command --help
		[ "$status" = 0 ]
		[[ "$output" == *Usage* && "$output" == *"Common options"* ]]
	done
	run "$GUIDON" pause -h
	[ "${lines[1]}" = "Examples" ]
	untouched
}

@test "help is found in three ways and says the same" {
	"$GUIDON" contact erase --help >one
	"$GUIDON" help contact erase >two
	"$GUIDON" -h contact erase >three
	cmp one two
	cmp one three
}

@test "without a word it helps" {
	run --separate-stderr "$GUIDON"
	[ "$status" = 0 ]
	[[ "$output" == *Commands* ]]
	untouched
}

@test "the version is one line" {
	run "$GUIDON" --version
	[ "$status" = 0 ]
	[[ "$output" =~ ^"guidon "[0-9]+\.[0-9]+\.[0-9]+$ ]]
	untouched
}

@test "mistakes on the command line are 64 and leave no trace" {
	refuses 64 'no command "statu", did you mean "status"?' statu
	refuses 64 'no command contact "lsit", did you mean "list"?' contact lsit
	refuses 64 'one of list, show, set' partner
	refuses 64 'did you mean "--json"?' status --jsno
	refuses 64 'no option "-z"' status -z
	refuses 64 'option --store needs a value' status --store
	refuses 64 'option --store needs a value' status --store --json
	refuses 64 'option --json takes none' status --json=yes
	refuses 64 'one word too many' status now
	refuses 64 'too few words, expected ADDRESS' contact show --partner acme
	refuses 64 '--partner P is missing' contact list
	refuses 64 'no command "zzzzzzzzzz"' zzzzzzzzzz
	untouched
}

# What a shell makes of "$ONLY" when nothing was set.
@test "what is given empty is 64, and not all" {
	refuses 64 'option --only is given empty, expected P1,P2' apply x.plan --only ''
	refuses 64 'option --only is given empty' apply x.plan --only=
	refuses 64 'option --partner is given empty' pause spring --partner ''
	refuses 64 'option --store is given empty' status --store ''
	refuses 64 'option --mail is given empty' run --mail '' --once
	refuses 64 'option --out is given empty' plan -o ''
	refuses 64 '"" stands where [CAMPAIGN] is expected' pause ''
	refuses 64 '"" stands where [CAMPAIGN] is expected' resume ''
	refuses 64 '"" stands where PARTNER COLUMN=VALUE... is expected' partner set acme ''
	untouched
}

@test "a suggestion is near, and few names are listed" {
	refuses 64 'no option "--foo"' status --foo
	[[ "$stderr" != *"did you mean"* ]]
	refuses 64 'no option "--parters", did you mean "--partners"?' status --parters
	refuses 65 '--scope "bogus", expected partner, vendor or global' contact suppress a@example.org --scope bogus
	refuses 64 '--format "pdf", expected text, csv or json' report --format pdf
	refuses 65 'no state "bogus", expected ready, ' delivery list --state bogus
}

@test "names are not abbreviated" {
	refuses 64 'no option "--js' status --js
	refuses 64 'no command "stat"' stat
	untouched
}

@test "options stand anywhere" {
	"$GUIDON" --json status >one
	"$GUIDON" status --json >two
	"$GUIDON" --store "sqlite:$PWD/.guidon/store.db" --json status >three
	"$GUIDON" --store="sqlite:$PWD/.guidon/store.db" status --json >four
	cmp one two
	cmp one three
	cmp one four
}

@test "behind -- nothing is an option" {
	refuses 1 'no partner "--json"' partner show -- --json
}

@test "the exit codes are one table" {
	run "$GUIDON" help exit-codes
	[ "$status" = 0 ]
	for code in 0 1 2 64 65 75 78; do
		[[ "$output" =~ (^|$'\n')" "*"$code "  ]]
	done
	"$GUIDON" help exit-codes --json | is_json
	untouched
}

@test "what is not there is 1, what is wrong is 65" {
	refuses 1 'no partner "nobody"' partner show nobody
	refuses 65 'no kind of event "opend", did you mean "opened"?' event list --kind opend
	refuses 65 'expected a number from 1' event list --limit 0
	refuses 65 '--now' status --now yesterday
	refuses 65 'is no delivery' trace 12
}

@test "json is one document" {
	for command in status "status --partners" "partner list" "event list" \
		"event verify" "delivery list"; do
		# shellcheck disable=SC2086 # two words
		"$GUIDON" $command --json | is_json
	done
}

@test "quiet says errors alone" {
	run --separate-stderr "$GUIDON" pause
	[[ "$stderr" == *paused* ]]
	run --separate-stderr "$GUIDON" resume -q
	[ "$status" = 0 ]
	[ -z "$stderr$output" ]
	refuses 1 'no partner' partner show -q nobody
	"$GUIDON" init work -q
	cd work
	printf 'email\nno-address\njo@example.org\n' >list.csv
	run --separate-stderr -65 "$GUIDON" contact import -q list.csv --partner acme
	[ -z "$output" ]
	[[ "$stderr" == "guidon: list.csv:2:1: "* ]]
	run --separate-stderr "$GUIDON" plan -q -o p.plan
	[ "$status$stderr$output" = 0 ]
	run --separate-stderr "$GUIDON" apply -q p.plan
	[ "$status$stderr$output" = 0 ]
	[ -n "$("$GUIDON" status -q)" ]
	[ -n "$("$GUIDON" plan -q)" ]
	"$GUIDON" contact import -q list.csv --partner acme --json | is_json
}

@test "no colour without a terminal, with NO_COLOR or with TERM=dumb" {
	command -v script >/dev/null || skip "no script(1)"
	TERM=xterm "$GUIDON" help exit-codes >plain
	TERM=xterm script -qec "'$GUIDON' help exit-codes" /dev/null >coloured
	grep -q $'\033' coloured
	for how in "TERM=xterm NO_COLOR=1" "TERM=dumb"; do
		# shellcheck disable=SC2086 # two words
		env $how script -qec "'$GUIDON' help exit-codes" /dev/null >out
		run grep -q $'\033' out
		[ "$status" = 1 ]
	done
	TERM=xterm script -qec "'$GUIDON' help exit-codes --no-color" /dev/null >out
	run grep -q $'\033' plain out
	[ "$status" = 1 ]
}

@test "a reader that goes away is no failure, a full disk is one" {
	bash -c 'set -o pipefail; "$GUIDON" help --markdown | head -n 1' >/dev/null
	[ -w /dev/full ] || skip "no /dev/full"
	run --separate-stderr -1 bash -c '"$GUIDON" help --markdown >/dev/full'
	[[ "$stderr" == *stdout* ]]
}
