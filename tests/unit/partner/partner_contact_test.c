/*
 * Erasing, held against the marks in the schema: what a column that is marked
 * personal held is nowhere in the row afterwards.
 */
#include "partner/partner.h"

#include "partner_store.h"

#define CANARY "canary"

static char url[TEST_URL_BYTES];

static int
open_store(void **state)
{
	(void)state;
	test_sqlite_url(url);
	return open_partner_store(url) < 0 ? -1 : put_two_partners();
}

static int
close_store(void **state)
{
	(void)state;
	close_partner_store();
	test_store_remove(url);
	return 0;
}

static struct str
ddl_of(const char *table)
{
	struct db_rows rows;
	struct str sql;

	assert_ok(db_query(reader, &rows,
			   "SELECT sql FROM sqlite_master WHERE name = ?1",
			   DB_ARGS(DB_TEXT(str_of(table))), &err),
		  err);
	assert_int_equal(db_next(&rows, &err), 1);
	sql = str_copy(arena, db_text(&rows, 0));
	db_rows_end(&rows);
	return sql;
}

/* The marked columns, with a space before each. */
static struct str
personal_columns(const char *table)
{
	struct str ddl = ddl_of(table);
	struct buf names = { 0 };
	struct str line, name;

	while (str_split(&ddl, '\n', &line)) {
		if (!str_ends(line, STR("-- personal")) ||
		    !str_word(&line, &name))
			continue;
		buf_char(&names, ' ');
		buf_str(&names, name);
	}
	name = str_copy(arena, buf_view(&names));
	buf_fini(&names);
	return name;
}

static void
marks_survive_the_migration(void **state)
{
	(void)state;
	assert_str(personal_columns("contact"),
		   " address given_name family_name company phone language"
		   " country time_zone tags attributes consent_basis"
		   " consent_source");
	assert_str(personal_columns("partner"),
		   " phone owner_name owner_email lead_email attributes");
	assert_str(personal_columns("partner_profile"), " value");
	assert_str(personal_columns("sender"), " reply_to");
	assert_str(personal_columns("suppression"), "");
}

static struct contact
canary_contact(void)
{
	struct contact c = some_contact(acme_id, CANARY "@example.org");

	c.given_name = c.family_name = c.company = c.phone = c.language =
	    c.country = c.time_zone = c.tags = c.consent_basis =
		c.consent_source = STR("the " CANARY);
	c.attributes = STR("{\"x\":\"" CANARY "\"}");
	return c;
}

/* How many columns of the one contact row hold the canary. */
static int
canaries(void)
{
	struct db_rows rows;
	int found = 0;

	assert_ok(
	    db_query(reader, &rows, "SELECT * FROM contact", DB_NO_ARGS, &err),
	    err);
	assert_int_equal(db_next(&rows, &err), 1);
	for (int i = 0; i < rows.columns; i++)
		if (str_find(db_text(&rows, i), STR(CANARY)) >= 0)
			found++;
	assert_int_equal(db_next(&rows, &err), 0);
	db_rows_end(&rows);
	return found;
}

static void
erasing_leaves_nothing_personal_in_the_row(void **state)
{
	struct contact c = canary_contact();
	struct str marked = personal_columns("contact");
	struct str word;
	int count = 0;

	(void)state;
	while (str_word(&marked, &word))
		count++;
	assert_int_equal(put_contact(&c), 1);
	assert_int_equal(canaries(), count);
	assert_int_equal(erase_contact(&c), 1);
	assert_int_equal(canaries(), 0);
}

static void
erasing_keeps_id_hash_and_withdrawal(void **state)
{
	struct contact c = canary_contact();
	struct consent withdraw = { &c, CONSENT_WITHDRAWN };
	struct contact got = { 0 };

	(void)state;
	assert_int_equal(put_contact(&c), 1);
	assert_ok(consent(&withdraw), err);
	assert_int_equal(erase_contact(&c), 1);
	assert_int_equal(
	    contact_find(reader, arena, acme_id, &c.person, &got, &err), 1);
	assert_true(got.id == c.id);
	assert_memory_equal(&got.person, &c.person, sizeof(c.person));
	assert_int_equal(got.consent, CONSENT_WITHDRAWN);
	assert_str(got.attributes, "{}");
	assert_int_equal(canaries(), 0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_store, close_store)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(marks_survive_the_migration),
		TEST(erasing_leaves_nothing_personal_in_the_row),
		TEST(erasing_keeps_id_hash_and_withdrawal),
	};

	crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
