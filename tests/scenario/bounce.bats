#!/usr/bin/env bats
# What mails that came back say: read in a child, nothing written.

# shellcheck disable=SC2154 # bats sets stderr

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unset GUIDON_STATE GUIDON_STORE
	export TERM=dumb
	cat >dsn.eml <<-'END'
		From: Mail Delivery System <MAILER-DAEMON@relay.test>
		To: b+token@news.example.org
		Subject: Undelivered Mail Returned to Sender
		Auto-Submitted: auto-replied
		MIME-Version: 1.0
		Content-Type: multipart/report; report-type=delivery-status; boundary="b"

		--b

		Two were not reached.

		--b
		Content-Type: message/delivery-status

		Reporting-MTA: dns; relay.test

		Original-Recipient: rfc822;a@example.com
		Final-Recipient: rfc822; ada@example.com
		Action: failed
		Status: 5.1.1
		Diagnostic-Code: smtp; 550 5.1.1 no such mailbox

		Final-Recipient: rfc822; bob@example.com
		Action: delayed
		Status: 4.4.1

		--b
		Content-Type: text/rfc822-headers

		From: News <news@example.org>
		Message-ID: <0123@example.org>

		--b--
	END
	cat >away.eml <<-'END'
		From: Ada <ada@example.com>
		Subject: Re: Spring
		Auto-Submitted: auto-replied

		I am away. Write to bob@example.com: 550 5.1.1
	END
	printf 'From: Eve <eve@example.com>\nSubject: Hello\n\nHello\n' >hello.eml
}

@test "each recipient of each mail is a row" {
	run --separate-stderr "$GUIDON" bounce dsn.eml away.eml hello.eml
	[ "$status" = 0 ] && [ -z "$stderr" ]
	[ "${#lines[@]}" = 5 ]
	[[ ${lines[1]} =~ ^dsn.eml\ +hard\ +ada@example.com\ +a@example.com\ +5.1.1\ +0123@example.org\ +550\ 5.1.1\ no ]]
	[[ ${lines[2]} =~ ^dsn.eml\ +soft\ +bob@example.com\ +-\ +4.4.1\ +0123@example.org\ +-$ ]]
	[[ ${lines[3]} =~ ^away.eml\ +auto-reply\ +- ]]
	[[ ${lines[4]} =~ ^hello.eml\ +none\ +- ]]
}

@test "JSON has the same, from stdin too, for all line ends" {
	"$GUIDON" bounce --json dsn.eml | sed 's/"dsn.eml"/"-"/' >lf
	node -e '
		const rows = JSON.parse(require("fs").readFileSync("lf"));
		if (rows.length !== 2 || rows[0].class !== "hard" || rows[0].status !== "5.1.1" ||
			rows[1].recipient !== "bob@example.com" || rows[1].message_id !== "0123@example.org")
			process.exit(1);
	'
	sed 's/$/\r/' dsn.eml | "$GUIDON" bounce --json - | diff lf -
	tr '\n' '\r' <dsn.eml | "$GUIDON" bounce --json - | diff lf -
}

@test "a file that is not there is told, and the others are read" {
	run --separate-stderr "$GUIDON" bounce none.eml dsn.eml
	[ "$status" = 1 ]
	[[ $stderr == *none.eml* ]]
	[[ ${lines[1]} == dsn.eml* ]]
}

@test "nothing is written, and no workspace is needed" {
	"$GUIDON" bounce dsn.eml
	[ "$(find . | sort | tr '\n' ' ')" = ". ./away.eml ./dsn.eml ./hello.eml " ]
}
