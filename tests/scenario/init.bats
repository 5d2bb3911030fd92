#!/usr/bin/env bats
# A new workspace from the stock library, and a new campaign from another.

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

@test "what init makes is a workspace that check finds nothing in" {
	"$GUIDON" init new
	[ "$(cd new && echo .[!.]* *)" = ".gitignore assets campaigns docs guidon.xml partners.csv templates" ]
	[ "$(cat new/.gitignore)" = $'/.guidon/\n*.plan' ]
	"$GUIDON" check --workspace new
	[ "$(ls -A)" = new ]
	[ ! -e new/.guidon ]
}

@test "the files are those of the stock library" {
	root=$BATS_TEST_DIRNAME/../..
	"$GUIDON" init new
	for name in guidon.xml partners.csv campaigns templates assets; do
		diff -r -x portal "$root/$name" "new/$name"
	done
}

@test "editors find the schema that the files name" {
	"$GUIDON" init new
	diff "$BATS_TEST_DIRNAME/../../docs/schema/guidon.xsd" new/docs/schema/guidon.xsd
	for file in new/guidon.xml new/campaigns/spring-launch/campaign.xml; do
		href=$(sed -n '2s/.*xml-model href="\([^"]*\)".*/\1/p' "$file")
		[ -s "${file%/*}/$href" ]
		[ -s "$(dirname "${file%/*}/$href")/xml.xsd" ]
	done
}

@test "an empty folder will do, one with anything in it will not" {
	mkdir empty full
	touch full/.hidden
	"$GUIDON" init empty
	[ -e empty/guidon.xml ]
	refuses 1 "folder full is not empty" init full
	[ "$(ls -A full)" = .hidden ]
	refuses 1 "folder empty is not empty" init empty
	touch file
	refuses 1 "file" init file
	refuses 1 "no/such" init no/such
	refuses 64 "DIR" init
}

@test "nothing is written through a link" {
	"$GUIDON" init new
	mkdir elsewhere
	rm -r new/campaigns/spring-launch && rmdir new/campaigns
	ln -s ../elsewhere new/campaigns
	cd new
	run "$GUIDON" new campaign autumn --from spring-launch
	[ "$status" != 0 ]
	[ -z "$(ls -A ../elsewhere)" ]
}

@test "of several campaigns one must be named, and they are" {
	"$GUIDON" init new
	cd new
	"$GUIDON" new campaign autumn --from spring-launch --quiet
	run --separate-stderr -65 "$GUIDON" plan -o spring.plan
	[[ "$stderr" == *'expected the name of one: autumn, spring-launch'* ]]
}

@test "a new campaign is the other but for its id" {
	"$GUIDON" init new
	cd new
	echo note >campaigns/spring-launch/notes.txt
	"$GUIDON" new campaign autumn --from spring-launch
	diff <(sed 's/id="spring-launch"/id="autumn"/' campaigns/spring-launch/campaign.xml) \
		campaigns/autumn/campaign.xml
	[ "$(cat campaigns/autumn/notes.txt)" = note ]
	"$GUIDON" check
	[ ! -e .guidon ]
}

@test "a campaign that the workspace has not is taken from the stock" {
	"$GUIDON" init new
	cd new
	mv campaigns/spring-launch ../kept
	"$GUIDON" new campaign spring-launch --from spring-launch
	diff -r ../kept campaigns/spring-launch
}

@test "what new campaign refuses" {
	"$GUIDON" init new
	cd new
	refuses 1 "spring-launch is there already" new campaign spring-launch --from spring-launch
	refuses 1 "no campaign none" new campaign autumn --from none
	refuses 65 "expected an id" new campaign ../autumn --from spring-launch
	refuses 65 "expected an id" new campaign autumn --from ../../etc
	refuses 65 "expected an id" new campaign Autumn --from spring-launch
	refuses 64 "--from" new campaign autumn
	[ "$(ls campaigns)" = spring-launch ]
}
