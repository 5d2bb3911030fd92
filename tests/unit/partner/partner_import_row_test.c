/*
 * Headers and rows: which column is which, and every way in which a row can
 * be bad, with where it says so. And who counts of several rows of one person.
 */
#include "partner/partner_import_priv.h"

#include "base/arena.h"
#include "test.h"

enum { ROWS_MAX = 8 };

static const int64_t NOW = INT64_C(1772357400000);

static struct arena *arena;
static struct error err;
static struct import_header header;
static struct import_row rows[ROWS_MAX];
static int row_count;

static int
read_rows(struct csv_reader *r, const struct import_rules *rules)
{
	struct csv_row row;
	int code;

	while ((code = csv_next(r, &row, &err)) > 0) {
		if (row_count < 0)
			code = import_header_read(&header, arena, "list.csv",
						  &row, rules->formulas, &err);
		else
			import_row_read(&header, rules, &row, arena,
					&rows[row_count]);
		if (code < 0)
			return code;
		row_count++;
	}
	return code;
}

/* Reads a whole table; < 0 when its header is refused. */
static int
read_with(const char *text, const char *calling_code, bool formulas)
{
	const struct import_rules rules = { str_of(calling_code), NOW,
					    formulas };
	struct csv_reader *r = csv_reader_new("list.csv");
	int code = 0;

	row_count = -1;
	csv_feed(r, str_of(text));
	code = read_rows(r, &rules);
	csv_finish(r);
	if (code >= 0)
		code = read_rows(r, &rules);
	csv_reader_free(&r);
	return code;
}

static void
read_table(const char *text)
{
	assert_ok(read_with(text, "", false), err);
}

/* ---- headers ---- */

static void
columns_go_by_many_names(void **state)
{
	static const struct {
		const char *name;
		enum contact_field field;
	} samples[] = {
		{ "email", FIELD_ADDRESS },
		{ "E-Mail", FIELD_ADDRESS },
		{ "EMAIL ADDRESS", FIELD_ADDRESS },
		{ "E-Mail-Adresse", FIELD_ADDRESS },
		{ "First name", FIELD_GIVEN_NAME },
		{ "firstName", FIELD_GIVEN_NAME },
		{ "Last name", FIELD_FAMILY_NAME },
		{ "Surname", FIELD_FAMILY_NAME },
		{ "Family-Name", FIELD_FAMILY_NAME },
		{ "Company", FIELD_COMPANY },
		{ "Tel.", FIELD_PHONE },
		{ "Time zone", FIELD_TIME_ZONE },
		{ "Tags", FIELD_TAGS },
		{ "consent basis", FIELD_CONSENT_BASIS },
		{ "ConsentDate", FIELD_CONSENT_DATE },
		{ "phone 2", FIELD_FURTHER },
		{ "***", FIELD_FURTHER },
		{ "", FIELD_NAMELESS },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(samples); i++)
		if (contact_field_find(str_of(samples[i].name)) !=
		    samples[i].field)
			fail_msg("\"%s\"", samples[i].name);
	for (int i = 0; i < FIELD_COUNT; i++)
		assert_int_equal(contact_field_find(str_of(contact_field_name(
				     (enum contact_field)i))),
				 i);
}

static void
a_header_that_leaves_doubt_is_refused(void **state)
{
	(void)state;
	assert_fails(read_with("name,phone\n", "", false), err, ERROR_INVALID,
		     "list.csv:1: a header without a column \"email\"");
	assert_fails(read_with("\n\nemial,phone\n", "", false), err,
		     ERROR_INVALID, "list.csv:3: ");
	assert_non_null(strstr(err.text, "(is it \"emial\"?)"));
	assert_fails(read_with("email,tel,phone\n", "", false), err,
		     ERROR_INVALID,
		     "list.csv:1: column 3: a second column for phone: "
		     "\"phone\", and column 2 is \"tel\"");
	assert_fails(read_with("email,x,y,x\n", "", false), err, ERROR_INVALID,
		     "a name that another column has");
	assert_fails(read_with("email,\xff\n", "", false), err, ERROR_INVALID,
		     "list.csv:1: column 2: a name");
}

/* ---- rows ---- */

static void
a_row_comes_out_in_its_normal_form(void **state)
{
	const struct contact *c = &rows[0].contact;

	(void)state;
	read_table("E-Mail;First name;Last name;Firma;Tel;Language;Country;"
		   "TZ;Tags;Consent;Consent basis;Consent source;Consent date;"
		   "region;floor\n"
		   " Ann@Example.ORG ; Ann;Lee;Acme;'+49 30 12345;DE_ch;ch;"
		   "Europe/Zurich;\"b,A\";Yes;customer;crm;2026-02-28;"
		   "south;3\n");
	assert_int_equal(row_count, 1);
	assert_false(rows[0].bad);
	assert_int_equal(rows[0].finding_count, 0);
	assert_str(c->address, "ann@example.org");
	assert_str(c->given_name, "Ann");
	assert_str(c->family_name, "Lee");
	assert_str(c->company, "Acme");
	assert_str(c->phone, "+493012345");
	assert_str(c->language, "de-CH");
	assert_str(c->country, "CH");
	assert_str(c->time_zone, "Europe/Zurich");
	assert_str(c->tags, "a b");
	assert_true(rows[0].says_consent);
	assert_int_equal(c->consent, CONSENT_GIVEN);
	assert_str(c->consent_basis, "customer");
	assert_str(c->consent_source, "crm");
	assert_true(c->consent_ms == INT64_C(1772236800000));
	assert_str(c->attributes, "{\"floor\":\"3\",\"region\":\"south\"}");
}

static void
each_bad_row_says_where_and_why(void **state)
{
	static const struct {
		const char *header;
		const char *row;
		enum contact_fault fault;
		int column;
	} samples[] = {
		{ "x,email", "1,", CONTACT_FAULT_NO_ADDRESS, 3 },
		{ "x,email", "1", CONTACT_FAULT_NO_ADDRESS, 1 },
		{ "email,x", "ann,", CONTACT_FAULT_ADDRESS_AT, 1 },
		{ "email,x", "a..b@c.de,", CONTACT_FAULT_ADDRESS_LOCAL, 1 },
		{ "email,x", "ann@c,", CONTACT_FAULT_ADDRESS_DOMAIN, 1 },
		{ "email,given_name", "a@b.de,\xe4", CONTACT_FAULT_NOT_UTF8,
		  8 },
		{ "email,company", "a@b.de,\"x\ny\"", CONTACT_FAULT_CONTROL,
		  8 },
		{ "email,phone", "a@b.de,call me", CONTACT_FAULT_PHONE, 8 },
		{ "email,language", "a@b.de,german", CONTACT_FAULT_LANGUAGE,
		  8 },
		{ "email,country", "a@b.de,Germany", CONTACT_FAULT_COUNTRY, 8 },
		{ "email,tz", "a@b.de,Berlin", CONTACT_FAULT_ZONE, 8 },
		{ "email,consent", "a@b.de,maybe", CONTACT_FAULT_CONSENT, 8 },
		{ "email,consent_date", "a@b.de,1.2.26", CONTACT_FAULT_DATE,
		  8 },
		{ "email,consent_date", "a@b.de,2030-01-01",
		  CONTACT_FAULT_FUTURE, 8 },
		{ "email,attributes", "a@b.de,[1]", CONTACT_FAULT_ATTRIBUTES,
		  8 },
		{ "email,attributes,x", "a@b.de,\"{\"\"y\"\":1}\",2",
		  CONTACT_FAULT_ATTRIBUTES_TWICE, 8 },
		{ "email,x", "a@b.de,1,2", CONTACT_FAULT_NAMELESS, 10 },
		{ "email,,x", "a@b.de,1,2", CONTACT_FAULT_NAMELESS, 8 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(samples); i++) {
		read_table(arena_printf(arena, "%s\n\n%s\n", samples[i].header,
					samples[i].row));
		if (!rows[0].bad || rows[0].finding_count != 1 ||
		    rows[0].findings[0].fault != samples[i].fault)
			fail_msg("\"%s\"", samples[i].row);
		assert_int_equal(rows[0].line, 3);
		assert_int_equal(rows[0].findings[0].line, 3);
		assert_int_equal(rows[0].findings[0].column, samples[i].column);
	}
}

/* As csv_next() counts, which says what else is wrong with a table. */
static void
a_place_is_a_line_and_a_character(void **state)
{
	(void)state;
	read_table("company,email,country\n"
		   "\"Zo\xc3\xab\nLee\",a@b.de,Germany\n"
		   "\xc3\xa4\xc3\xb6,\"nobody\",DE\n");
	assert_int_equal(rows[0].finding_count, 2);
	assert_int_equal(rows[0].findings[0].line, 2);
	assert_int_equal(rows[0].findings[0].column, 1);
	assert_int_equal(rows[0].findings[1].line, 3);
	assert_int_equal(rows[0].findings[1].column, 13);
	assert_int_equal(rows[1].findings[0].line, 4);
	assert_int_equal(rows[1].findings[0].column, 4);
}

static void
values_that_are_too_long_are_refused(void **state)
{
	struct str full = { arena_alloc(arena, IMPORT_TEXT_MAX),
			    IMPORT_TEXT_MAX };
	struct buf wide = { 0 };

	(void)state;
	memset((void *)(uintptr_t)full.p, 'x', full.len);
	read_table(arena_printf(arena,
				"email,company,tags\na@b.de,%.*s,\n"
				"a@b.de,%.*sx,\na@b.de,,%.*sx\n"
				"a@b.de,,%.*s\n",
				STR_ARG(full), STR_ARG(full), STR_ARG(full),
				STR_ARG(full)));
	assert_false(rows[0].bad);
	assert_int_equal(rows[1].findings[0].fault, CONTACT_FAULT_LONG);
	assert_int_equal(rows[2].findings[0].fault, CONTACT_FAULT_LONG);
	assert_int_equal(rows[3].findings[0].fault, CONTACT_FAULT_TAGS);
	buf_cat(&wide, "email");
	for (int i = 0; i < 20; i++)
		buf_printf(&wide, ",x%d", i);
	buf_cat(&wide, "\na@b.de");
	for (int i = 0; i < 20; i++)
		buf_printf(&wide, ",%.*s", STR_ARG(full));
	read_table(buf_cstr(&wide));
	assert_int_equal(rows[0].findings[0].fault,
			 CONTACT_FAULT_ATTRIBUTES_LONG);
	buf_fini(&wide);
}

static void
all_faults_of_a_row_are_said_from_left_to_right(void **state)
{
	(void)state;
	read_table("phone,email,country,language\nx,y,z,d\n");
	assert_int_equal(rows[0].finding_count, 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(rows[0].findings[i].column, 2 * i + 1);
	assert_str(rows[0].findings[1].name, "email");
}

static void
some_faults_cost_only_their_value(void **state)
{
	(void)state;
	read_table("email,phone,consent,consent_basis\n"
		   "a@b.de,030 123456,yes,\n"
		   "a@b.de,,withdrawn,\n");
	assert_false(rows[0].bad);
	assert_int_equal(rows[0].finding_count, 2);
	assert_int_equal(rows[0].findings[0].fault,
			 CONTACT_FAULT_PHONE_NATIONAL);
	assert_int_equal(rows[0].findings[1].fault, CONTACT_FAULT_NO_BASIS);
	assert_int_equal(rows[0].findings[1].column, 19);
	assert_str(rows[0].contact.phone, "");
	assert_false(rows[0].says_consent);
	assert_true(rows[1].says_consent);
	assert_int_equal(rows[1].contact.consent, CONSENT_WITHDRAWN);
	assert_ok(read_with("email,phone\na@b.de,030 123456\n", "49", false),
		  err);
	assert_int_equal(rows[0].finding_count, 0);
	assert_str(rows[0].contact.phone, "+4930123456");
}

static void
rows_may_be_shorter_or_end_in_empty_fields(void **state)
{
	(void)state;
	read_table("email,given_name,x\na@b.de\na@b.de,Ann,1,,\n");
	assert_int_equal(row_count, 2);
	assert_false(rows[0].bad);
	assert_str(rows[0].contact.given_name, "");
	assert_str(rows[0].contact.attributes, "{}");
	assert_false(rows[1].bad);
	assert_str(rows[1].contact.given_name, "Ann");
}

static void
a_guard_is_taken_off_unless_there_is_none(void **state)
{
	(void)state;
	read_table("email,given_name,'=x\na@b.de,'=Ann,''-1\n");
	assert_str(rows[0].contact.given_name, "=Ann");
	assert_str(rows[0].contact.attributes, "{\"=x\":\"'-1\"}");
	assert_ok(read_with("email,given_name\na@b.de,'=Ann\n", "", true), err);
	assert_str(rows[0].contact.given_name, "'=Ann");
}

static void
no_finding_quotes_what_it_found(void **state)
{
	(void)state;
	read_table("email,phone\nann lee@secret.example,ann@secret.example\n");
	assert_int_equal(rows[0].finding_count, 2);
	for (size_t i = 0; i < rows[0].finding_count; i++)
		assert_null(strstr(
		    contact_fault_text(rows[0].findings[i].fault), "secret"));
}

/* ---- over what is stored ---- */

static void
a_column_the_file_lacks_stays(void **state)
{
	const struct contact stored = {
		.address = STR("a@b.de"),
		.given_name = STR("Ann"),
		.phone = STR("+493012345"),
		.attributes = STR("{\"x\":\"1\"}"),
		.consent = CONSENT_GIVEN,
		.consent_basis = STR("customer"),
		.consent_ms = 7,
	};
	struct contact c;

	(void)state;
	read_table("email,given_name\na@b.de,\n");
	c = import_row_over(&header, &rows[0], &stored);
	assert_str(c.given_name, "");
	assert_str(c.phone, "+493012345");
	assert_str(c.attributes, "{\"x\":\"1\"}");
	assert_int_equal(c.consent, CONSENT_GIVEN);
	assert_str(c.consent_basis, "customer");
	read_table("email,y\na@b.de,2\n");
	c = import_row_over(&header, &rows[0], &stored);
	assert_str(c.attributes, "{\"y\":\"2\"}");
	assert_str(c.given_name, "Ann");
	assert_false(import_same(&c, &stored));
}

static void
a_value_that_cannot_be_read_leaves_what_is_stored(void **state)
{
	const struct contact stored = {
		.address = STR("a@b.de"),
		.phone = STR("+493012345"),
	};
	struct contact c;

	(void)state;
	read_table("email,phone\na@b.de,030 54321\na@b.de,\n");
	c = import_row_over(&header, &rows[0], &stored);
	assert_str(c.phone, "+493012345");
	c = import_row_over(&header, &rows[1], &stored);
	assert_str(c.phone, "");
}

/* ---- who is in the file ---- */

static struct import_row
row_of(int64_t line, uint8_t person, enum consent_state consent, int64_t ms)
{
	struct import_row row = { .line = line };

	row.contact.person.bytes[0] = person;
	row.contact.person.bytes[12] = 1;
	row.contact.consent = consent;
	row.contact.consent_ms = ms;
	row.says_consent = ms >= 0;
	return row;
}

static void
the_last_row_counts_and_the_strongest_consent(void **state)
{
	const struct import_row all[] = {
		row_of(2, 1, CONSENT_GIVEN, 5),
		row_of(3, 2, CONSENT_NONE, -1),
		row_of(4, 1, CONSENT_WITHDRAWN, 0),
		row_of(5, 1, CONSENT_GIVEN, 9),
		row_of(6, 2, CONSENT_GIVEN, 9),
		row_of(7, 2, CONSENT_GIVEN, 9),
		row_of(8, 2, CONSENT_GIVEN, 8),
	};
	const struct import_row stranger = row_of(9, 3, CONSENT_NONE, 0);
	struct import_seen seen = { 0 };
	const struct import_person *p;

	(void)state;
	assert_null(import_seen_find(&seen, &stranger.contact.person));
	for (size_t i = 0; i < COUNT_OF(all); i++)
		import_seen_add(&seen, &all[i], (int64_t)i * 10);
	p = import_seen_find(&seen, &all[0].contact.person);
	assert_int_equal(p->line, 5);
	assert_int_equal(p->consent_line, 4);
	assert_int_equal(p->at, 30);
	assert_int_equal(p->consent_at, 20);
	p = import_seen_find(&seen, &all[1].contact.person);
	assert_int_equal(p->line, 8);
	assert_int_equal(p->consent_line, 7);
	assert_int_equal(seen.count, 2);
	assert_null(import_seen_find(&seen, &stranger.contact.person));
	import_seen_clear(&seen);
	assert_int_equal(seen.count, 0);
	assert_null(import_seen_find(&seen, &all[0].contact.person));
	import_seen_fini(&seen);
}

static void
many_persons_are_all_found_again(void **state)
{
	enum { MANY = 10000 };
	struct import_seen seen = { 0 };

	(void)state;
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < MANY; i++) {
			struct import_row row =
			    row_of(i + 1 + pass * MANY, 0, CONSENT_NONE, -1);

			memcpy(row.contact.person.bytes, &i, sizeof(i));
			import_seen_add(&seen, &row, i);
			assert_int_equal(
			    import_seen_find(&seen, &row.contact.person)->line,
			    row.line);
		}
	assert_int_equal(seen.count, MANY);
	import_seen_sort(&seen);
	for (int i = 1; i < MANY; i++)
		assert_true(memcmp(&seen.places[i - 1].person,
				   &seen.places[i].person,
				   sizeof(struct person_hash)) < 0);
	import_seen_fini(&seen);
}

/* ---- as bytes ---- */

static void
a_row_comes_out_as_it_went_in(void **state)
{
	const struct import_row row = {
		.line = 7,
		.nth = 5,
		.unread = 12,
		.says_consent = true,
		.contact = { .person.bytes = { 1, 2, 3 },
			     .address = STR("ann@example.org"),
			     .given_name = STR("Ann"),
			     .attributes = STR("{\"a\":\"b\"}"),
			     .consent = CONSENT_GIVEN,
			     .consent_basis = STR("customer"),
			     .consent_ms = 99 },
	};
	struct import_row got;
	struct buf b = { 0 };

	(void)state;
	import_row_pack(&row, &b);
	import_row_unpack(buf_view(&b), &got);
	assert_true(import_same(&row.contact, &got.contact));
	assert_memory_equal(&row.contact.person, &got.contact.person,
			    sizeof(struct person_hash));
	assert_int_equal(got.line, 7);
	assert_int_equal(got.nth, 5);
	assert_int_equal(got.unread, 12);
	assert_true(got.says_consent);
	buf_fini(&b);
}

static void
what_is_told_comes_out_as_it_went_in(void **state)
{
	struct contact_finding findings[] = {
		{ CONTACT_FAULT_PHONE, 3, 9, STR("Phone") },
		{ CONTACT_FAULT_NAMELESS, 4, 1, { 0 } },
	};
	const struct import_row row = {
		.line = 3,
		.address = { 3, 2 },
		.bad = true,
		.findings = findings,
		.finding_count = 2,
	};
	struct import_row got;
	struct buf b = { 0 };

	(void)state;
	import_note_pack(&row, &b);
	import_note_unpack(buf_view(&b), arena, &got);
	assert_int_equal(got.line, 3);
	assert_int_equal(got.address.line, 3);
	assert_int_equal(got.address.column, 2);
	assert_true(got.bad);
	assert_int_equal(got.finding_count, 2);
	assert_int_equal(got.findings[0].fault, CONTACT_FAULT_PHONE);
	assert_int_equal(got.findings[0].column, 9);
	assert_str(got.findings[0].name, "Phone");
	assert_int_equal(got.findings[1].line, 4);
	assert_int_equal(got.findings[1].name.len, 0);
	buf_fini(&b);
}

static int
setup(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(columns_go_by_many_names),
		TEST(a_header_that_leaves_doubt_is_refused),
		TEST(a_row_comes_out_in_its_normal_form),
		TEST(each_bad_row_says_where_and_why),
		TEST(a_place_is_a_line_and_a_character),
		TEST(values_that_are_too_long_are_refused),
		TEST(all_faults_of_a_row_are_said_from_left_to_right),
		TEST(some_faults_cost_only_their_value),
		TEST(rows_may_be_shorter_or_end_in_empty_fields),
		TEST(a_guard_is_taken_off_unless_there_is_none),
		TEST(no_finding_quotes_what_it_found),
		TEST(a_column_the_file_lacks_stays),
		TEST(a_value_that_cannot_be_read_leaves_what_is_stored),
		TEST(the_last_row_counts_and_the_strongest_consent),
		TEST(many_persons_are_all_found_again),
		TEST(a_row_comes_out_as_it_went_in),
		TEST(what_is_told_comes_out_as_it_went_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
