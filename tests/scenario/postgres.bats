#!/usr/bin/env bats
# The main job on the stock workspace, as tools/run does it, on PostgreSQL: what
# comes of it is what comes of it on SQLite, also when apply and run are killed
# on the way and somebody then looks after what is in doubt.

bats_require_minimum_version 1.5.0

root=$BATS_TEST_DIRNAME/../..
begin=2026-03-19T08:00:00Z
end=2026-04-30T00:00:00Z

setup_file() {
	unset GUIDON_STATE GUIDON_STORE GUIDON_MAIL GUIDON_POSTS
	export TERM=dumb
	cd "$BATS_FILE_TMPDIR" || return
	"$BATS_TEST_DIRNAME/../../tools/sample-contacts" contacts
	use sqlite
	prepare
	g apply "$GUIDON_STATE/plan"
	g run --until "$end"
	outcome >expected
	cluster=$BATS_TEST_DIRNAME/../lib/pg-cluster
	folder=$(mktemp -d "${TMPDIR:-/tmp}/guidon-pg.XXXXXX")
	if url=$("$cluster" start "$folder"); then
		echo "$url" >url
	fi
	echo "$folder" >folder
}

teardown_file() {
	"$BATS_TEST_DIRNAME/../lib/pg-cluster" stop "$(cat "$BATS_FILE_TMPDIR/folder")" || true
}

# NAME [DATABASE]: a state folder of its own
use() {
	export GUIDON_STATE=$BATS_FILE_TMPDIR/$1
	mkdir -m 700 "$GUIDON_STATE"
	[ $# = 1 ] || export GUIDON_STORE=$2
}

g() {
	"$GUIDON" --workspace "$root" --virtual --now "$begin" --quiet "$@"
}

# Contacts are in, and there is a plan.
prepare() {
	local list
	for list in "$BATS_FILE_TMPDIR"/contacts/*.csv; do
		# 65: some rows are quarantined.
		g contact import "$list" --partner "$(basename "$list" .csv)" >/dev/null 2>&1 || [ $? = 65 ]
	done
	g plan spring-launch -o "$GUIDON_STATE/plan" >/dev/null
}

outcome() {
	"$GUIDON" --workspace "$root" --virtual status --json
	"$GUIDON" --workspace "$root" --virtual report spring-launch --format csv
	"$GUIDON" --workspace "$root" --virtual event verify >/dev/null
	wc -l <"$GUIDON_STATE/spool/index.jsonl"
}

# A database of its own in the server; skips without one.
database() {
	cd "$BATS_FILE_TMPDIR" || return
	[ -e url ] || skip "no server"
	psql -q "$(cat url)" -c "CREATE DATABASE $1"
	use "$1" "$(sed "s|///guidon?|///$1?|" url)"
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return
}

@test "all mails and posts of the stock campaign leave on SQLite" {
	cat expected
	grep -q '"sent": *384' expected
}

@test "what comes of it on PostgreSQL is the same" {
	database undisturbed
	prepare
	g apply "$GUIDON_STATE/plan"
	g run --until "$end"
	outcome >got
	diff expected got
}

# How many messages have left.
left() {
	if [ -e "$GUIDON_STATE/spool/index.jsonl" ]; then
		wc -l <"$GUIDON_STATE/spool/index.jsonl"
	else
		echo 0
	fi
}

# Kills the sender when so many messages have left.
kill_at() {
	local child
	"$GUIDON" --workspace "$root" --virtual --now "$begin" --quiet run --until "$end" 3>&- &
	child=$!
	until [ "$(left)" -ge "$1" ]; do
		kill -0 "$child"
		sleep 0.01
	done
	kill -KILL "$child"
	wait "$child" || [ $? = 137 ]
}

# What an operator does: the receiver's ledger says whether it arrived.
resolve() {
	local id
	for id in $(g delivery list --state in-doubt --json | python3 -c '
import json, sys
for row in json.load(sys.stdin):
    print(row["delivery"])'); do
		if grep -q "$id" "$GUIDON_STATE/spool/index.jsonl"; then
			g delivery resolve "$id" --sent --reason "it is in the ledger"
		else
			g delivery resolve "$id" --ready --reason "it is not in the ledger"
		fi
	done
}

@test "and the same when apply and run are killed on the way" {
	database disturbed
	prepare
	for moment in 0.1 0.2 0.3 0.4 0.5; do
		timeout -s KILL "$moment" "$GUIDON" --workspace "$root" --virtual --now "$begin" --quiet \
			apply "$GUIDON_STATE/plan" || [ $? = 137 ]
	done
	g apply "$GUIDON_STATE/plan"
	kill_at 60
	kill_at 200
	g run --until "$end"
	resolve
	g run --until "$end"
	outcome >got
	diff expected got
}
