/*
 * What event.h promises of the journal and of keys, on every store there is.
 * Each case begins with an empty journal.
 */
#include "event/event.h"

#include <pthread.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "store.h"
#include "test.h"

enum { THREADS = 6, EACH = 300 };

static const uint8_t master[DB_MASTER_BYTES] =
    "the master key of this test....";

/* The store of the case that runs, and where it is. */
static const char *url;
static struct db_store *store;
static struct db *reader;
static struct arena *arena;
static struct error err;

static int
open_store(void **state)
{
	const struct db_schema *const schemas[] = { &event_schema };

	(void)state;
	err = (struct error){ 0 };
	arena = arena_new();
	if (test_store_begin(&store, url, schemas, COUNT_OF(schemas), &err) <
		0 ||
	    db_reader(store, &reader, &err) < 0) {
		printf("%s: %s\n", url, err.text);
		return -1;
	}
	return 0;
}

static int
close_store(void **state)
{
	(void)state;
	db_store_close(&store);
	arena_free(&arena);
	return 0;
}

/* ---- helpers ---- */

static int
append(struct db *db, void *arg, struct error *e)
{
	return event_append(db, arg, e);
}

static int
append_then_fail(struct db *db, void *arg, struct error *e)
{
	if (event_append(db, arg, e) < 0)
		return -(int)e->code;
	return error_set(e, ERROR_LIMIT, "enough");
}

static void
put(struct event event)
{
	assert_ok(db_commit(store, append, &event, &err), err);
}

/* Five rows in one lane: kinds 0 .. 4, the second and fourth with payload. */
static void
put_five(void)
{
	for (int i = 0; i < 5; i++)
		put((struct event){
		    .kind = (enum event_kind)i,
		    .at_ms = 1000 + i,
		    .partner_id = i,
		    .payload = i % 2 ? STR("{\"name\":\"Zo\xc3\xab\"}")
				     : (struct str){ 0 },
		});
}

static int
run_sql(struct db *db, void *arg, struct error *e)
{
	return (int)db_run(db, arg, DB_NO_ARGS, e);
}

static void
do_sql(const char *sql)
{
	assert_ok(db_commit(store, run_sql, (void *)(uintptr_t)sql, &err), err);
}

/* The statement changes one row. */
static void
tamper(const char *sql)
{
	int changed = db_commit(store, run_sql, (void *)(uintptr_t)sql, &err);

	assert_ok(changed, err);
	assert_int_equal(changed, 1);
}

static int
list(struct event_filter filter, struct event_row **rows)
{
	int count;

	if (!filter.limit)
		filter.limit = 100;
	count = event_list(reader, arena, &filter, rows, &err);
	assert_ok(count, err);
	return count;
}

static int
count(struct event_filter filter)
{
	struct event_row *rows;

	return list(filter, &rows);
}

static const struct event_filter all = { .partner_id = -1 };

/* ---- cases: the chain ---- */

static void
an_empty_journal_is_right(void **state)
{
	(void)state;
	assert_int_equal(event_verify(reader, &err), 0);
	assert_int_equal(count(all), 0);
}

static void
an_event_comes_back_as_it_went(void **state)
{
	const struct event went = {
		.kind = EVENT_CLICKED,
		.at_ms = 1767225600123,
		.partner_id = INT64_MAX,
		.activation_id = 42,
		.delivery = STR("\0sixteen bytes\xff\0"),
		.payload = STR("{\"link\":3}"),
	};
	struct event_row *rows;

	(void)state;
	put(went);
	put((struct event){ .kind = EVENT_APPLIED });
	assert_int_equal(list(all, &rows), 2);
	assert_true(rows[0].lane >= 1);
	assert_int_equal(rows[0].seq, 1);
	assert_int_equal(rows[0].event.kind, went.kind);
	assert_true(rows[0].event.at_ms == went.at_ms);
	assert_true(rows[0].event.partner_id == went.partner_id);
	assert_int_equal(rows[0].event.activation_id, 42);
	assert_true(str_eq(rows[0].event.delivery, went.delivery));
	assert_str(rows[0].event.payload, "{\"link\":3}");
	assert_int_equal(rows[1].seq, 2);
	assert_int_equal(rows[1].event.activation_id, 0);
	assert_int_equal(rows[1].event.delivery.len, 0);
	assert_int_equal(rows[1].event.payload.len, 0);
	assert_int_equal(event_verify(reader, &err), 2);
}

static void
a_unit_that_is_undone_leaves_no_gap(void **state)
{
	struct event e = { .kind = EVENT_SENT };

	(void)state;
	put(e);
	assert_fails(db_commit(store, append_then_fail, &e, &err), err,
		     ERROR_LIMIT, "enough");
	put(e);
	assert_int_equal(event_verify(reader, &err), 2);
}

static int
append_three(struct db *db, void *arg, struct error *e)
{
	for (int i = 0; i < 3; i++)
		if (event_append(db, arg, e) < 0)
			return -(int)e->code;
	return 0;
}

static void
a_unit_may_append_several(void **state)
{
	struct event e = { .kind = EVENT_SENT, .payload = STR("{}") };

	(void)state;
	assert_ok(db_commit(store, append_three, &e, &err), err);
	assert_int_equal(event_verify(reader, &err), 3);
}

struct writer {
	struct event event;
	int failures;
};

static void *
write_many(void *arg)
{
	struct writer *w = arg;
	struct error e;

	for (int i = 0; i < EACH; i++) {
		if (i % 3)
			db_submit(store, append, &w->event, NULL);
		else if (db_commit(store, append, &w->event, &e) < 0)
			w->failures++;
	}
	db_drain(store);
	return NULL;
}

/* More than one page of the walk, on PostgreSQL in several lanes. */
static void
rows_of_several_threads_are_chained(void **state)
{
	struct writer writers[THREADS];
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++) {
		writers[i] = (struct writer){
			.event = { .kind = EVENT_SENT,
				   .partner_id = i,
				   .payload = i % 2 ? STR("{\"n\":1}")
						    : (struct str){ 0 } },
		};
		pthread_create(&threads[i], NULL, write_many, &writers[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(writers[i].failures, 0);
	}
	assert_int_equal(event_verify(reader, &err), THREADS * EACH);
}

static void
a_lane_goes_on_when_its_store_is_opened_again(void **state)
{
	(void)state;
	put_five();
	db_store_close(&store);
	assert_ok(db_store_open(&store, url, &err), err);
	assert_ok(db_reader(store, &reader, &err), err);
	put_five();
	assert_int_equal(event_verify(reader, &err), 10);
}

/* ---- cases: what is done to the rows behind our back ---- */

/* The lane is not said: a server may still hold the number of the last case. */
static void
assert_wrong(const char *what)
{
	assert_fails(event_verify(reader, &err), err, ERROR_INVALID,
		     "event lane ");
	assert_non_null(strstr(err.text, what));
}

static void
each_changed_field_is_found(void **state)
{
	static const char *const changes[] = {
		"UPDATE event SET at_ms = at_ms + 1 WHERE seq = 3",
		"UPDATE event SET kind = kind + 1 WHERE seq = 3",
		"UPDATE event SET partner_id = 77 WHERE seq = 3",
		"UPDATE event SET activation_id = 77 WHERE seq = 3",
		"UPDATE event SET delivery = hash_of_16 FROM"
		" (SELECT salt AS hash_of_16 FROM event_data"
		" WHERE seq = 2) AS other WHERE seq = 3",
		"UPDATE event SET data_hash = hash WHERE seq = 3",
		"UPDATE event SET hash = other FROM"
		" (SELECT hash AS other FROM event"
		" WHERE seq = 1) AS o WHERE seq = 3",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		do_sql("DELETE FROM event_data");
		do_sql("DELETE FROM event");
		do_sql("DELETE FROM event_lane");
		put_five();
		assert_int_equal(event_verify(reader, &err), 5);
		tamper(changes[i]);
		assert_wrong("seq 3: the row is not what was chained");
	}
}

static void
a_removed_row_is_found(void **state)
{
	(void)state;
	put_five();
	tamper("DELETE FROM event WHERE seq = 3");
	assert_wrong("seq 3: missing, found seq 4");
}

static void
a_removed_first_row_is_found(void **state)
{
	(void)state;
	put_five();
	tamper("DELETE FROM event WHERE seq = 1");
	assert_wrong("seq 1: missing, found seq 2");
}

static void
a_removed_last_row_is_found(void **state)
{
	(void)state;
	put_five();
	tamper("DELETE FROM event WHERE seq = 5");
	assert_wrong("seq 5: missing, the lane goes to seq 5");
	put((struct event){ .kind = EVENT_SENT });
	assert_wrong("seq 5: missing, found seq 6");
}

static void
a_removed_lane_is_found(void **state)
{
	(void)state;
	put((struct event){ .kind = EVENT_SENT });
	tamper("DELETE FROM event");
	assert_wrong("seq 1: missing, the lane goes to seq 1");
}

/* Between two others, and with hashes that are right by themselves. */
static void
a_removed_lane_among_others_is_found(void **state)
{
	(void)state;
	put_five();
	tamper("INSERT INTO event_lane(lane, seq, hash)"
	       " SELECT 900, 7, hash FROM event WHERE seq = 5");
	assert_wrong("lane 900, seq 1: missing, the lane goes to seq 7");
}

static void
a_lane_that_was_written_anew_is_found(void **state)
{
	(void)state;
	put_five();
	tamper("UPDATE event_lane SET hash ="
	       " (SELECT hash FROM event WHERE seq = 4)");
	assert_wrong("seq 5: the row is not the lane's head");
}

static void
a_lane_without_a_head_is_found(void **state)
{
	(void)state;
	put_five();
	tamper("DELETE FROM event_lane");
	assert_wrong("seq 1: the lane has no head");
}

/* The numbers are put right again; the hashes are not. */
static void
a_row_removed_and_closed_up_is_found(void **state)
{
	(void)state;
	put_five();
	tamper("DELETE FROM event WHERE seq = 3");
	tamper("DELETE FROM event_data WHERE seq = 4");
	tamper("UPDATE event SET seq = 3 WHERE seq = 4");
	assert_wrong("seq 3: the row is not what was chained");
}

static void
an_inserted_row_is_found(void **state)
{
	(void)state;
	put_five();
	tamper("INSERT INTO event(lane, seq, at_ms, kind, partner_id, hash)"
	       " SELECT lane, 6, at_ms, kind, partner_id, hash FROM event"
	       " WHERE seq = 5");
	assert_wrong("seq 6: the row is not what was chained");
}

static void
a_row_in_a_lane_of_its_own_is_found(void **state)
{
	(void)state;
	put_five();
	tamper("INSERT INTO event(lane, seq, at_ms, kind, partner_id, hash)"
	       " SELECT 900, 1, at_ms, kind, partner_id, hash FROM event"
	       " WHERE seq = 1");
	assert_wrong("seq 1: the row is not what was chained");
}

static void
rows_that_changed_places_are_found(void **state)
{
	(void)state;
	put_five();
	tamper("UPDATE event SET seq = 99 WHERE seq = 3");
	tamper("UPDATE event SET seq = 3 WHERE seq = 5");
	tamper("UPDATE event SET seq = 5 WHERE seq = 99");
	assert_wrong("seq 3: the row is not what was chained");
}

static void
a_changed_payload_is_found(void **state)
{
	(void)state;
	put_five();
	tamper("UPDATE event_data SET payload = '{\"name\":\"Eve\"}'"
	       " WHERE seq = 2");
	assert_wrong("seq 2: the payload is not what was chained");
}

static void
a_payload_put_under_an_event_without_one_is_found(void **state)
{
	(void)state;
	put_five();
	tamper("INSERT INTO event_data(lane, seq, salt, payload)"
	       " SELECT lane, 3, salt, payload FROM event_data WHERE seq = 2");
	assert_wrong("seq 3: the payload is not what was chained");
}

static void
a_removed_payload_is_found(void **state)
{
	(void)state;
	put_five();
	tamper("DELETE FROM event_data WHERE seq = 2");
	assert_wrong("seq 2: the payload is missing, and was not erased");
}

static void
an_erasure_of_nothing_is_found(void **state)
{
	(void)state;
	put_five();
	tamper("INSERT INTO event_data(lane, seq, salt, payload)"
	       " SELECT lane, 3, substr(salt, 1, 0), '' FROM event_data"
	       " WHERE seq = 2");
	assert_wrong("seq 3: the payload is not what was chained");
}

/* A store of version 3: no heads, and of an erased payload no row. */
static void
a_journal_without_heads_is_given_them(void **state)
{
	const struct db_schema *const schemas[] = { &event_schema };

	(void)state;
	put_five();
	do_sql("DROP TABLE event_lane");
	do_sql("DELETE FROM event_data WHERE seq = 2");
	do_sql("DROP VIEW event_return_view");
	do_sql("DROP TABLE event_return");
	do_sql("UPDATE schema_area SET version = 3 WHERE area = 'event'");
	assert_ok(db_migrate(store, schemas, COUNT_OF(schemas), &err), err);
	assert_int_equal(event_verify(reader, &err), 5);
	put_five();
	assert_int_equal(event_verify(reader, &err), 10);
	tamper("DELETE FROM event WHERE seq = 10");
	assert_wrong("seq 10: missing, the lane goes to seq 10");
}

struct place {
	int64_t lane;
	int64_t seq;
};

static int
erase(struct db *db, void *arg, struct error *e)
{
	const struct place *at = arg;

	return event_erase(db, at->lane, at->seq, e);
}

static void
an_erased_payload_leaves_the_chain_whole(void **state)
{
	struct event_row *rows;
	struct place at;

	(void)state;
	put_five();
	assert_int_equal(list(all, &rows), 5);
	at = (struct place){ rows[1].lane, rows[1].seq };
	assert_int_equal(db_commit(store, erase, &at, &err), 1);
	assert_int_equal(db_commit(store, erase, &at, &err), 0);
	assert_int_equal(event_verify(reader, &err), 5);
	assert_int_equal(list(all, &rows), 5);
	assert_int_equal(rows[1].event.payload.len, 0);
	assert_str(rows[3].event.payload, "{\"name\":\"Zo\xc3\xab\"}");
	put_five();
	assert_int_equal(event_verify(reader, &err), 10);
}

/* ---- cases: listing ---- */

#define ID_A STR("the delivery A..")
#define ID_B STR("the delivery B..")

/* Of two partners, each with two activations, and the vendor. */
static void
put_history(void)
{
	static const enum event_kind kinds[] = { EVENT_SENT, EVENT_OPENED,
						 EVENT_CLICKED };

	put((struct event){ .kind = EVENT_APPLIED });
	for (int partner = 1; partner <= 2; partner++)
		for (int activation = 1; activation <= 2; activation++)
			for (size_t i = 0; i < COUNT_OF(kinds); i++)
				put((struct event){
				    .kind = kinds[i],
				    .partner_id = partner,
				    .activation_id = partner * 10 + activation,
				    .delivery = activation == 1 ? ID_A : ID_B,
				});
}

static void
filters_take_what_they_name(void **state)
{
	static const enum event_kind seen[] = { EVENT_OPENED, EVENT_CLICKED };
	struct event_filter f;

	(void)state;
	put_history();
	assert_int_equal(count(all), 13);
	f = (struct event_filter){ .partner_id = 0 };
	assert_int_equal(count(f), 1);
	f = (struct event_filter){ .partner_id = 2 };
	assert_int_equal(count(f), 6);
	f.activation_id = 21;
	assert_int_equal(count(f), 3);
	f.activation_id = 11;
	assert_int_equal(count(f), 0);
	f.partner_id = -1;
	assert_int_equal(count(f), 3);
	f = (struct event_filter){ .partner_id = -1, .delivery = ID_A };
	assert_int_equal(count(f), 6);
	f.partner_id = 1;
	assert_int_equal(count(f), 3);
	f.activation_id = 12;
	assert_int_equal(count(f), 0);
	f = (struct event_filter){ .partner_id = -1,
				   .kinds = seen,
				   .kind_count = 2 };
	assert_int_equal(count(f), 8);
	f.kind_count = 1;
	assert_int_equal(count(f), 4);
	f.delivery = ID_B;
	assert_int_equal(count(f), 2);
	f.kind_count = 0;
	assert_int_equal(count(f), 0);
}

/* Pages of three, of all rows and of a partner's. */
static void
check_pages(struct event_filter filter, int expected)
{
	struct event_row *rows;
	int seen = 0;
	int got;

	filter.limit = 3;
	while ((got = list(filter, &rows)) > 0) {
		assert_true(got <= 3);
		for (int i = 0; i < got; i++) {
			assert_true(rows[i].lane > filter.after_lane ||
				    rows[i].seq > filter.after_seq);
			filter.after_lane = rows[i].lane;
			filter.after_seq = rows[i].seq;
			seen++;
		}
	}
	assert_int_equal(seen, expected);
}

static void *
put_history_elsewhere(void *arg)
{
	put_history();
	return arg;
}

static void
pages_make_the_whole_in_order(void **state)
{
	struct event_filter f = all;
	pthread_t thread;

	(void)state;
	put_history();
	pthread_create(&thread, NULL, put_history_elsewhere, NULL);
	pthread_join(thread, NULL);
	check_pages(all, 26);
	f.partner_id = 1;
	check_pages(f, 12);
	f.activation_id = 12;
	check_pages(f, 6);
	f = (struct event_filter){ .partner_id = -1, .delivery = ID_B };
	check_pages(f, 12);
}

static void
a_kind_of_a_newer_program_is_left_out(void **state)
{
	(void)state;
	put_five();
	tamper("UPDATE event SET kind = 62 WHERE seq = 5");
	assert_int_equal(count(all), 4);
}

static void
others_read_the_view(void **state)
{
	int64_t n = 0;

	(void)state;
	put_history();
	assert_int_equal(
	    db_query_int(reader, &n,
			 "SELECT count(*) FROM event_view WHERE lane >= 1"
			 " AND seq >= 1 AND at_ms = 0 AND kind >= 0"
			 " AND partner_id > 0 AND activation_id IS NOT NULL"
			 " AND length(delivery) = 16",
			 DB_NO_ARGS, &err),
	    1);
	assert_int_equal(n, 12);
}

/* ---- cases: keys ---- */

static void
tokens_outlive_a_restart_and_a_rotation(void **state)
{
	const struct event_token token = { .kind = EVENT_TOKEN_OPEN,
					   .partner_id = 7,
					   .expires_ms = 5000 };
	struct event_token out = { 0 };
	struct event_keys *keys;
	struct buf first = { 0 };
	struct buf second = { 0 };

	(void)state;
	assert_ok(db_secrets_open(store, master, &err), err);
	assert_ok(event_keys_open(&keys, store, &err), err);
	assert_int_equal(event_keys_newest(keys), 1);
	event_token_make(keys, 1, &token, &first);
	event_keys_free(&keys);
	db_store_close(&store);
	assert_ok(db_store_open(&store, url, &err), err);
	assert_ok(db_secrets_open(store, master, &err), err);
	assert_int_equal(db_secret_rotate(store, "token", &err), 2);
	assert_ok(event_keys_open(&keys, store, &err), err);
	assert_int_equal(event_keys_newest(keys), 2);
	event_token_make(keys, 2, &token, &second);
	assert_false(str_eq(buf_view(&first), buf_view(&second)));
	assert_ok(event_token_read(keys, buf_view(&first), EVENT_TOKEN_OPEN, 0,
				   &out, &err),
		  err);
	assert_int_equal(out.partner_id, 7);
	assert_ok(event_token_read(keys, buf_view(&second), EVENT_TOKEN_OPEN,
				   4999, &out, &err),
		  err);
	event_keys_free(&keys);
	buf_fini(&first);
	buf_fini(&second);
}

/* ---- all of it ---- */

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, open_store, close_store)

static int
run_suite(const char *name)
{
	const struct CMUnitTest tests[] = {
		CASE(an_empty_journal_is_right),
		CASE(an_event_comes_back_as_it_went),
		CASE(a_unit_that_is_undone_leaves_no_gap),
		CASE(a_unit_may_append_several),
		CASE(rows_of_several_threads_are_chained),
		CASE(a_lane_goes_on_when_its_store_is_opened_again),
		CASE(each_changed_field_is_found),
		CASE(a_removed_row_is_found),
		CASE(a_removed_first_row_is_found),
		CASE(a_removed_last_row_is_found),
		CASE(a_removed_lane_is_found),
		CASE(a_removed_lane_among_others_is_found),
		CASE(a_lane_that_was_written_anew_is_found),
		CASE(a_lane_without_a_head_is_found),
		CASE(a_removed_payload_is_found),
		CASE(an_erasure_of_nothing_is_found),
		CASE(a_journal_without_heads_is_given_them),
		CASE(a_row_removed_and_closed_up_is_found),
		CASE(an_inserted_row_is_found),
		CASE(a_row_in_a_lane_of_its_own_is_found),
		CASE(rows_that_changed_places_are_found),
		CASE(a_changed_payload_is_found),
		CASE(a_payload_put_under_an_event_without_one_is_found),
		CASE(an_erased_payload_leaves_the_chain_whole),
		CASE(filters_take_what_they_name),
		CASE(pages_make_the_whole_in_order),
		CASE(a_kind_of_a_newer_program_is_left_out),
		CASE(others_read_the_view),
		CASE(tokens_outlive_a_restart_and_a_rotation),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, run_suite, "event/sqlite",
			    "event/postgresql");
}
