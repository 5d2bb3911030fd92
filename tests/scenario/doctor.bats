#!/usr/bin/env bats
# What guidon doctor finds, at a real name server. It serves what "guidon partner
# dns" prints, as it stands in the letter, and each test spoils one thing.

# shellcheck disable=SC2154 # bats sets stderr

bats_require_minimum_version 1.5.0

LIB=$BATS_TEST_DIRNAME/../lib
begin=2026-03-19T08:00:00Z
later=2026-04-01T08:00:00Z

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	unset GUIDON_STATE GUIDON_STORE GUIDON_MAIL GUIDON_POSTS
	unset GUIDON_RESOLVER GUIDON_ADDRESS
	export TERM=dumb
	mkdir dns
	"$GUIDON" init w -q && cd w || return
	"$GUIDON" --now $begin partner dkim --make
	"$GUIDON" --now $begin partner dkim --activate
	"$GUIDON" --now $begin partner dns >../letter
	cd ..
	sed -n 's/^    //p' letter >good
	cat >>good <<-'ZONE'
		mail.northwind.example. IN TXT "v=spf1 ip4:192.0.2.1 mx:northwind.example -all"
		mail.northwind.example. IN TXT "site-verification=1"
		mail.northwind.example. IN MX 10 mx.northwind.example.
		northwind.example. IN MX 10 mx.northwind.example.
		mx.northwind.example. IN A 192.0.2.9
		relay.northwind.example. IN A 192.0.2.1
		relay.northwind.example. IN AAAA 2001:db8::1
		1.2.0.192.in-addr.arpa. IN PTR relay.northwind.example.
	ZONE
	cp good dns/zone
	"$LIB/name-server" "$PWD/dns" >port 3>&-
	echo "127.0.0.1:$(cat port)" >resolver
}

teardown_file() {
	"$LIB/name-server" --stop "$BATS_FILE_TMPDIR/dns"
}

setup() {
	cd "$BATS_FILE_TMPDIR/w" || return
	unset GUIDON_STATE GUIDON_STORE GUIDON_MAIL GUIDON_POSTS
	GUIDON_RESOLVER=$(cat ../resolver)
	export TERM=dumb GUIDON_RESOLVER
}

teardown() {
	[ -z "${relay:-}" ] || kill "$relay" 2>/dev/null || true
}

# What is in the zone now: the good one, passed through a command.
zone() {
	"$@" <../good >../dns/zone
	"$LIB/name-server" "$BATS_FILE_TMPDIR/dns" >/dev/null 3>&-
}

doctor() {
	"$GUIDON" --now "$later" doctor --address 192.0.2.1 "$@"
}

# EXIT LINE: what the doctor ends with, and a line it has
found() {
	run -"$1" --separate-stderr doctor
	echo "$output"
	grep -qxF "$2" <<<"$output"
}

MAIL=mail.northwind.example

@test "the letter to the partner's IT, put into a zone as it is, is good" {
	zone cat
	run -0 --separate-stderr doctor
	[ "$(grep -c ': ok: ' <<<"$output")" = 8 ]
	[ "$(wc -l <<<"$output")" = 8 ]
	[[ $stderr = *"from $MAIL: vendor"* ]]
	[[ $stderr = *"1 domain: 0 errors, 0 unknown, 0 warnings"* ]]
}

@test "the relay of --mail is looked up and tried, and found outside of SPF" {
	zone cat
	run -1 --separate-stderr "$GUIDON" --now $later doctor --mail smtp://relay.northwind.example
	grep -qxF "$MAIL: ok: spf: may 192.0.2.1 send?: pass by ip4:192.0.2.1 of $MAIL" <<<"$output"
	grep -qxF "$MAIL: error: spf: may 2001:db8::1 send?: fail by -all of $MAIL, expected pass" <<<"$output"
	grep -qF 'add "ip6:2001:db8::1" to the record' <<<"$output"
	grep -qxF "relay.northwind.example: error: ptr: PTR of 2001:db8::1: no such name, expected the name of the relay" <<<"$output"
}

@test "a relay on this machine has no address that the world sees" {
	zone cat
	run -0 --separate-stderr "$GUIDON" --now $later doctor --mail smtp://127.0.0.1
	grep -q '^127.0.0.1: warning: relay: .*not known' <<<"$output"
}

@test "no SPF, two of them, one with a fault, one that costs too much, one for all" {
	zone sed '/v=spf1/d'
	found 1 "$MAIL: error: spf: TXT $MAIL: no record of SPF, expected \"v=spf1 ip4:192.0.2.1 -all\""
	zone sed "\$a $MAIL. IN TXT \"v=spf1 -all\""
	found 1 "$MAIL: error: spf: TXT $MAIL: 2 records of SPF at $MAIL, expected 1, expected one record"
	zone sed 's/ip4:192.0.2.1 mx/ipv4:192.0.2.1 mx/'
	found 1 "$MAIL: error: spf: TXT $MAIL: $MAIL: \"ipv4:192.0.2.1\", expected all, include, a, mx, ptr, ip4, ip6 or exists, expected a record that can be evaluated"
	zone sed 's/ mx:northwind.example/ mx mx mx mx mx mx mx mx mx mx mx/'
	found 1 "$MAIL: error: spf: TXT $MAIL: \"v=spf1 ip4:192.0.2.1 mx mx mx mx mx mx mx mx mx mx mx -all\", 11 lookups, expected 10 lookups at most"
	zone sed 's/ -all/ +all/'
	found 0 "$MAIL: warning: spf: TXT $MAIL: \"v=spf1 ip4:192.0.2.1 mx:northwind.example +all\", 1 lookup, expected \"-all\" or \"~all\" at its end"
}

@test "a relay that SPF does not name is refused" {
	zone sed 's/ip4:192.0.2.1/ip4:192.0.2.2/'
	found 1 "$MAIL: error: spf: may 192.0.2.1 send?: fail by -all of $MAIL, expected pass"
}

@test "a key whose record is gone, revoked, another, under test, for something else" {
	key=$(sed -n 's/\(guidon-.*-ed25519._domainkey.*\)\. IN TXT.*/\1/p' ../good)
	ours=$(sed -n 's/.*k=ed25519; p=\(.*\)"$/\1/p' ../good)
	expected="p=...$(tail -c 17 <<<"$ours")"
	zone sed '/k=ed25519/d'
	found 1 "$MAIL: error: dkim: TXT $key: no such name, expected $expected"
	grep -qF "publish what \"guidon partner dns --domain $MAIL\" prints" <<<"$output"
	zone sed 's/\(k=ed25519; p=\).*/\1"/'
	found 1 "$MAIL: error: dkim: TXT $key: revoked (\"p=\" is empty), expected $expected"
	zone sed 's/\(k=ed25519; p=\).*/\1AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="/'
	found 1 "$MAIL: error: dkim: TXT $key: another key, p=...AAAAAAAAAAAAAAA=, expected $expected"
	zone sed 's/k=ed25519;/k=ed25519; t=y;/'
	found 0 "$MAIL: warning: dkim: TXT $key: our key, \"t=y\": under test, expected no \"t=y\""
	zone sed 's/k=ed25519;/k=rsa;/'
	found 1 "$MAIL: error: dkim: TXT $key: \"k=rsa\", expected \"k=ed25519\""
	zone sed 's/k=ed25519;/k=ed25519; h=sha1;/'
	found 1 "$MAIL: error: dkim: TXT $key: \"h=sha1\", expected \"h=sha256\""
	zone sed 's/v=DKIM1; k=ed25519;/v=DKIM1 k=ed25519;/'
	run ! doctor
	zone sed '/k=ed25519/{p;s/p=/p=x/}'
	found 1 "$MAIL: error: dkim: TXT $key: 2 records, expected one"
}

@test "a key in two strings with blanks in it, behind a CNAME, is still ours" {
	zone sed '/k=ed25519/{s/^\S*/key.elsewhere.example./;s/p=\(....\)/p=\1" " /}'
	key=$(sed -n 's/\(guidon-.*-ed25519._domainkey.*\)\. IN TXT.*/\1/p' ../good)
	echo "$key. IN CNAME key.elsewhere.example." >>../dns/zone
	"$LIB/name-server" "$BATS_FILE_TMPDIR/dns" >/dev/null 3>&-
	found 0 "$MAIL: ok: dkim: TXT $key: our key"
}

@test "no DMARC, one above it, one with a fault, two" {
	zone sed '/DMARC1/d'
	found 1 "$MAIL: error: dmarc: TXT _dmarc.northwind.example: no record of DMARC, expected \"v=DMARC1; p=none\""
	zone sed 's/^_dmarc.mail\(.*\)p=none/_dmarc\1p=reject; sp=quarantine; pct=50/'
	found 0 "$MAIL: ok: dmarc: TXT _dmarc.northwind.example: \"sp=quarantine\", \"pct=50\""
	zone sed 's/; p=none/; p=all/'
	found 1 "$MAIL: error: dmarc: TXT _dmarc.$MAIL: \"p=all\", expected none, quarantine or reject"
	zone sed '/DMARC1/p'
	found 0 "$MAIL: ok: dmarc: TXT _dmarc.$MAIL: \"p=none\""
	zone sed '/DMARC1/{p;s/none/reject/}'
	found 1 "$MAIL: error: dmarc: TXT _dmarc.$MAIL: 2 records of DMARC, expected one"
}

@test "bounces need a host that takes them" {
	zone sed '/^mail.* MX/d'
	found 1 "$MAIL: error: mx: MX $MAIL: no MX record, and no address, expected a host that takes what bounces"
	zone sed "/^mail.* MX/s/MX.*/A 192.0.2.9/"
	found 0 "$MAIL: warning: mx: MX $MAIL: no MX record, and an address, expected a host that takes what bounces"
	zone sed '/^mail.* MX/s/MX.*/MX 0 ./'
	found 1 "$MAIL: error: mx: MX $MAIL: \".\": it takes no mail (RFC 7505), expected a host that takes what bounces"
	zone sed '/^mx/d'
	found 1 "$MAIL: error: mx: MX $MAIL: mx.northwind.example, expected a host that has an address"
}

@test "SPF and MX are those of the domain that mail comes back to, and DMARC compares it with From's" {
	cp -r . ../w6 && cd ../w6
	back=back.northwind.example
	sed -i 's/sender-domain="[^"]*"/& bounces="b@back.northwind.example"/' guidon.xml
	at_back() {
		cat
		printf '%s. IN MX 10 mx.northwind.example.\n%s. IN TXT "v=spf1 ip4:192.0.2.1 -all"\n' "$1" "$1"
	}
	# What stands at From's domain alone is nothing that a receiver asks for.
	zone cat
	found 1 "$MAIL: error: spf: TXT $back: no record of SPF, expected \"v=spf1 ip4:192.0.2.1 -all\""
	found 1 "$MAIL: error: mx: MX $back: no such name, and no address, expected a host that takes what bounces"
	zone at_back $back
	sed -i '/^mail.*spf1/d' ../dns/zone && "$LIB/name-server" "$BATS_FILE_TMPDIR/dns" >/dev/null 3>&-
	found 0 "$MAIL: ok: spf: may 192.0.2.1 send?: pass by ip4:192.0.2.1 of $back"
	found 0 "$MAIL: ok: dmarc: alignment with $MAIL: SPF is (envelope $back, aspf=r), DKIM is"
	[ "$(wc -l <<<"$output")" = 8 ]
	# The store's senders have it from an apply, whatever the file says since.
	printf 'email,consent,consent_basis,tags\njo@example.org,yes,customer,security\n' >list
	"$GUIDON" --now $begin contact import -q list --partner acme
	"$GUIDON" --now $begin plan spring-launch -q -o p.plan
	"$GUIDON" --now $begin apply -q p.plan
	sed -i 's/b@back.northwind/@back.elsewhere/' guidon.xml
	zone at_back back.elsewhere.example
	found 1 "$MAIL: ok: spf: may 192.0.2.1 send?: pass by ip4:192.0.2.1 of back.elsewhere.example"
	grep -qxF "$MAIL: warning: dmarc: alignment with $MAIL: SPF is not (envelope back.elsewhere.example, aspf=r), DKIM is, expected both" <<<"$output"
	grep -qxF "$MAIL: ok: mx: MX back.elsewhere.example: mx.northwind.example" <<<"$output"
	grep -qF "$MAIL: error: spf: TXT $back: no record of SPF" <<<"$output"
	rm -rf "$PWD"
}

@test "the relay's address has a name that leads back to it" {
	zone sed '/in-addr/d'
	found 1 "relay: error: ptr: PTR of 192.0.2.1: no such name, expected the name of the relay"
	zone sed '/in-addr/s/relay/mx/'
	found 1 "relay: error: ptr: PTR of 192.0.2.1: mx.northwind.example, which is not 192.0.2.1, expected a name that leads back to the address"
}

@test "an answer that does not fit into a datagram comes by TCP" {
	{
		cat ../good
		for i in $(seq 20); do
			printf '%s. IN TXT "other-%d=%0150d"\n' $MAIL "$i" 0
		done
	} >../large
	zone cat ../large
	found 0 "$MAIL: ok: spf: TXT $MAIL: \"v=spf1 ip4:192.0.2.1 mx:northwind.example -all\", 1 lookup"
}

@test "where nobody answers nothing is known" {
	GUIDON_RESOLVER=127.0.0.1:1
	run -75 --separate-stderr doctor
	[ "$(grep -c ': unknown: ' <<<"$output")" -ge 4 ]
	run ! grep -q ': error: ' <<<"$output"
	run -64 doctor --resolver
	run -65 --separate-stderr doctor --resolver dns.example
	[[ $stderr = *'resolver "dns.example", expected ADDRESS[:PORT]'* ]]
	run -65 --separate-stderr doctor --address 1.2.3
}

@test "as JSON, for a program" {
	zone sed '/v=spf1/d'
	doctor --json >../json || [ $? = 1 ]
	run -0 /usr/bin/python3 - ../json <<-'PYTHON'
		import json, sys
		d = json.load(open(sys.argv[1]))
		assert (d["errors"], d["unknown"], d["warnings"]) == (1, 0, 0), d
		assert d["senders"] == [{"domain": "mail.northwind.example", "who": "vendor"}], d
		x = [f for f in d["findings"] if f["grade"] == "error"]
		assert [f["check"] for f in x] == ["spf"], x
		assert x[0]["asked"] == "TXT mail.northwind.example", x
		assert x[0]["advice"].startswith("publish it"), x
	PYTHON
}

@test "a pair that is old is to be followed by another, which is not there yet" {
	zone cat
	run -0 --separate-stderr "$GUIDON" --now 2027-04-01T00:00:00Z doctor --address 192.0.2.1
	grep -q "^$MAIL: warning: dkim: age of guidon-.*: 377 days, expected a year at most$" <<<"$output"
	grep -qF 'new keys: "guidon partner dkim --make"' <<<"$output"
}

@test "Ed25519 without RSA is a warning, and its record is the only one asked for" {
	cp -r . ../w3 && cd ../w3
	rm -rf .guidon
	"$GUIDON" --now $begin partner dkim --make --algorithm ed25519 -q
	"$GUIDON" --now $begin partner dkim --activate -q
	"$GUIDON" --now $begin partner dns >letter
	{ sed -n '/^_dmarc/,$p' ../good && sed -n 's/^    //p' letter | grep '_domainkey'; } >mine
	zone cat mine
	run -0 --separate-stderr doctor
	grep -q "^$MAIL: ok: dkim: TXT guidon-.*-ed25519._domainkey.*: our key" <<<"$output"
	grep -q "^$MAIL: warning: dkim: algorithms of guidon-.*: ed25519 alone, expected rsa too" <<<"$output"
	[[ "$output" != *-rsa._domainkey* ]]
	rm -rf "$PWD"
}

@test "partners' own keys are theirs to publish, and no pair is a warning" {
	cp -r . ../w2 && cd ../w2
	rm -rf .guidon
	zone cat
	run -0 --separate-stderr doctor
	grep -q "^$MAIL: warning: dkim: which keys sign?: none" <<<"$output"
	grep -q "^$MAIL: warning: dmarc: alignment .*DKIM is not: no pair of keys is active, expected both$" <<<"$output"
	"$GUIDON" --now $begin partner dkim acme --make -q
	run -0 --separate-stderr doctor
	grep -q "^$MAIL: warning: dkim: TXT guidon-.*: no such name, expected p=" <<<"$output"
	grep -qF "publish what \"guidon partner dns acme --domain $MAIL\" prints, then \"guidon partner dkim acme --activate\"" <<<"$output"
	"$GUIDON" --now $begin partner dkim acme --activate -q
	run -1 --separate-stderr doctor --partner acme
	grep -q "^$MAIL: error: dkim: TXT guidon-.*: no such name, expected p=" <<<"$output"
	rm -rf "$PWD"
}

# What status has of the sender that was looked at: "ERRORS WORST"
watched() {
	"$GUIDON" status --json | /usr/bin/python3 -c '
import json, sys
for s in json.load(sys.stdin).get("senders", []):
    if s["checked"]: print(s["errors"], s["worst"])'
}

# Runs a sender until the status has a line like this.
run_until() {
	local sender
	"$GUIDON" --now $later run "${@:2}" >run.log 2>&1 3>&- &
	sender=$!
	for _ in $(seq 300); do
		! watched | grep -q "$1" || break
		sleep 0.1
	done
	kill "$sender" && wait "$sender"
	cat run.log
	watched | grep "$1"
}

@test "a sender that was given a resolver looks by itself, and status says what it found" {
	cp -r . ../w3 && cd ../w3
	printf 'email,consent,consent_basis,tags\njo@example.org,yes,customer,security\n' >list
	"$GUIDON" --now $begin contact import -q list --partner acme
	"$GUIDON" --now $begin plan spring-launch -q -o p.plan
	"$GUIDON" --now $begin apply -q p.plan
	zone cat
	run_until '^0 $' --address 192.0.2.1
	run ! grep -q module=doctor run.log
	sqlite3 .guidon/store.db 'UPDATE doctor_check SET next_ms = 0'
	zone sed '/v=spf1/d'
	run_until '^1 spf: TXT mail.northwind.example: no record of SPF$' --address 192.0.2.1
	grep -q "level=error module=doctor event=sender_wrong domain=$MAIL check=spf" run.log
	sqlite3 .guidon/store.db 'UPDATE doctor_check SET next_ms = 0'
	zone cat
	run_until '^0 $' --address 192.0.2.1
	grep -q "event=sender_well_again domain=$MAIL" run.log
	rm -rf "$PWD"
}

# TEXT of what the partner's mail is from instead of its own domain
instead() {
	"$GUIDON" partner show acme --json |
		/usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin).get("from_instead", "-"))'
}

# All domains are due, and a sender looks at them.
look_again() {
	local sender
	sqlite3 .guidon/store.db 'UPDATE doctor_check SET next_ms = 0'
	"$GUIDON" --now $later run --address 192.0.2.1 >run.log 2>&1 3>&- &
	sender=$!
	# Who is being looked at is taken for ten minutes, who was seen rests for an hour.
	for _ in $(seq 600); do
		[ "$(sqlite3 .guidon/store.db "SELECT count(*) = 9 AND min(next_ms) > unixepoch('$later') * 1000 + 3000000 FROM doctor_check")" != 1 ] || break
		sleep 0.1
	done
	kill "$sender" && wait "$sender"
	cat run.log
}

# SUBJECT ADDRESS...: who has a notice of acme's domain in the spool, one each
notices() {
	/usr/bin/python3 - "$@" <<-'PYTHON'
		import email, email.policy, glob, sys
		mails = [email.message_from_file(open(name), policy=email.policy.default)
		         for name in glob.glob(".guidon/spool/*/*.eml")]
		mails = [m for m in mails if m["Subject"].startswith("news.acme.example: ")]
		assert [m["Subject"] for m in mails] == ["news.acme.example: " + sys.argv[1]] * len(mails), mails
		told = sorted(m["To"].addresses[0].addr_spec for m in mails)
		assert told == sorted(sys.argv[2:]), told
		for m in mails:
		    assert m["From"].addresses[0].addr_spec == "acme@mail.northwind.example"
		    assert "d=mail.northwind.example;" in m["DKIM-Signature"]
		    assert m["Auto-Submitted"] == "auto-generated"
		open("notice", "w").write(mails[0].get_content())
	PYTHON
	cat notice
}

@test "a partner's domain that is wrong twice is not mailed from until it is well" {
	cp -r . ../w5 && cd ../w5
	rm -rf .guidon/spool
	sed -i '0,/<brand /s//<brand sender="partner" /' guidon.xml
	sed -i '0,/<campaign /s//<campaign max-lateness="30d" /' campaigns/spring-launch/campaign.xml
	/usr/bin/python3 - <<-'PYTHON'
		import csv
		rows = list(csv.reader(open("partners.csv", newline="")))
		rows = [rows[0] + ["sender_domain"]] + [r + ["news.%s.example" % r[0]] for r in rows[1:]]
		csv.writer(open("partners.csv", "w", newline="")).writerows(rows)
	PYTHON
	printf 'email,consent,consent_basis,tags\njo@example.org,yes,customer,security\n' >list
	"$GUIDON" --now $begin contact import -q list --partner acme
	"$GUIDON" --now $begin plan spring-launch -q -o p.plan
	"$GUIDON" --now $begin apply -q p.plan
	"$GUIDON" --now $begin pause
	owner=$(/usr/bin/python3 -c 'import csv
print(next(r["owner_email"] for r in csv.DictReader(open("partners.csv")) if r["id"] == "acme"))')
	news() {
		cat
		cat <<-ZONE
			news.acme.example. IN MX 10 mx.northwind.example.
			news.acme.example. IN TXT "v=spf1 $1 -all"
			_dmarc.news.acme.example. IN TXT "v=DMARC1; p=none"
		ZONE
	}
	zone news ip4:192.0.2.1
	look_again
	[ "$(instead)" = - ]
	zone news ip4:192.0.2.77
	look_again
	grep -q 'event=sender_wrong domain=news.acme.example' run.log
	[ "$(instead)" = - ]
	look_again
	grep -q 'event=sender_fell_back domain=news.acme.example partners=1' run.log
	[ "$(instead)" = acme@mail.northwind.example ]
	run "$GUIDON" status --json
	/usr/bin/python3 -c 'import json, sys
assert [s["fallen_back"] for s in json.loads(sys.argv[1])["senders"] if s["domain"] == "news.acme.example"] == [1]' "$output"
	# Both are told, once, though sending is paused; and after that it goes on.
	"$GUIDON" --now 2026-04-01T08:30:00Z run --once -q
	"$GUIDON" --now 2026-04-01T08:31:00Z run --once -q
	notices 'E-Mails gehen vorerst im Namen des Herstellers hinaus' "$owner" acme@mail.northwind.example
	grep -q 'Die E-Mails von Acme Systemhaus GmbH kommen deshalb ab jetzt von acme@mail.northwind.example:' notice
	grep -qx 'spf: may 192.0.2.1 send?' notice
	grep -qx 'Gefunden: fail by -all of news.acme.example' notice
	grep -qx 'Erwartet: pass' notice
	grep -qx 'Was zu tun ist: add "ip4:192.0.2.1" to the record' notice
	delivery=$("$GUIDON" delivery list --partner acme --json | /usr/bin/python3 -c 'import json, sys
print([d["delivery"] for d in json.load(sys.stdin) if d["step"] == "@sender-notice"][0])')
	"$GUIDON" trace "$delivery" | grep -q 'news.acme.example'
	rm .guidon/spool/*/*.eml
	"$GUIDON" --now $later resume
	"$GUIDON" --now 2026-04-01T09:00:00Z run --once -q # a minute after, and later
	mail=$(find .guidon/spool -name '*.eml')
	grep -q '<acme@mail.northwind.example>' "$mail"
	grep -q 'd=mail.northwind.example;' "$mail"
	grep -q '20457 Hamburg' "$mail"
	zone news ip4:192.0.2.1
	look_again
	grep -q 'event=sender_came_back domain=news.acme.example partners=1' run.log
	[ "$(instead)" = - ]
	look_again
	rm -f "$mail"
	"$GUIDON" --now 2026-04-01T10:00:00Z run --once -q
	notices 'E-Mails gehen wieder im Namen des Partners hinaus' "$owner" acme@mail.northwind.example
	grep -q 'Sie kamen von acme@mail.northwind.example seit 2026-04-01T08:00:[0-9]*Z' notice
	rm -rf "$PWD"
}

# What the doctor has of bounces, a line each.
bounces() {
	doctor | grep ': bounce: '
}

# What counts mails and people, which a bounce of the doctor's is none of.
counts() {
	"$GUIDON" status --json | /usr/bin/python3 -c '
import json, sys
s = json.load(sys.stdin)
print({k: v for k, v in s.items() if k.startswith("returned") or k in ("planned", "sent", "bounced")})'
	"$GUIDON" event list --json | wc -c
	sqlite3 .guidon/store.db 'SELECT count(*) FROM suppression'
}

@test "a bounce that is sent comes back by its return address, and counts against nobody" {
	cp -r . ../w7 && cd ../w7
	back=back.northwind.example
	sed -i 's/sender-domain="[^"]*"/& bounces="b@back.northwind.example"/' guidon.xml
	mkdir -p box/new box/cur box/tmp
	printf 'email,consent,consent_basis,tags\njo@example.org,yes,customer,security\n' >list
	"$GUIDON" --now $begin contact import -q list --partner acme
	"$GUIDON" --now $begin plan spring-launch -q -o p.plan
	"$GUIDON" --now $begin apply -q p.plan
	/usr/bin/python3 "$LIB/bouncing_relay.py" box >port 3>&- &
	relay=$!
	until [ -s port ]; do sleep 0.05; done
	"$GUIDON" --now $begin pause
	zone cat
	counts >before
	run -65 --separate-stderr doctor --bounce nobody
	run -78 --separate-stderr doctor --bounce nobody@far.example
	[[ $stderr = *"expected --mail URL or GUIDON_MAIL"* ]]
	[ "$(sqlite3 .guidon/store.db 'SELECT count(*) FROM doctor_probe')" = 0 ]

	GUIDON_MAIL=smtp://127.0.0.1:$(cat port) doctor --bounce nobody@far.example >out || [ $? = 1 ]
	grep -qx "$MAIL: unknown: bounce: nobody@far.example to $back: the bounce sent at 2026-04-01T08:00:[0-9]*Z has not come back, expected a report of it" out
	[ "$(ls box/new)" = 1.relay ]
	cp box/new/1.relay first.eml
	grep -q "^To: b+[a-z2-7]*@$back" first.eml
	later=2026-04-01T08:59:00Z bounces | grep -q ': unknown: '
	later=2026-04-01T09:01:00Z bounces | grep -q ': error: '

	# Who has no such address says nothing of it, and nor does what is no report.
	tr 2-7 3-72 <first.eml >forged.eml
	"$GUIDON" --now $later intake -q forged.eml
	printf 'From: jo@example.org\nTo: %s\nSubject: hello\n\nhello\n' "$(sed -n 's/^To: //p' first.eml)" >hello.eml
	"$GUIDON" --now $later intake -q hello.eml
	"$GUIDON" status --json | grep -q '"returned_unproven": *2'
	sqlite3 .guidon/store.db 'DELETE FROM event_return'
	bounces | grep -q ': unknown: '

	"$GUIDON" --now 2026-04-01T08:00:04Z run --once -q --intake maildir:box
	[ "$(ls box/cur)" = 1.relay:2,S ]
	bounces >out
	grep -qx "$MAIL: ok: bounce: nobody@far.example to $back: a bounce came back after [0-9]* s, on 2026-04-01: 5.1.1 550 5.1.1 no such mailbox here" out
	"$GUIDON" --now 2026-04-01T09:00:00Z intake first.eml | grep -q 'hard .* known$'
	[ "$(bounces)" = "$(cat out)" ]
	[ "$(doctor --json | /usr/bin/python3 -c 'import json, sys
print([x["grade"] for x in json.load(sys.stdin)["findings"] if x["check"] == "bounce"])')" = "['ok']" ]

	# Another, of which only the envelope of what comes back tells.
	later=2026-04-01T08:10:00Z doctor --mail "smtp://127.0.0.1:$(cat port)" --bounce nobody@far.example >/dev/null || [ $? = 1 ]
	to=$(sed -n 's/^To: //p' box/new/2.relay)
	sed -i 's/^To: .*/To: somebody@back.northwind.example/; /^[Mm]essage-[Ii][Dd]:/d' box/new/2.relay
	grep -vF "${to%@*}" box/new/2.relay >second.eml
	rm box/new/2.relay
	run ! grep -q "[a-z2-7]\{55\}" second.eml
	"$GUIDON" --now 2026-04-01T08:30:00Z intake --to "$to" - <second.eml | grep -q "hard .* the doctor's bounce$"
	bounces | grep -q 'came back after [0-9]* min, on 2026-04-01: 5.1.1'

	# One that the relay itself refuses cannot come back.
	later=2026-04-01T08:40:00Z doctor --mail "smtp://127.0.0.1:$(cat port)" --bounce refused@far.example >/dev/null || [ $? = 1 ]
	bounces | grep -qxF "$MAIL: warning: bounce: refused@far.example to $back: the relay did not take it: 550 5.1.1 not here, expected that it is taken, and comes back"

	run -1 --separate-stderr doctor --mail smtp://127.0.0.1:1 --bounce nobody@far.example
	[[ $stderr = *"--bounce: 127.0.0.1:1: "* ]]
	GUIDON_STATE=$PWD/virtual run -78 --separate-stderr "$GUIDON" --virtual --now $begin doctor --mail smtp://relay.example --bounce nobody@far.example

	# Without a return address of ours what comes back is known by its headers.
	sed -i 's/ bounces="[^"]*"//' guidon.xml
	sqlite3 .guidon/store.db "UPDATE sender SET bounces = ''"
	later=2026-04-01T08:50:00Z doctor --mail "smtp://127.0.0.1:$(cat port)" --bounce nobody@far.example >/dev/null || [ $? = 75 ]
	grep -q "^To: acme@$MAIL" box/new/3.relay
	"$GUIDON" --now 2026-04-01T08:50:30Z run --once -q --intake maildir:box
	bounces | grep -q "^$MAIL: ok: bounce: nobody@far.example to $MAIL: a bounce came back"

	counts >after
	diff before after
	rm -rf "$PWD"
}

@test "a sender that was given none asks nobody" {
	cp -r . ../w4 && cd ../w4
	unset GUIDON_RESOLVER
	"$GUIDON" run --until 2000-01-01T00:00:00Z --now 1999-12-31T23:59:59Z
	[ -z "$(watched)" ]
	run -65 --separate-stderr "$GUIDON" run --resolver dns.example --until 2000-01-01T00:00:00Z --now 1999-12-31T23:59:59Z
	[[ $stderr = *'resolver "dns.example"'* ]]
	rm -rf "$PWD"
}
