#!/usr/bin/env bats
# A store that is put back from a copy: what was sent since is not sent again.

# shellcheck disable=SC2154 # bats sets stderr

bats_require_minimum_version 1.5.0

before=2026-03-19T08:00:00Z # a day before the first mails
later=2026-03-20T10:00:00Z  # when they are due
after=2026-03-20T10:05:00Z
people=1000

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unset GUIDON_STATE GUIDON_STORE GUIDON_MAIL GUIDON_POSTS
	export TERM=dumb
	"$GUIDON" init here -q && cd here || return
	{
		echo 'email,given_name,consent,consent_basis,tags'
		printf 'p%d@example.org,X,yes,customer,security\n' $(seq $people)
	} >list.csv
	"$GUIDON" --now $before contact import -q list.csv --partner acme
	"$GUIDON" --now $before plan -q -o p.plan
}

count() { # STATE
	"$GUIDON" status --json |
		python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

copy() {
	rm -rf copy && cp -R .guidon copy
}

# The guard stays, as one does that lies on another disk than the store.
put_back() {
	rm -f .guidon/store.db*
	cp copy/store.db* .guidon/
}

mails() { # the Message-IDs of all that left
	find .guidon/spool -name '*.eml' -exec grep -h '^Message-ID:' {} + | sort
}

# EXIT MESSAGE COMMAND...
refuses() {
	run --separate-stderr -"$1" "$GUIDON" "${@:3}"
	echo "$stderr"
	[[ "$stderr" == *"$2"* ]]
}

@test "a store that is put back holds what was due, and sends nobody twice" {
	"$GUIDON" --now $before apply -q p.plan
	"$GUIDON" --now $before run --once -q
	copy
	"$GUIDON" --now $later run --once -q
	mails >first
	[ "$(grep -c . first)" -ge $people ]
	[ -s .guidon/guard ]
	put_back
	refuses 78 '/.guidon/guard knows: it was put back from a copy' --now $after run --once
	refuses 78 'guidon adopt --help' --now $after run --until 2026-03-21T00:00:00Z
	refuses 65 'expected it to be adopted first' --now $after adopt --assume-unsent
	refuses 65 'expected the newest store and no guard' --now $after adopt --state-is-mine
	mails | cmp - first
	[[ "$(count trouble)" == *"put back from a copy"*"nothing is sent before guidon adopt" ]]
	run --separate-stderr "$GUIDON" --now $after adopt
	[ "$status" = 0 ]
	[[ "$stderr" == *"may have been sent and are held"* ]]
	[ "$(count held)" -ge $people ]
	"$GUIDON" --now $after run --once -q
	mails | cmp - first
	run "$GUIDON" status
	[[ "$output" != *trouble* ]]
	run "$GUIDON" delivery list --state held --limit 1
	[[ "$output" == *"maybe sent: the store was put back"* ]]
	run --separate-stderr "$GUIDON" --now $after adopt
	[[ "$stderr" == *"nothing is to be adopted"* ]]
	"$GUIDON" event verify
}

@test "what is applied again is held too, until the past is settled" {
	copy
	"$GUIDON" --now $before apply -q p.plan
	"$GUIDON" --now $later run --once -q
	mails >first
	put_back
	"$GUIDON" --now $after adopt -q
	"$GUIDON" --now $after plan -q -o again.plan
	"$GUIDON" --now $after apply -q again.plan
	[ "$(count held)" -ge $people ]
	"$GUIDON" --now $after run --once -q
	"$GUIDON" --now 2026-03-24T12:00:00Z run --once -q
	mails | cmp - first
	"$GUIDON" --now 2026-03-24T12:00:00Z adopt --settled
	"$GUIDON" --now 2026-03-24T12:00:00Z run --once -q
	mails | cmp - first
	printf 'email,given_name,consent,consent_basis,tags\nnew@example.org,X,yes,customer,security\n' >new.csv
	"$GUIDON" --now 2026-03-24T12:00:00Z contact import -q new.csv --partner acme
	"$GUIDON" --now 2026-03-24T12:05:00Z run --once -q
	"$GUIDON" --now 2026-03-25T12:00:00Z run --once -q
	[ "$(mails | uniq -d | wc -l)" = 0 ]
	find .guidon/spool -name '*.eml' -exec grep -l '<new@example.org>' {} + >new
	[ -s new ]
}

@test "who was on the list before the copy and was planned after it is not mailed twice" {
	"$GUIDON" --now $before apply -q p.plan
	"$GUIDON" --now $later run --once -q
	printf 'email,given_name,consent,consent_basis,tags\nn%d@example.org,X,yes,customer,security\n' 1 >new.csv
	"$GUIDON" --now 2026-03-20T13:00:00Z contact import -q new.csv --partner acme
	copy
	"$GUIDON" --now 2026-03-20T13:05:00Z run --once -q
	"$GUIDON" --now 2026-03-23T12:00:00Z run --once -q
	mails >first
	put_back
	"$GUIDON" --now 2026-03-23T12:05:00Z adopt -q
	"$GUIDON" --now 2026-03-23T12:05:00Z adopt -q --settled # at once: planning comes first all the same
	"$GUIDON" --now 2026-03-23T12:05:00Z run --once -q
	"$GUIDON" --now 2026-03-24T12:00:00Z run --once -q
	[ "$(mails | uniq -d | wc -l)" = 0 ]
}

@test "a copy of before the first mail does not send where its guard is not" {
	"$GUIDON" --now $before apply -q p.plan
	copy
	mkdir -m 700 other && cp copy/store.db* copy/master.key other/
	export GUIDON_STATE=$PWD/other
	refuses 78 '/other/guard is not there' --now $later run --once
}

@test "what is held so goes out when somebody says that it was not sent" {
	"$GUIDON" --now $before apply -q p.plan
	copy
	"$GUIDON" --now $later run --once -q
	put_back
	rm -rf .guidon/spool
	"$GUIDON" --now $after adopt -q
	run --separate-stderr "$GUIDON" --now $after adopt --assume-unsent
	[[ "$stderr" == *"are ready again"* ]]
	[ "$(count held)" = 0 ]
	"$GUIDON" --now $after run --once -q
	[ "$(mails | wc -l)" -ge $people ]
	[ "$(mails | uniq -d | wc -l)" = 0 ]
	"$GUIDON" event verify
}

@test "a store without its guard sends when its owner says that it is the newest" {
	"$GUIDON" --now $before apply -q p.plan
	"$GUIDON" --now $later run --once -q
	mails >first
	rm .guidon/guard
	refuses 78 '/.guidon/guard is not there' --now $after run --once
	"$GUIDON" --now $after adopt --state-is-mine
	[ "$(count held)" = 0 ]
	"$GUIDON" --now $after run --once -q
	mails | cmp - first
}

@test "a guard that is none says so with its line, and can be adopted" {
	"$GUIDON" --now $before run --once -q
	for text in '' 'guidon guard 1' $'guidon guard 1\nat x' $'guidon guard 1\nat 1\nlane 1 1 zz'; do
		printf '%s\n' "$text" >.guidon/guard
		refuses 78 'not a guard of this program' --now $later run --once
	done
	"$GUIDON" --now $later adopt -q
	"$GUIDON" --now $later run --once -q
	rm .guidon/guard && mkfifo .guidon/guard
	refuses 78 'is no regular file' --now $later run --once
	refuses 65 'virtual clock has no guard' --virtual --store sqlite:other.db adopt
	refuses 64 'expected one of them at most' adopt --state-is-mine --assume-unsent
}

@test "while a store is held, up serves, and goes on once it is adopted" {
	"$GUIDON" --now $before apply -q p.plan
	copy
	"$GUIDON" --now $later run --once -q
	mails >first
	put_back
	"$GUIDON" up --listen 127.0.0.1:0 --now $after >log 2>&1 3>&- &
	pid=$!
	for _ in $(seq 50); do grep -q '^http' log && break; sleep 0.1; done
	curl -fs "$(grep -o 'http://[^ /]*' log | head -1)/" >page
	[ "$(count ready)" -ge $people ]
	"$GUIDON" --now $after adopt -q
	for _ in $(seq 50); do [ -n "$(find .guidon/guard -newer page)" ] && break; sleep 0.1; done
	sleep 1.5
	kill $pid
	wait $pid || true
	grep -q nothing_is_sent log
	mails | cmp - first
	[ "$(count held)" -ge $people ]
}
