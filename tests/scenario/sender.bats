#!/usr/bin/env bats
# Whom a mail is from: From, postal address and opt-out are of one, or check
# and plan say what does not agree, where, and by which rule.

# shellcheck disable=SC2154 # bats sets stderr

bats_require_minimum_version 1.5.0

setup() {
	cp -r "$BATS_TEST_DIRNAME/../fixtures/workspace" "$BATS_TEST_TMPDIR/here"
	cd "$BATS_TEST_TMPDIR/here" || return
	unset GUIDON_STATE GUIDON_STORE
	export TERM=dumb
}

brand() { # ATTRIBUTES
	sed -i "s|<brand |<brand $1 |" guidon.xml
}

domains() { # ACME MUSTER: the column sender_domain
	sed -i -e "1s/\$/,sender_domain/" -e "2s/\$/,$1/" -e "3s/\$/,$2/" partners.csv
}

# FINDING: check says it, and plan refuses
disagrees() {
	run -1 "$GUIDON" check
	echo "$output"
	[[ "$output" == *"$1"* && "$output" == *"16 CFR 316.2(m)"* ]]
	run --separate-stderr -65 "$GUIDON" plan spring
	echo "$stderr"
	[[ "$stderr" == *"16 CFR 316.2(m)"* ]]
}

@test "the vendor is the sender: its domain, its address, and an opt-out from all" {
	"$GUIDON" plan spring -o spring.plan
	"$GUIDON" apply spring.plan
	run "$GUIDON" partner show acme
	[[ "$output" == *acme@mail.northwind.example* ]]
	[[ "$output" == *"Northwind SE, 12 Example Quay"* ]]
	[[ "$output" =~ opt.out.scope\ +vendor ]]
}

@test "the partner is the sender: its domain, its address, and an opt-out from it" {
	brand 'sender="partner"'
	domains news.acme.example news.muster.example
	"$GUIDON" check
	"$GUIDON" plan spring -o spring.plan
	"$GUIDON" apply spring.plan
	run "$GUIDON" partner show acme
	[[ "$output" == *acme@news.acme.example* ]]
	[[ "$output" == *"Acme Ltd, 1 High Street, BA1 1AA Bath, GB"* ]]
	[[ "$output" =~ opt.out.scope\ +partner ]]
}

@test "an opt-out that stops the partner alone is none from the vendor" {
	brand 'opt-out="partner"'
	disagrees 'guidon.xml:3:9: error: found opt-out="partner" where the vendor is the sender'
}

@test "From is a partner's domain, the address the vendor's" {
	sed -i 's/mail.northwind.example/mail.acme.example/' guidon.xml
	disagrees 'partners.csv:2:1: error: partner "acme": found the sender-domain "mail.acme.example"'
	[[ "$stderr" == *acme* ]]
}

@test "From is the vendor's domain, the address a partner's" {
	brand 'sender="partner"'
	domains news.acme.example mail.northwind.example
	disagrees 'partners.csv:3:1: error: partner "muster": found the sender_domain "mail.northwind.example"'
	[[ "$stderr" == *muster* ]]
}

@test "a partner without a domain of its own is no sender" {
	brand 'sender="partner"'
	domains news.acme.example ''
	disagrees 'partners.csv:3:1: error: partner "muster": found the sender_domain ""'
}

@test "a partner without a postal address is no sender, unless it has set one" {
	brand 'sender="partner"'
	domains news.acme.example news.muster.example
	sed -i 's/Beispielweg 1//' partners.csv
	run -0 "$GUIDON" check
	[[ "$output" == *'partners.csv:3:1: warning: partner "muster": found the postal address'* ]]
	run --separate-stderr -65 "$GUIDON" plan spring
	[[ "$stderr" == *muster*"16 CFR 316.2(m)"* ]]
}
