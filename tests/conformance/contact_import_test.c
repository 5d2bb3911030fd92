/*
 * What partner.h promises of lists of contacts as files, on every store there
 * is: each row has one verdict, an import that is repeated changes nothing,
 * one that was killed is ended by the next, and an export is a fixed point.
 */
#include "partner/partner.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/now.h"
#include "partner_store.h"

enum { TOLD_MAX = 64 };

static const int64_t IMPORTED_MS = INT64_C(1772357400000);

static const char *url;

/* What the last import told of its rows. */
static struct told {
	int64_t line;
	enum contact_verdict verdict;
	int64_t merged_line;
	enum contact_fault fault; /* of the first finding */
	int64_t column;
} told[TOLD_MAX];
static size_t told_count;
static struct contact_import_result result;

static int
open_store(void **state)
{
	(void)state;
	told_count = 0;
	return open_partner_store(url) < 0 ? -1 : put_two_partners();
}

static int
close_store(void **state)
{
	(void)state;
	return close_partner_store();
}

/* ---- importing and exporting ---- */

static void
note_row(void *arg, const struct contact_row *row)
{
	struct told *t = &told[told_count % TOLD_MAX];

	(void)arg;
	told_count++;
	*t = (struct told){ .line = row->line,
			    .verdict = row->verdict,
			    .merged_line = row->merged_line };
	if (row->finding_count) {
		t->fault = row->findings[0].fault;
		t->column = row->findings[0].column;
	}
}

static FILE *
file_of(struct str text)
{
	FILE *f = tmpfile();

	check(f && fwrite(text.p, 1, text.len, f) == text.len);
	rewind(f);
	return f;
}

static struct contact_import
an_import(FILE *f)
{
	return (struct contact_import){
		.partner_id = acme_id,
		.pepper = pepper,
		.file = f,
		.name = "list.csv",
		.now_ms = IMPORTED_MS,
		.row = note_row,
	};
}

static int64_t
sum_of_counts(void)
{
	int64_t sum = 0;

	for (size_t i = 0; i < CONTACT_VERDICT_COUNT; i++)
		sum += result.counts[i];
	return sum;
}

static int
run_import(struct contact_import *in, struct str text)
{
	int code;

	told_count = 0;
	in->file = file_of(text);
	code = contact_import(store, in, &result, &err);
	fclose(in->file);
	assert_true(result.rows == sum_of_counts());
	assert_true(result.rows == (int64_t)told_count);
	return code;
}

static int
import(const char *text)
{
	struct contact_import in = an_import(NULL);

	return run_import(&in, str_of(text));
}

static struct str
read_back(FILE *f)
{
	struct buf b = { 0 };
	char part[4096];
	struct str text;
	size_t n;

	rewind(f);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&b, part, n);
	fclose(f);
	text = str_copy(arena, buf_view(&b));
	buf_fini(&b);
	return text;
}

static struct str
export_of(int64_t partner_id, bool formulas)
{
	struct contact_export x = { partner_id, tmpfile(), formulas };

	assert_non_null(x.file);
	assert_true(contact_export(reader, &x, &err) >= 0);
	return read_back(x.file);
}

static struct contact
find_address(const char *address)
{
	struct person_hash person = partner_person(pepper, str_of(address));
	struct contact got;

	assert_int_equal(
	    contact_find(reader, arena, acme_id, &person, &got, &err), 1);
	return got;
}

static void
assert_told(size_t i, int64_t line, enum contact_verdict verdict)
{
	assert_true(i < told_count);
	if (told[i].line != line || told[i].verdict != verdict)
		fail_msg("row %zu: line %lld, %s", i, (long long)told[i].line,
			 contact_verdict_name(told[i].verdict));
}

static void
assert_counts(int64_t accepted, int64_t updated, int64_t unchanged,
	      int64_t merged, int64_t quarantined)
{
	assert_int_equal(result.counts[CONTACT_ACCEPTED], accepted);
	assert_int_equal(result.counts[CONTACT_UPDATED], updated);
	assert_int_equal(result.counts[CONTACT_UNCHANGED], unchanged);
	assert_int_equal(result.counts[CONTACT_MERGED], merged);
	assert_int_equal(result.counts[CONTACT_QUARANTINED], quarantined);
}

static const char mixed_list[] =
    "E-Mail,First name,Phone,Consent,Consent basis,Consent date,site\n"
    "ann@example.org,Ann,+49 30 12345,yes,customer,2026-01-01,north\n"
    "bob@example.org,Bob,,withdrawn,,2026-01-02,\n"
    "\n"
    "nobody,No,,,,,\n"
    "ANN@example.org,Anna,,yes,customer,2025-12-01,south\n"
    "cyd@example.org,Cyd,030 12345,yes,,,\n"
    "bob@example.org,Bobby,,yes,fair,2026-02-01,\n"
    "dan@example.org,Dan,12,,,,\n";

static void
every_row_has_one_verdict(void **state)
{
	struct contact ann, bob, cyd;

	(void)state;
	assert_ok(import(mixed_list), err);
	assert_int_equal(result.rows, 7);
	assert_counts(3, 0, 0, 2, 2);
	assert_int_equal(result.lacking, 1);
	assert_told(0, 2, CONTACT_MERGED);
	assert_int_equal(told[0].merged_line, 6);
	assert_told(1, 3, CONTACT_MERGED);
	assert_int_equal(told[1].merged_line, 8);
	assert_told(2, 5, CONTACT_QUARANTINED);
	assert_int_equal(told[2].fault, CONTACT_FAULT_ADDRESS_AT);
	assert_int_equal(told[2].column, 1);
	assert_told(3, 6, CONTACT_ACCEPTED);
	assert_told(4, 7, CONTACT_ACCEPTED);
	assert_int_equal(told[4].fault, CONTACT_FAULT_PHONE_NATIONAL);
	assert_told(5, 8, CONTACT_ACCEPTED);
	assert_told(6, 9, CONTACT_QUARANTINED);
	assert_int_equal(told[6].fault, CONTACT_FAULT_PHONE);
	assert_int_equal(told[6].column, 21);
	ann = find_address("ann@example.org");
	assert_str(ann.given_name, "Anna");
	assert_str(ann.phone, "");
	assert_str(ann.attributes, "{\"site\":\"south\"}");
	assert_int_equal(ann.consent, CONSENT_GIVEN);
	assert_true(ann.consent_ms == INT64_C(1767225600000));
	bob = find_address("bob@example.org");
	assert_str(bob.given_name, "Bobby");
	assert_int_equal(bob.consent, CONSENT_WITHDRAWN);
	cyd = find_address("cyd@example.org");
	assert_int_equal(cyd.consent, CONSENT_NONE);
}

/* -1 when there is no contact. */
static int64_t
last_change(void)
{
	int64_t ms = -1;

	assert_ok(db_query_int(reader, &ms,
			       "SELECT max(changed_ms) FROM contact",
			       DB_NO_ARGS, &err),
		  err);
	return ms;
}

static void
importing_again_changes_nothing(void **state)
{
	struct contact_import later = an_import(NULL);
	struct str before;

	(void)state;
	assert_ok(import(mixed_list), err);
	before = export_of(acme_id, false);
	later.now_ms += 1000;
	assert_ok(run_import(&later, str_of(mixed_list)), err);
	assert_counts(0, 0, 3, 2, 2);
	assert_true(last_change() == IMPORTED_MS);
	assert_str(export_of(acme_id, false), str_cstr(arena, before));
}

static void
a_changed_file_updates_what_it_changes(void **state)
{
	(void)state;
	assert_ok(import("email,given_name\nann@example.org,Ann\n"
			 "bob@example.org,Bob\n"),
		  err);
	assert_ok(import("email,given_name,company\nann@example.org,Ann,\n"
			 "bob@example.org,Bob,Acme\ncyd@example.org,,\n"),
		  err);
	assert_counts(1, 1, 1, 0, 0);
	assert_str(find_address("bob@example.org").company, "Acme");
	assert_ok(import("email\nbob@example.org\n"), err);
	assert_counts(0, 0, 1, 0, 0);
	assert_str(find_address("bob@example.org").company, "Acme");
}

static void
a_broken_table_changes_nothing(void **state)
{
	(void)state;
	assert_fails(
	    import("email,x\nann@example.org,1\nbob@example.org,\"2\n"), err,
	    ERROR_INVALID, "list.csv:3:17: a quote opens here");
	assert_int_equal(result.rows, 0);
	assert_str(export_of(acme_id, false),
		   "email,given_name,family_name,company,phone,language,"
		   "country,time_zone,tags,consent,consent_basis,"
		   "consent_source,consent_date\n");
	assert_fails(import(""), err, ERROR_INVALID, "list.csv: an empty file");
	assert_fails(import("name\n"), err, ERROR_INVALID, "list.csv:1: ");
	assert_ok(import("email\n"), err);
	assert_int_equal(result.rows, 0);
}

static void
what_is_asked_for_is_checked(void **state)
{
	struct contact_import in = an_import(NULL);
	struct contact_export x = { 77, NULL, false };

	(void)state;
	in.calling_code = STR("+49");
	assert_fails(run_import(&in, STR("email\n")), err, ERROR_INVALID,
		     "a calling code");
	in.calling_code = STR("49");
	in.partner_id = 77;
	assert_fails(run_import(&in, STR("email\n")), err, ERROR_NOT_FOUND,
		     "no partner 77");
	assert_true(contact_export(reader, &x, &err) < 0);
	assert_int_equal(err.code, ERROR_NOT_FOUND);
}

/* ---- persons who were here before ---- */

static void
a_withdrawn_consent_is_not_given_back(void **state)
{
	static const char list[] =
	    "email,consent,consent_basis,consent_date\n"
	    "ann@example.org,given,customer,2026-02-01\n";
	struct contact ann = some_contact(acme_id, "ann@example.org");
	struct consent withdraw = { &ann, CONSENT_WITHDRAWN };

	(void)state;
	assert_ok(import(list), err);
	assert_ok(consent(&withdraw), err);
	assert_ok(import(list), err);
	assert_counts(0, 0, 1, 0, 0);
	assert_int_equal(find_address("ann@example.org").consent,
			 CONSENT_WITHDRAWN);
}

static void
the_erased_stay_so_and_the_deleted_come_back(void **state)
{
	static const char list[] = "email,given_name\nann@example.org,Ann\n"
				   "bob@example.org,Bob\n";
	struct contact ann = some_contact(acme_id, "ann@example.org");
	struct contact bob = some_contact(acme_id, "bob@example.org");

	(void)state;
	assert_ok(import(list), err);
	assert_int_equal(erase_contact(&ann), 1);
	assert_int_equal(delete_contact(&bob), 1);
	assert_ok(import(list), err);
	assert_counts(0, 1, 0, 0, 1);
	assert_int_equal(told[0].fault, CONTACT_FAULT_ERASED);
	assert_int_equal(told[0].column, 1);
	assert_str(find_address("ann@example.org").address, "");
	assert_false(find_address("bob@example.org").deleted);
}

UNIT(erase_imported, struct contact,
     contact_erase(db, x->partner_id, &x->person, IMPORTED_MS, e))

static void
a_consent_after_the_erasure_brings_back(void **state)
{
	static const char before[] =
	    "email,given_name,consent,consent_basis,consent_date\n"
	    "ann@example.org,Ann,yes,customer,2026-02-01\n";
	static const char dateless[] = "email,consent,consent_basis\n"
				       "ann@example.org,yes,customer\n";
	struct contact_import later = an_import(NULL);
	struct contact ann = some_contact(acme_id, "ann@example.org");
	struct str since =
	    STR("email,given_name,consent,consent_basis,consent_date\n"
		"ann@example.org,Anna,yes,customer,2027-01-01\n");

	(void)state;
	later.now_ms += (int64_t)400 * 24 * 3600 * 1000;
	assert_ok(import(before), err);
	assert_int_equal(erase_imported(&ann), 1);
	assert_ok(run_import(&later, str_of(before)), err);
	assert_counts(0, 0, 0, 0, 1);
	assert_ok(run_import(&later, str_of(dateless)), err);
	assert_counts(0, 0, 0, 0, 1);
	assert_int_equal(told[0].fault, CONTACT_FAULT_ERASED);
	later.dry_run = true;
	assert_ok(run_import(&later, since), err);
	assert_counts(0, 1, 0, 0, 0);
	later.dry_run = false;
	assert_ok(run_import(&later, since), err);
	assert_counts(0, 1, 0, 0, 0);
	ann = find_address("ann@example.org");
	assert_str(ann.given_name, "Anna");
	assert_int_equal(ann.consent, CONSENT_GIVEN);
	assert_int_equal(ann.deleted, false);
	assert_ok(run_import(&later, since), err);
	assert_counts(0, 0, 1, 0, 0);
}

static void
who_opted_out_and_was_erased_stays_away(void **state)
{
	static const char since[] = "email,consent,consent_basis,consent_date\n"
				    "ann@example.org,yes,customer,2027-01-01\n";
	struct contact_import later = an_import(NULL);
	struct contact ann = some_contact(acme_id, "ann@example.org");
	struct consent withdraw = { &ann, CONSENT_WITHDRAWN };

	(void)state;
	later.now_ms += (int64_t)400 * 24 * 3600 * 1000;
	assert_ok(import("email\nann@example.org\n"), err);
	assert_ok(consent(&withdraw), err);
	assert_int_equal(erase_contact(&ann), 1);
	assert_int_equal(delete_contact(&ann), 0);
	assert_ok(run_import(&later, str_of(since)), err);
	assert_counts(0, 0, 0, 0, 1);
	assert_str(find_address("ann@example.org").address, "");
}

static void
who_would_share_an_id_is_quarantined(void **state)
{
	struct contact other = some_contact(acme_id, "ann@example.org");

	(void)state;
	other.person.bytes[15] ^= 1;
	other.address = STR("other@example.org");
	assert_int_equal(put_contact(&other), 1);
	assert_ok(import("email\nann@example.org\nbob@example.org\n"), err);
	assert_counts(1, 0, 0, 0, 1);
	assert_int_equal(told[0].fault, CONTACT_FAULT_ID_TAKEN);
}

/* ---- ways to run it ---- */

static void
a_dry_run_says_the_same_and_does_nothing(void **state)
{
	struct contact_import in = an_import(NULL);
	struct told dry[TOLD_MAX];

	(void)state;
	in.dry_run = true;
	assert_ok(run_import(&in, str_of(mixed_list)), err);
	assert_counts(3, 0, 0, 2, 2);
	memcpy(dry, told, sizeof(dry));
	assert_true(last_change() == -1);
	assert_ok(import(mixed_list), err);
	assert_memory_equal(dry, told, sizeof(dry));
	assert_ok(run_import(&in, str_of(mixed_list)), err);
	assert_counts(0, 0, 3, 2, 2);
}

static void
a_pipe_will_do(void **state)
{
	struct contact_import in = an_import(NULL);
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_true(write(ends[1], mixed_list, sizeof(mixed_list) - 1) ==
		    (ssize_t)(sizeof(mixed_list) - 1));
	close(ends[1]);
	in.file = fdopen(ends[0], "r");
	assert_ok(contact_import(store, &in, &result, &err), err);
	fclose(in.file);
	assert_counts(3, 0, 0, 2, 2);
}

/* Fails when it is called again. */
static int
end_once(struct db *db, void *arg, const struct contact_import_result *r,
	 struct error *e)
{
	struct buf json = { 0 };
	int *ends = arg;

	(void)db;
	if (++*ends > 1)
		return error_set(e, ERROR_DENIED, "no second end");
	contact_import_json(r, &json);
	assert_str(buf_view(&json),
		   "{\"rows\":7,\"accepted\":3,\"updated\":0,\"unchanged\":0,"
		   "\"merged\":2,\"quarantined\":2,\"lacking\":1}");
	buf_fini(&json);
	return 0;
}

static void
the_end_is_a_unit_of_its_own(void **state)
{
	struct contact_import in = an_import(NULL);
	int ends = 0;

	(void)state;
	in.row = NULL;
	in.end = end_once;
	in.arg = &ends;
	in.file = file_of(str_of(mixed_list));
	in.dry_run = true;
	assert_ok(contact_import(store, &in, &result, &err), err);
	assert_int_equal(ends, 0);
	in.dry_run = false;
	rewind(in.file);
	assert_ok(contact_import(store, &in, &result, &err), err);
	assert_int_equal(ends, 1);
	rewind(in.file);
	assert_fails(contact_import(store, &in, &result, &err), err,
		     ERROR_DENIED, "no second end");
	fclose(in.file);
}

/* ---- round trips ---- */

static const char *const odd_attributes[] = {
	"{}",
	"{ }",
	"{\"site\":\"north\"}",
	"{\"a\":\"=1+1\",\"b\":\"'x\"}",
	"{\"a\":\"'=1\",\"b\":\"''@\"}",
	"{\"b\":\"2\",\"a\":\"1\"}",
	"{\"a\":\"\"}",
	"{\"a\":\" blank\"}",
	"{\"n\":1.5,\"deep\":{\"x\":[1,null]}}",
	"{\"email\":\"an attribute\"}",
	"{\"lines\":\"1\\n2\"}",
	"{\"-key\":\"\xc3\xa4;\xe4\xb8\xad\"}",
};

static void
put_odd_contacts(void)
{
	for (size_t i = 0; i < COUNT_OF(odd_attributes); i++) {
		struct contact c = some_contact(
		    acme_id, arena_printf(arena, "odd%zu@example.org", i));

		c.attributes = str_of(odd_attributes[i]);
		c.given_name = i % 2 ? STR("'=Ann, \"the\"") : STR("-Ann");
		c.phone = STR("+493012345");
		c.consent = (enum consent_state)(i % 3);
		c.consent_ms = (int64_t)i * 777;
		c.consent_basis = i % 4 ? STR("customer") : STR("");
		assert_int_equal(put_contact(&c), 1);
	}
}

static void
an_export_imports_as_no_change(void **state)
{
	(void)state;
	put_odd_contacts();
	for (int formulas = 0; formulas < 2; formulas++) {
		struct str text = export_of(acme_id, formulas);
		struct contact_import in = an_import(NULL);

		in.formulas = formulas;
		assert_ok(run_import(&in, text), err);
		assert_counts(0, 0, COUNT_OF(odd_attributes), 0, 0);
		assert_str(export_of(acme_id, formulas), str_cstr(arena, text));
	}
	assert_true(str_find(export_of(acme_id, false), STR("\"'-Ann\"")) > 0);
	assert_true(str_find(export_of(acme_id, true), STR(",-Ann,")) > 0);
}

static void
an_export_makes_the_same_list_elsewhere(void **state)
{
	struct contact_import in = an_import(NULL);
	struct str text;

	(void)state;
	assert_ok(import(mixed_list), err);
	text = export_of(acme_id, false);
	in.partner_id = zeta_id;
	assert_ok(run_import(&in, text), err);
	assert_counts(3, 0, 0, 0, 0);
	assert_str(export_of(zeta_id, false), str_cstr(arena, text));
}

/* ---- many rows ---- */

/* `count` rows; each 10th is one of a person before, each 100th is bad. */
static struct str
long_list(int count)
{
	struct buf b = { 0 };
	struct str text;

	buf_cat(&b, "email,given_name,company,tags,consent,consent_basis,x\n");
	for (int i = 0; i < count; i++) {
		int person = i % 10 == 9 ? i / 2 : i;

		buf_printf(&b,
			   "p%d%sexample.org,N%d,Acme,b a,yes,customer,%d\n",
			   person, i % 100 == 50 ? "" : "@", i, i);
	}
	text = str_copy(arena, buf_view(&b));
	buf_fini(&b);
	return text;
}

/* ---- killed ---- */

enum { KILLS = 3, SEED = 4711 };

/* A server is slower, and each row of it a question of its own. */
static int
killed_rows(void)
{
	return db_store_dialect(store) == DB_SQLITE ? 6000 : 2400;
}

/* In a process of its own, which has no threads of ours yet. */
static int
import_to_be_killed(struct str text)
{
	struct contact_import in = an_import(file_of(text));

	in.row = NULL;
	if (db_store_open(&store, url, &err) < 0 ||
	    open_secrets("the master key of these tests...") < 0 ||
	    partner_pepper_open(&pepper, store, &err) < 0)
		return 1;
	in.pepper = pepper;
	return contact_import(store, &in, &result, &err) < 0;
}

static int
reopen(void)
{
	if (db_store_open(&store, url, &err) < 0 ||
	    open_secrets("the master key of these tests...") < 0 ||
	    partner_pepper_open(&pepper, store, &err) < 0 ||
	    db_reader(store, &reader, &err) < 0)
		return -1;
	return 0;
}

static int64_t
count_contacts(void)
{
	int64_t count = -1;

	assert_ok(db_query_int(reader, &count, "SELECT count(*) FROM contact",
			       DB_NO_ARGS, &err),
		  err);
	return count;
}

/* Kills the child when so many are stored; true when it was not too late. */
static bool
kill_at(pid_t child, int64_t stored)
{
	int status;

	while (waitpid(child, &status, WNOHANG) == 0) {
		if (count_contacts() >= stored) {
			kill(child, SIGKILL);
			assert_true(waitpid(child, &status, 0) == child);
			break;
		}
		now_sleep_us(100);
	}
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status);
}

/* Anywhere between what was there before and the end. */
static int
kill_somewhere(struct str text, int64_t before, uint32_t *chance)
{
	const int64_t rest = killed_rows() - before;
	pid_t child;

	*chance = *chance * 1103515245U + 12345U;
	partner_pepper_free(&pepper);
	db_store_close(&store);
	fflush(NULL);
	child = fork();
	if (child == 0)
		_exit(import_to_be_killed(text));
	assert_ok(reopen(), err);
	return kill_at(child, before + 1 + (*chance >> 16) % (rest / 2));
}

static void
killed_anywhere_and_begun_again_ends_the_same(void **state)
{
	struct contact_import in;
	struct str text = long_list(killed_rows());
	uint32_t chance = SEED;
	struct str whole;
	int64_t stored = 0;
	int kills = 0;

	(void)state;
	for (int i = 0; i < KILLS; i++) {
		kills += kill_somewhere(text, stored, &chance);
		assert_true(count_contacts() >= stored);
		stored = count_contacts();
	}
	assert_true(kills > 0);
	in = an_import(NULL);
	assert_ok(run_import(&in, text), err);
	assert_int_equal(result.rows, killed_rows());
	assert_int_equal(result.counts[CONTACT_UNCHANGED], stored);
	assert_int_equal(result.counts[CONTACT_UPDATED], 0);
	assert_int_equal(result.counts[CONTACT_ACCEPTED],
			 count_contacts() - stored);
	whole = export_of(acme_id, false);
	in.partner_id = zeta_id;
	assert_ok(run_import(&in, text), err);
	assert_int_equal(result.counts[CONTACT_UNCHANGED], 0);
	assert_str(export_of(zeta_id, false), str_cstr(arena, whole));
}

/* ---- the same people all over the file ---- */

enum { CROWD = 500, CROWD_ROWS = 5000, CROWD_DAYS = 28 };

/* What the file says of each of the crowd, row by row. */
static struct member {
	int64_t last_line;
	int day; /* of the consent that counts; 0: none given */
	int rows;
} crowd[CROWD];

static struct str
crowded_list(void)
{
	struct buf b = { 0 };
	struct str text;

	memset(crowd, 0, sizeof(crowd));
	buf_cat(&b, "email,given_name,consent,consent_basis,consent_date\n");
	for (int i = 0; i < CROWD_ROWS; i++) {
		struct member *m = &crowd[i * 7919 % CROWD_ROWS % CROWD];
		const int day = i * 31 % (2 * CROWD_DAYS) - CROWD_DAYS;

		m->last_line = i + 2;
		m->rows++;
		buf_printf(&b, "p%zu@example.org,N%d,", m - crowd, i + 2);
		if (day <= 0)
			buf_cat(&b, ",,\n");
		else
			buf_printf(&b, "yes,b%d,2026-01-%02d\n", day, day);
		if (day > m->day)
			m->day = day;
	}
	text = str_copy(arena, buf_view(&b));
	buf_fini(&b);
	return text;
}

/* Rows are told one after the other, and each merged one names the last. */
static void
check_crowd_row(void *arg, const struct contact_row *row)
{
	const int i = (int)row->line - 2;
	const struct member *m = &crowd[i * 7919 % CROWD_ROWS % CROWD];
	int64_t *line = arg;

	assert_int_equal(row->line, ++*line);
	if (row->line == m->last_line) {
		assert_int_equal(row->verdict, CONTACT_ACCEPTED);
		return;
	}
	assert_int_equal(row->verdict, CONTACT_MERGED);
	assert_int_equal(row->merged_line, m->last_line);
}

static void
of_rows_all_over_the_file_the_last_counts(void **state)
{
	struct contact_import in = an_import(file_of(crowded_list()));
	int64_t line = 1;

	(void)state;
	in.row = check_crowd_row;
	in.arg = &line;
	assert_ok(contact_import(store, &in, &result, &err), err);
	fclose(in.file);
	assert_counts(CROWD, 0, 0, CROWD_ROWS - CROWD, 0);
	for (int i = 0; i < CROWD; i++) {
		struct contact c =
		    find_address(arena_printf(arena, "p%d@example.org", i));

		assert_true(crowd[i].rows > 1);
		assert_str(c.given_name,
			   arena_printf(arena, "N%d", (int)crowd[i].last_line));
		assert_int_equal(c.consent,
				 crowd[i].day ? CONSENT_GIVEN : CONSENT_NONE);
		if (crowd[i].day)
			assert_str(c.consent_basis,
				   arena_printf(arena, "b%d", crowd[i].day));
	}
}

/* ---- a few on a long list ---- */

static void
a_few_are_found_on_a_long_list(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_cat(&b, "email,given_name\n");
	for (int i = 0; i < 3000; i++)
		buf_printf(&b, "p%d@example.org,Ann\n", i);
	assert_ok(import(buf_cstr(&b)), err);
	assert_counts(3000, 0, 0, 0, 0);
	assert_ok(import("email,given_name\np7@example.org,Ann\n"
			 "new@example.org,Ann\np2999@example.org,Eve\n"
			 "p1500@example.org,Eve\n"),
		  err);
	assert_counts(1, 2, 1, 0, 0);
	buf_clear(&b);
	buf_cat(&b, "email,given_name\n");
	for (int i = 0; i < 3000; i += 3)
		buf_printf(&b, "p%d@example.org,%s\n", i,
			   i % 2 ? "Bea" : "Ann");
	assert_ok(import(buf_cstr(&b)), err);
	/* p1500 was Eve meanwhile. */
	assert_counts(0, 501, 499, 0, 0);
	buf_fini(&b);
}

/* ---- others at the same time ---- */

/* Cuts the file when the first row is told. */
static void
cut_file(void *arg, const struct contact_row *row)
{
	FILE *file = arg;

	if (row->line == 2)
		check(ftruncate(fileno(file), 1) == 0);
}

static void
a_file_may_go_once_it_was_read(void **state)
{
	struct contact_import in = an_import(file_of(long_list(1000)));

	(void)state;
	in.row = cut_file;
	in.arg = in.file;
	assert_ok(contact_import(store, &in, &result, &err), err);
	assert_int_equal(result.rows, 1000);
	assert_true(result.rows == sum_of_counts());
	fclose(in.file);
}

enum { AT_ONCE_ROWS = 1000 };

struct at_once {
	FILE *file;
	struct contact_import_result result;
	struct error err;
	int code;
};

static void *
import_at_once(void *arg)
{
	struct at_once *mine = arg;
	struct contact_import in = an_import(mine->file);

	in.row = NULL;
	mine->code = contact_import(store, &in, &mine->result, &mine->err);
	return NULL;
}

static void
imports_at_once_agree(void **state)
{
	struct str text = long_list(AT_ONCE_ROWS);
	struct at_once both[2];
	pthread_t threads[2];
	int64_t accepted = 0;

	(void)state;
	for (int i = 0; i < 2; i++) {
		both[i].file = file_of(text);
		assert_int_equal(
		    pthread_create(&threads[i], NULL, import_at_once, &both[i]),
		    0);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		fclose(both[i].file);
		assert_ok(both[i].code, both[i].err);
		assert_int_equal(both[i].result.rows, AT_ONCE_ROWS);
		accepted += both[i].result.counts[CONTACT_ACCEPTED];
	}
	assert_int_equal(import(str_cstr(arena, text)), 0);
	assert_int_equal(result.counts[CONTACT_ACCEPTED], 0);
	assert_int_equal(result.counts[CONTACT_UPDATED], 0);
	assert_int_equal(result.counts[CONTACT_UNCHANGED], accepted);
}

static void
a_long_list_is_measured(void **state)
{
	const bool is_sqlite = db_store_dialect(store) == DB_SQLITE;
	const int many = is_sqlite ? 50000 : 5000;
	struct contact_import in = an_import(NULL);
	struct str text = long_list(many);
	struct rusage before, after;
	int64_t at[3];

	(void)state;
	getrusage(RUSAGE_SELF, &before);
	at[0] = now_mono_us();
	assert_ok(run_import(&in, text), err);
	at[1] = now_mono_us();
	assert_int_equal(result.rows, many);
	assert_int_equal(result.counts[CONTACT_QUARANTINED], many / 100);
	assert_true(result.counts[CONTACT_MERGED] > 0);
	assert_ok(run_import(&in, text), err);
	at[2] = now_mono_us();
	getrusage(RUSAGE_SELF, &after);
	assert_int_equal(result.counts[CONTACT_ACCEPTED], 0);
	assert_int_equal(result.counts[CONTACT_UPDATED], 0);
	printf("%d rows: %lld ms, again %lld ms; peak grew by %ld kB\n", many,
	       (long long)(at[1] - at[0]) / 1000,
	       (long long)(at[2] - at[1]) / 1000,
	       after.ru_maxrss - before.ru_maxrss);
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, open_store, close_store)

static int
run_suite(const char *name)
{
	const struct CMUnitTest tests[] = {
		CASE(every_row_has_one_verdict),
		CASE(importing_again_changes_nothing),
		CASE(a_changed_file_updates_what_it_changes),
		CASE(a_broken_table_changes_nothing),
		CASE(what_is_asked_for_is_checked),
		CASE(a_withdrawn_consent_is_not_given_back),
		CASE(the_erased_stay_so_and_the_deleted_come_back),
		CASE(a_consent_after_the_erasure_brings_back),
		CASE(who_opted_out_and_was_erased_stays_away),
		CASE(who_would_share_an_id_is_quarantined),
		CASE(a_dry_run_says_the_same_and_does_nothing),
		CASE(a_pipe_will_do),
		CASE(the_end_is_a_unit_of_its_own),
		CASE(an_export_imports_as_no_change),
		CASE(an_export_makes_the_same_list_elsewhere),
		CASE(killed_anywhere_and_begun_again_ends_the_same),
		CASE(of_rows_all_over_the_file_the_last_counts),
		CASE(a_few_are_found_on_a_long_list),
		CASE(a_file_may_go_once_it_was_read),
		CASE(imports_at_once_agree),
		CASE(a_long_list_is_measured),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, run_suite, "contact_import/sqlite",
			    "contact_import/postgresql");
}
