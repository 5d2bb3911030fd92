#!/usr/bin/env bats
# Mail that was signed on its way into the spool, judged by programs that others
# wrote: each must find it good, and no longer when it was changed. Their DNS is
# what `guidon partner dns` prints.

# shellcheck disable=SC2154 # bats sets stderr

bats_require_minimum_version 1.5.0

LIB=$BATS_TEST_DIRNAME/../lib
begin=2026-03-19T08:00:00Z
later=2026-03-20T08:30:00Z

# Of acme's own keys and of the vendor's one mail each, and what a stranger
# makes of acme's.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	unset GUIDON_STATE GUIDON_STORE GUIDON_MAIL GUIDON_POSTS
	export TERM=dumb
	"$GUIDON" init w -q && cd w || return
	"$GUIDON" --now $begin partner dkim acme --make
	"$GUIDON" --now $begin partner dkim acme --activate
	"$GUIDON" --now $begin partner dkim --make
	"$GUIDON" --now $begin partner dkim --activate
	for partner in acme brightline; do
		printf 'email,given_name,consent,consent_basis,tags\n%s@example.org,Jo,yes,customer,security\n' $partner >list
		"$GUIDON" --now $begin contact import -q list --partner $partner
	done
	"$GUIDON" --now $begin plan -q -o p.plan
	"$GUIDON" --now $begin apply -q p.plan
	"$GUIDON" --now $later run --once -q --mail "spool:$PWD/out"
	for partner in acme brightline; do
		cp "$(grep -rlE "^To: .*<$partner@example.org>" out)" ../$partner.eml
	done
	records acme >../acme.json
	records >../vendor.json
	cd ..
	sed '0,/^--=_/b; s/e/E/' acme.eml >body.eml
	sed 's,^List-Unsubscribe: <http,&s,' acme.eml >leave.eml
	sed 's,One-Click,No-Click,' acme.eml >post.eml
	sed 's,^Subject:,Subject: Buy now!\r\n&,' acme.eml >second.eml
	for changed in body leave post second; do
		run ! cmp -s acme.eml $changed.eml
	done
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return
	unset GUIDON_STATE GUIDON_STORE GUIDON_MAIL GUIDON_POSTS
	export TERM=dumb
}

# [PARTNER]: what DNS has when the mail has been read and done
records() {
	"$GUIDON" --now $begin partner dns "$@" --json | /usr/bin/python3 -c '
import json, sys
rows = json.load(sys.stdin)
rows.append({"name": "_dmarc.mail.northwind.example", "value": "v=DMARC1; p=reject; adkim=s"})
json.dump(rows, sys.stdout)'
}

# VERDICTS RECORDS WHAT: there are as many lines of WHAT as both signatures
both() {
	echo "$1 of $2:"
	cat "$1"
	[ "$(grep -cE "^$2 guidon-[a-z0-9]+-(rsa|ed25519) $3\$" "$1")" = 2 ]
	[ "$(grep -cE "^$2 guidon-" "$1")" = 2 ]
}

# VERDICTS of acme's mail and the changed ones
judged() {
	both "$1" acme.eml pass
	for changed in body leave post second; do both "$1" $changed.eml fail; done
}

ACME="acme.eml body.eml leave.eml post.eml second.eml"

@test "mailauth finds both signatures and DMARC good, and not of what was changed" {
	[ -d "$LIB/../node_modules/mailauth" ] || skip "what tests/package.json names is not there: npm ci"
	# shellcheck disable=SC2086 # a list of names
	node "$LIB/dkim_check.mjs" acme.json $ACME >mailauth
	judged mailauth
	grep -q '^acme.eml dmarc pass' mailauth
	grep -q '^leave.eml dmarc fail' mailauth
	node "$LIB/dkim_check.mjs" vendor.json brightline.eml acme.eml >vendor
	both vendor brightline.eml pass
	both vendor acme.eml fail
}

@test "dkimpy finds both signatures good, and not of what was changed" {
	/usr/bin/python3 -c 'import dkim, nacl' || skip "no python3-dkim here"
	# shellcheck disable=SC2086 # a list of names
	/usr/bin/python3 "$LIB/dkim_check.py" acme.json $ACME >dkimpy
	judged dkimpy
	/usr/bin/python3 "$LIB/dkim_check.py" vendor.json brightline.eml acme.eml >vendor
	both vendor brightline.eml pass
	both vendor acme.eml fail
}

# RECORDS FILE...: the same of opendkim, which is asked without its milter
opendkim_says() {
	local file
	/usr/bin/python3 -c '
import json, sys
for r in json.load(open(sys.argv[1])):
    print(r["name"], r["value"])' "$1" >keys
	printf 'Mode v\nTestPublicKeys %s/keys\n' "$PWD" >opendkim.conf
	for file in "${@:2}"; do
		/usr/sbin/opendkim -x opendkim.conf -vv -t "$file" 2>&1 | grep 'header.s=' |
			sed -E "s/.*dkim=([a-z]+).* header\.s=([^ ]+) .*/$file \2 \1/"
	done
}

@test "opendkim finds both signatures good, and not of what was changed" {
	[ -x /usr/sbin/opendkim ] || skip "no opendkim here"
	# shellcheck disable=SC2086 # a list of names
	opendkim_says acme.json $ACME >opendkim
	judged opendkim
	opendkim_says vendor.json brightline.eml >vendor
	both vendor brightline.eml pass
}

@test "the mail to the DNS people has the records that verify" {
	cd w
	"$GUIDON" --now $later partner dns acme >letter
	cat letter
	[[ "$(head -1 letter)" == "Subject: DNS records for mail from mail.northwind.example" ]]
	grep -q '^mail for Acme Systemhaus GmbH is sent' letter
	"$GUIDON" --now $later partner dns acme --json >records
	/usr/bin/python3 - <<'END'
import json, re
letter = open("letter").read()
rows = json.load(open("records"))
assert len(rows) == 2
for row in rows:
    assert row["state"] == "active" and row["type"] == "TXT"
    found = re.search(re.escape("    " + row["name"] + ". IN TXT ") + r'(\((?:\s+"[^"]*")+ \)|"[^"]*")\n', letter)
    strings = re.findall(r'"([^"]*)"', found[1])
    assert "".join(strings) == row["value"], row["name"]
    assert all(len(s) <= 255 for s in strings)
    assert row["value"].startswith("v=DKIM1; k=")
END
}

@test "keys are made, activated, replaced and retired" {
	"$GUIDON" init rotation -q && cd rotation
	run --separate-stderr "$GUIDON" partner dns
	[[ "$status" = 1 && "$stderr" == *"no keys of mail.northwind.example were made"* ]]
	run "$GUIDON" --now $begin partner dkim --make
	[[ "$output" == *vendor*mail.northwind.example*1*guidon-*made* ]]
	run --separate-stderr "$GUIDON" --now $begin partner dkim --make
	[[ "$status" != 0 && "$stderr" == *"not active yet, expected --activate"* ]]
	"$GUIDON" --now $begin partner dkim --activate
	run --separate-stderr "$GUIDON" --now $begin partner dkim --activate
	[[ "$status" = 1 && "$stderr" == *"no keys of mail.northwind.example"* ]]
	"$GUIDON" --now $begin partner dkim --make
	"$GUIDON" --now $later partner dkim --activate
	run "$GUIDON" --now 2026-03-21T00:00:00Z partner dkim
	[[ "${lines[1]}" == *" 1 "*retired*2026-03-19T08:01:00*2026-03-20T08:31:00* ]]
	[[ "${lines[2]}" == *" 2 "*active*2026-03-20T08:31:00*-* ]]
	run "$GUIDON" --now 2026-03-21T00:00:00Z partner dns
	[[ "$output" == *"earlier keys, and may go a week"*-rsa._domainkey.*", 2026-03-20T08:31:00Z"* ]]
	[ "$(grep -c 'IN TXT' <<<"$output")" = 4 ] # two keys, DMARC and the sentence
	"$GUIDON" --now 2026-03-21T00:00:00Z partner dkim --retire
	run "$GUIDON" --now 2026-03-22T00:00:00Z partner dkim
	[[ "$output" != *active* ]]
	run --separate-stderr "$GUIDON" partner dkim --make --retire
	[[ "$status" = 65 && "$stderr" == *"expected one of them"* ]]
	run --separate-stderr "$GUIDON" partner dkim --make --domain 'x y'
	[ "$status" = 65 ]
	run --separate-stderr "$GUIDON" partner dkim acne --make
	[[ "$status" = 1 && "$stderr" == *'no partner "acne"'* ]]
	"$GUIDON" partner dkim acme --make --domain Mail.Acme.example
	run "$GUIDON" partner dkim acme
	[[ "${lines[*]}" == *acme*mail.acme.example*made*vendor* ]]
}

# Rounds of making and activating: what the second has is what the first had.
@test "Ed25519 or RSA alone, as was chosen, also of the next keys" {
	for algorithm in ed25519 rsa; do
		cd "$BATS_TEST_TMPDIR" && "$GUIDON" init $algorithm -q && cd $algorithm
		run --separate-stderr "$GUIDON" --now $begin partner dkim --make --algorithm $algorithm
		[[ "$status" = 0 && "${lines[1]}" == *"guidon-"*" $algorithm "*made* ]]
		"$GUIDON" --now $begin partner dkim --activate
		[ "$("$GUIDON" --now $begin partner dns | grep -c "guidon-.*-${algorithm}._domainkey.*IN TXT")" = 1 ]
		[ "$("$GUIDON" --now $begin partner dns | grep -c 'guidon-.*IN TXT')" = 1 ]
		printf 'email,given_name,consent,consent_basis,tags\nacme@example.org,Jo,yes,customer,security\n' >list
		"$GUIDON" --now $begin contact import -q list --partner acme
		"$GUIDON" --now $begin plan -q -o p.plan
		"$GUIDON" --now $begin apply -q p.plan
		"$GUIDON" --now $later run --once -q
		mail=$(find .guidon/spool -name '*.eml' | head -1)
		[ "$(grep -c '^DKIM-Signature:' "$mail")" = 1 ]
		"$GUIDON" --now $later partner dns --json >records.json
		if [ -d "$LIB/../node_modules/mailauth" ]; then
			cp "$mail" acme.eml
			node "$LIB/dkim_check.mjs" records.json acme.eml >verdict
			grep -qE "^acme.eml guidon-[a-z0-9]+-$algorithm pass$" verdict
			[ "$(grep -c '^acme.eml guidon-' verdict)" = 1 ]
		fi
		"$GUIDON" --now $later partner dkim --make
		[ "$("$GUIDON" --now $later partner dkim | grep -c " $algorithm ")" = 2 ]
		"$GUIDON" --now $later partner dkim --activate -q
		run --separate-stderr "$GUIDON" --now $later partner dkim --make --algorithm both
		[[ "${lines[3]}" == *"rsa ed25519"*made* ]]
	done
	run --separate-stderr "$GUIDON" partner dkim --make --algorithm dsa
	[[ "$status" = 65 && "$stderr" == *"expected rsa, ed25519 or both"* ]]
	run --separate-stderr "$GUIDON" partner dkim --activate --algorithm rsa
	[[ "$status" = 65 && "$stderr" == *"expected --make"* ]]
}
