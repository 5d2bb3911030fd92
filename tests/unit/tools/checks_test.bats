#!/usr/bin/env bats
# Each rule of tools/check-*: a tree that breaks it is found out, with file and
# line, and a clean tree passes. Forbidden words are written in two pieces.

# shellcheck disable=SC2016 # what is quoted is C and SQL

tools=$BATS_TEST_DIRNAME/../../../tools

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p engine
	put engine/lib/base/str.h '#ifndef BASE_STR_H' '#define BASE_STR_H' \
		'struct str { const char *p; };' '#endif'
	put engine/lib/base/str.c '#include "base/str.h"' '#include <string.h>'
	put engine/partner/partner.h '#ifndef PARTNER_PARTNER_H' \
		'#define PARTNER_PARTNER_H' '#include "base/str.h"' '#endif'
	put engine/partner/partner_sql.c '/* rows of partners */' \
		'const char a[] = "CREATE TABLE partner (id BIGINT);"' \
		'	"CREATE VIEW partner_view AS SELECT id FROM partner";' \
		'const char b[] = "UPDATE partner SET id = ?1";'
	put engine/lead/lead_sql.c \
		'const char a[] = "CREATE TABLE lead (id BIGINT)";' \
		'const char b[] = "INSERT INTO lead SELECT id"' \
		'	" FROM partner_view WHERE id = ?1"' \
		'	" ON CONFLICT DO UPDATE SET id = ?1";'
	put engine/main.c '#include "partner/partner.h"'
}

put() { # FILE LINE...
	mkdir -p "$(dirname "$1")"
	printf '%s\n' "${@:2}" >"$1"
}

passes() { # CHECK
	run "$tools/$1" .
	echo "$output"
	[ "$status" = 0 ]
	[[ "$output" =~ ^"$1: ok, "[0-9]+" files"$ ]]
}

# CHECK PATTERN...: it fails with exactly these lines.
finds() {
	run "$tools/$1" .
	echo "$output"
	[ "$status" = 1 ]
	[ "${#lines[@]}" = $(($# - 1)) ]
	local i=0 pattern
	for pattern in "${@:2}"; do
		# shellcheck disable=SC2053 # a pattern
		[[ "${lines[$i]}" == $pattern* ]] || return
		i=$((i + 1))
	done
}

@test "a clean tree passes every check" {
	for check in layers headers sql owner banned; do passes "check-$check"; done
}

@test "layers: an include goes down" {
	put engine/lib/base/up.c '' '#include "partner/partner.h"'
	finds check-layers 'engine/lib/base/up.c:2: "partner/partner.h", lib/base (rank 0)'
}

@test "layers: neighbours of a rank do not include each other" {
	put engine/outbox/outbox.c '#include "partner/partner.h"'
	finds check-layers 'engine/outbox/outbox.c:1: "partner/partner.h", outbox (rank 3)'
}

@test "layers: a folder is entered by its public header" {
	put engine/web/web.c '#include "partner/profile.h"' '#include "lead/lead_priv.h"' \
		'#include "base/str_priv.h"'
	finds check-layers 'engine/web/web.c:1: "partner/profile.h", partner is entered' \
		'engine/web/web.c:2: "lead/lead_priv.h", it is private' \
		'engine/web/web.c:3: "base/str_priv.h", it is private'
}

@test "layers: a folder's own private header is its own" {
	put engine/lead/lead.c '#include "lead/lead_priv.h"'
	passes check-layers
}

@test "layers: includes name the folder" {
	put engine/web/web.c '#include "web.h"'
	finds check-layers 'engine/web/web.c:1: "web.h", write'
}

@test "layers: a folder outside the table is an error" {
	put engine/magic/magic.c '#include "base/str.h"'
	put engine/web/web.c '#include "magic/magic.h"'
	finds check-layers 'engine/magic/magic.c:1: folder magic' \
		'engine/web/web.c:1: "magic/magic.h", folder magic'
}

@test "layers: a library belongs to one folder" {
	put engine/lib/db/db.c '#include <sqlite3.h>' '#include <sys/stat.h>'
	put engine/web/web.c '#include <sqlite3.h>' '#include <zlib.h>'
	finds check-layers 'engine/web/web.c:1: <sqlite3.h>, only lib/db' \
		'engine/web/web.c:2: <zlib.h>, it is not in the table'
}

@test "layers: an exception is for its folder alone" {
	put engine/dispatch/tls.c '#include <openssl/ssl.h>'
	put engine/web/web.c '#include <openssl/ssl.h>'
	finds check-layers 'engine/web/web.c:1: <openssl/ssl.h>, only lib/base'
}

@test "layers: the table is printed" {
	run "$tools/check-layers" --table
	[ "$status" = 0 ]
	[[ "$output" == *"6 | web"*"sqlite3"*"| lib/db"* ]]
}

@test "headers: each compiles alone and strictly" {
	put engine/lead/lead.h '#ifndef LEAD_LEAD_H' '#define LEAD_LEAD_H' 'size_t lead();' '#endif'
	finds check-headers 'engine/lead/lead.h:1: does not compile alone'
}

@test "headers: the guard is FOLDER_FILE_H" {
	put engine/lead/lead.h '#ifndef LEAD_H' '#define LEAD_H' '#endif'
	finds check-headers 'engine/lead/lead.h:1: no include guard, it must be LEAD_LEAD_H'
}

@test "headers: a source includes its own header first" {
	put engine/lib/base/str.c '' '#include <string.h>' '#include "base/str.h"'
	finds check-headers 'engine/lib/base/str.c:2: #include <string.h>, its own header'
}

@test "headers: a library's folder is found as it is when building" {
	put engine/CMakeLists.txt 'guidon_folder(db lib/db PACKAGES libpq' '  sqlite3 USES base)'
	put engine/lib/db/db_priv.h '#ifndef DB_DB_PRIV_H' '#define DB_DB_PRIV_H' \
		'#include <libpq-fe.h>' '#include <sqlite3.h>' '#endif'
	passes check-headers
}

@test "sql: it stands in its own files" {
	put engine/lead/lead.c '/* "SELECT 1" */' 'const char s[] =' '	"SELECT 1";'
	finds check-sql 'engine/lead/lead.c:3: SQL (SELECT)'
}

@test "sql: the drivers may have theirs" {
	put engine/lib/db/db_pgsql.c 'const char s[] = "SELECT $1";'
	passes check-sql
}

@test "sql: placeholders have numbers" {
	put engine/lead/more_sql.c 'const char s[] = "SELECT id FROM lead"' \
		'	" WHERE note = '"'why?'"' AND id = ?"' '	" AND x = $1";'
	finds check-sql 'engine/lead/more_sql.c:2: placeholder ?' \
		'engine/lead/more_sql.c:3: placeholder $1'
}

@test "sql: it is never printed together" {
	put engine/lead/more_sql.c 'void f(void)' '{' '	str_printf(a, "SELECT %s", x);' '}'
	finds check-sql 'engine/lead/more_sql.c:3: str_printf'
}

@test "owner: a foreign table is not written" {
	put engine/lead/more_sql.c 'const char a[] = "INSERT INTO partner VALUES (?1)";' \
		'const char b[] = "UPDATE partner SET id = 1";' \
		'const char c[] = "WITH x AS (SELECT 1) DELETE"' '	" FROM partner";' \
		'const char d[] = "CREATE INDEX i ON partner (id)";'
	finds check-owner 'engine/lead/more_sql.c:1: lead writes partner, it belongs to partner' \
		'engine/lead/more_sql.c:2: lead writes partner' \
		'engine/lead/more_sql.c:3: lead writes partner' \
		'engine/lead/more_sql.c:5: lead writes partner'
}

@test "owner: a foreign table is read through a view" {
	put engine/lead/more_sql.c 'const char a[] = "SELECT p.id"' \
		'	" FROM lead l"' '	" JOIN partner p ON p.id = l.id";' \
		'const char b[] = "SELECT 1 FROM lead AS l, partner AS p";'
	finds check-owner 'engine/lead/more_sql.c:3: lead reads partner, it belongs to partner, which' \
		'engine/lead/more_sql.c:4: lead reads partner'
}

@test "owner: a foreign view is not written" {
	put engine/lead/more_sql.c 'const char a[] = "DELETE FROM partner_view";'
	finds check-owner 'engine/lead/more_sql.c:1: lead writes partner_view'
}

@test "owner: a table has one owner" {
	put engine/web/web_sql.c 'const char a[] = "CREATE TABLE IF NOT EXISTS lead (id BIGINT)";'
	finds check-owner 'engine/web/web_sql.c:1: table lead, it belongs to lead'
}

@test "owner: the drivers own their tables too" {
	put engine/lib/db/db_schema.c 'const char a[] = "CREATE TABLE db_area (name TEXT)";'
	put engine/lead/more_sql.c 'const char a[] = "SELECT name FROM db_area";'
	finds check-owner 'engine/lead/more_sql.c:1: lead reads db_area, it belongs to lib/db'
}

@test "owner: a name of a WITH is no table" {
	put engine/lead/more_sql.c 'const char a[] = "WITH partner AS (SELECT 1) SELECT 1 FROM partner";'
	passes check-owner
}

@test "owner: a row lock and a comparison are no reads or writes" {
	put engine/lead/more_sql.c 'const char a[] = "SELECT id FROM lead WHERE id IS DISTINCT"' \
		'	" FROM partner FOR UPDATE SKIP LOCKED";'
	passes check-owner
}

@test "owner: a table's name is written out" {
	put engine/lead/more_sql.c 'const char a[] = "DELETE FROM " TABLE " WHERE id = ?1";'
	finds check-owner 'engine/lead/more_sql.c:1: a table name outside the literal'
}

@test "banned: calls that know no size or cannot fail" {
	put engine/lead/lead.c 'void f(void)' '{' '	strcpy(a, b);' '	strcat(a, b);' \
		'	sprintf(a, "x");' '	vsprintf(a, b, c);' '	gets(a);' '	strtok(a, b);' \
		'	atoi(a);' '	atol(a);' '	atof(a);' '	str_printf(a); /* atoi( */' '}'
	run "$tools/check-banned" .
	echo "$output"
	[ "$status" = 1 ]
	[ "${#lines[@]}" = 9 ]
	[[ "$output" == *'engine/lead/lead.c:3: strcpy, '*'lead.c:11: atof, '* ]]
}

@test "banned: clocks outside base/now.c" {
	put engine/lib/base/now.c 'int x = clock_gettime(0, 0);'
	put engine/lead/lead.c 'int a = time(NULL);' 'int b = gettimeofday(&t, 0);' \
		'int c = clock_gettime(0, &t);' 'int d = local_time(x);'
	finds check-banned 'engine/lead/lead.c:1: time, ' \
		'engine/lead/lead.c:2: gettimeofday, ' 'engine/lead/lead.c:3: clock_gettime, '
}

@test "banned: chance outside base/random.c and base/crypto.c" {
	put engine/lib/base/random.c 'int x = getrandom(p, 1, 0);'
	put engine/lib/base/crypto.c 'int x = RAND_bytes(p, 1);'
	put engine/lead/lead.c 'int a = rand();' 'int b = srand(1);' 'int c = random();' \
		'int d = getrandom(p, 1, 0);' 'int e = arc4random_uniform(2);' \
		'int f = RAND_bytes(p, 1);' 'int g = randombytes_buf(p, 1);' 'int h = random_u64();'
	run "$tools/check-banned" .
	echo "$output"
	[ "${#lines[@]}" = 7 ]
	[[ "$output" == *'lead.c:1: rand, '*'lead.c:7: randombytes_buf, '* ]]
}

@test "banned: SQL's clocks and chance" {
	put engine/lead/more_sql.c 'const char a[] = "SELECT CURRENT_TIMESTAMP, "' \
		'	"now(), "' '	"random()";' \
		'const char b[] = "SELECT strftime(1), datetime(1)";'
	finds check-banned 'engine/lead/more_sql.c:1: CURRENT_TIMESTAMP, ' \
		'engine/lead/more_sql.c:2: now, ' 'engine/lead/more_sql.c:3: random, ' \
		'engine/lead/more_sql.c:4: strftime, ' 'engine/lead/more_sql.c:4: datetime, '
}

@test "banned: sqlite3_busy_timeout, shells" {
	put engine/lib/db/db.c 'int a = sqlite3_busy_timeout(db, 1);' 'int b = system("x");' \
		'FILE *c = popen("x", "r");'
	finds check-banned 'engine/lib/db/db.c:1: sqlite3_busy_timeout, ' \
		'engine/lib/db/db.c:2: system, ' 'engine/lib/db/db.c:3: popen, '
}

@test "banned: typedefs of structs and names in _t" {
	put engine/lead/lead.h '#ifndef LEAD_LEAD_H' '#define LEAD_LEAD_H' \
		'typedef struct lead lead;' 'typedef int lead_id_t;' \
		'typedef int lead_fn(size_t n);' '#endif'
	finds check-banned 'engine/lead/lead.h:3: typedef struct' 'engine/lead/lead.h:4: typedef int lead_id_t'
}

@test "banned: words of unfinished work, anywhere" {
	put docs/a.md 'fine' "TO""DO: later" "FIX""ME" "X""XX" "HA""CK"
	put tools/x 'mktemp x.XXXXXX'
	finds check-banned 'docs/a.md:2: TO''DO, ' 'docs/a.md:3: FIX''ME, ' \
		'docs/a.md:4: X''XX, ' 'docs/a.md:5: HA''CK, '
}

@test "banned: paths of one machine, anywhere" {
	put docs/a.md "see /wo""rk/x" "cd /fa""rm/y" 'a frame/work/z and $dir/work/'
	finds check-banned "docs/a.md:1: /wo""rk/, " "docs/a.md:2: /fa""rm/, "
}

@test "banned: what is built or fetched is not looked at" {
	put build/a.c "/* TO""DO */"
	put tests/node_modules/a/a.js "// TO""DO"
	passes check-banned
}
