#!/usr/bin/env bats
# Where a run finds its things: workspace, state folder, master key, store and
# clock; and what it says when one of them is wrong.

# shellcheck disable=SC2154 # bats sets stderr

bats_require_minimum_version 1.5.0

setup() {
	mkdir "$BATS_TEST_TMPDIR/here" && cd "$BATS_TEST_TMPDIR/here" || return
	unset GUIDON_STATE GUIDON_STORE
	export TERM=dumb
}

# EXIT MESSAGE COMMAND...
refuses() {
	run --separate-stderr -"$1" "$GUIDON" "${@:3}"
	echo "$stderr"
	[ -z "$output" ]
	[[ "$stderr" == *"$2"* ]]
}

mode() {
	stat -c %a "$1"
}

@test "the first use makes all that is needed, for its owner alone" {
	umask 0
	"$GUIDON" status
	[ "$(mode .guidon)" = 700 ]
	[ "$(mode .guidon/master.key)" = 400 ]
	[ "$(stat -c %s .guidon/master.key)" = 32 ]
	[ "$(mode .guidon/store.db)" = 600 ]
	[ "$(find .guidon -name 'master.key*' | wc -l)" = 1 ]
}

@test "the second use finds it" {
	"$GUIDON" pause
	cp .guidon/master.key key
	run "$GUIDON" event list
	[[ "$output" == *paused* ]]
	cmp key .guidon/master.key
}

@test "eight who come first together get one key" {
	for i in 1 2 3 4 5 6 7 8; do "$GUIDON" status >"out$i" 2>&1 & pids[i]=$!; done
	for i in 1 2 3 4 5 6 7 8; do wait "${pids[i]}" || { cat "out$i"; return 1; }; done
	[ "$(find .guidon -name 'master.key*' | wc -l)" = 1 ]
}

@test "another master key is refused" {
	"$GUIDON" status
	head -c 32 /dev/urandom >other
	install -m 0400 other .guidon/master.key
	refuses 78 'does not open this store' status
	cmp other .guidon/master.key
}

@test "a master key that is gone is not replaced" {
	"$GUIDON" status
	mv .guidon/master.key kept
	refuses 78 'put it there' status
	[ ! -e .guidon/master.key ]
	mv kept .guidon/master.key
	"$GUIDON" status
}

@test "a store that is gone or emptied is not begun anew" {
	"$GUIDON" pause
	cp .guidon/store.db kept.db
	: >.guidon/store.db
	touch .guidon/store.db-wal
	refuses 78 'put the store back' status
	[ ! -s .guidon/store.db ]
	rm .guidon/store.db
	refuses 78 'put the store back' run --once
	[ ! -e .guidon/store.db ]
	[ -e .guidon/store.db-wal ]
	rm .guidon/store.db-wal
	sqlite3 .guidon/store.db 'CREATE TABLE other (n INTEGER)'
	refuses 78 'put the store back' status
	cp kept.db .guidon/store.db
	"$GUIDON" status
	rm .guidon/store.db*
	refuses 78 'put the store back' status --store sqlite:other.db
	rm -f .guidon/master.key
	"$GUIDON" status
}

# Killed between the making of the store and the naming of the key.
@test "a first use that was killed goes on" {
	"$GUIDON" pause
	mv .guidon/master.key .guidon/master.key.new
	cp .guidon/master.key.new key
	"$GUIDON" status
	cmp key .guidon/master.key
	rm .guidon/store.db*
	mv .guidon/master.key .guidon/master.key.new
	"$GUIDON" status
	cmp key .guidon/master.key
	[ "$(find .guidon -name 'master.key*' | wc -l)" = 1 ]
}

@test "a FIFO in the place of the key is not waited for" {
	mkdir -m 0700 .guidon
	mkfifo -m 0600 .guidon/master.key.new
	refuses 78 'is no master key' status
	rm -r .guidon
	"$GUIDON" status
	rm -f .guidon/master.key
	mkfifo -m 0600 .guidon/master.key
	refuses 78 'is no master key' status
}

@test "a master key that others may read is refused" {
	"$GUIDON" status
	chmod 0440 .guidon/master.key
	refuses 78 'others may read it' status
}

@test "what is no master key is refused" {
	"$GUIDON" status
	install -m 0400 /dev/null .guidon/master.key
	refuses 78 'is no master key' status
}

@test "a state folder that others may write to is refused" {
	mkdir .guidon
	chmod 0777 .guidon
	refuses 78 'others may write' status
}

@test "the workspace is the nearest folder with guidon.xml" {
	mkdir -p shop/campaigns/spring
	touch shop/guidon.xml
	cd shop/campaigns/spring
	"$GUIDON" status
	[ ! -e .guidon ]
	[ -d ../../.guidon ]
}

@test "a folder that is named goes before it" {
	mkdir shop other
	touch guidon.xml
	cd shop
	"$GUIDON" status --workspace ../other
	[ -d ../other/.guidon ]
	[ ! -e ../.guidon ]
	refuses 1 'workspace nowhere' status --workspace nowhere
}

@test "state and store are set by the environment, the store by a flag first" {
	GUIDON_STATE=$PWD/state "$GUIDON" status
	[ -e state/store.db ]
	GUIDON_STORE=sqlite:one.db "$GUIDON" status
	[ -e one.db ]
	GUIDON_STATE=$PWD/three GUIDON_STORE=sqlite:two.db "$GUIDON" status --store sqlite:three.db
	[ -e three.db ]
	[ ! -e two.db ]
	refuses 78 'expected sqlite: or postgresql:' status --store mysql:x
}

@test "a store lives by one kind of clock" {
	"$GUIDON" status
	refuses 78 'lives by the real clock' status --virtual
	"$GUIDON" status --virtual --store sqlite:v.db
	refuses 78 'lives by a virtual clock' status --store sqlite:v.db
	"$GUIDON" status --virtual --store sqlite:v.db
}

@test "the clock starts where it is told to" {
	"$GUIDON" pause --now 2030-05-01T09:00:00+02:00 --virtual
	run "$GUIDON" event list --virtual
	[[ "$output" == *2030-05-01T07:00:00Z* ]]
}

@test "the store may be a server's, with key and state here" {
	cat >story <<-'SH'
		export GUIDON_STORE=$GUIDON_TEST_PG
		[ -n "$GUIDON_STORE" ] || { echo "SKIPPED: no server"; exit; }
		"$GUIDON" pause
		"$GUIDON" event verify
		"$GUIDON" status --json
		"$GUIDON" status --virtual && exit 1
		[ ! -e .guidon/store.db ] && rm .guidon/master.key
		"$GUIDON" status
		[ $? = 78 ] && echo as expected
		rm -f .guidon/master.key*
		psql -q "$GUIDON_TEST_PG" -c 'CREATE DATABASE first' -c 'CREATE DATABASE emptied'
		GUIDON_STORE=${GUIDON_TEST_PG/guidon?/first?} "$GUIDON" status || echo failed
		GUIDON_STORE=${GUIDON_TEST_PG/guidon?/emptied?} "$GUIDON" status
		[ $? = 78 ] && echo not begun anew
	SH
	run "$BATS_TEST_DIRNAME/../lib/pg-cluster" run bash story
	echo "$output"
	[[ "$output" != *SKIPPED* ]] || skip "no server"
	[[ "$output" == *"all campaigns of all partners: paused"* ]]
	[[ "$output" == *"lives by the real clock"* ]]
	[[ "$output" == *"put it there"*"as expected"*"put the store back"*"not begun anew" ]]
	[[ "$output" != *failed* ]]
}
