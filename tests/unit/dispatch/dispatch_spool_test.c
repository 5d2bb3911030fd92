/*
 * What the spool leaves in its directory.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/crypto.h"
#include "base/encode.h"
#include "base/js.h"
#include "wire.h"

/* 2027-01-15 */
#define DAY "2027-01-15"

static char dir[TEST_URL_BYTES];
static char transport[TEST_URL_BYTES + 8];

static int
setup(void **state)
{
	wire_setup(state);
	snprintf(dir, sizeof(dir), "spool.XXXXXX");
	check(mkdtemp(dir));
	snprintf(transport, sizeof(transport), "spool:%s", dir);
	return 0;
}

static int
teardown(void **state)
{
	wire_teardown(state);
	test_tree_remove(dir);
	return 0;
}

static void
open_spool(int workers)
{
	struct dispatch_config config = wire_config();

	config.transport = transport;
	config.worker_count = workers;
	assert_ok(dispatch_open(&sender, &config, &err), err);
}

static struct str
contents(const char *name)
{
	FILE *f = fopen(arena_printf(arena, "%s/%s", dir, name), "rb");
	char *p = arena_alloc(arena, 1 << 16);
	size_t n;

	assert_non_null(f);
	n = fread(p, 1, 1 << 16, f);
	fclose(f);
	return (struct str){ p, n };
}

static const char *
name_of(const struct outbox_id *id, const char *suffix)
{
	struct buf b = { 0 };
	const char *name;

	encode_base32(
	    &b, (struct str){ (const char *)id->bytes, sizeof(id->bytes) });
	name = arena_printf(arena, DAY "/%s-1.%s", buf_cstr(&b), suffix);
	buf_fini(&b);
	return name;
}

static int
lines(struct str text)
{
	struct str line;
	int count = 0;

	while (str_split(&text, '\n', &line))
		count += line.len > 0;
	return count;
}

static void
mail_becomes_a_file_and_a_line(void **state)
{
	struct outbox_id id;
	struct str at, file, to, hash;
	struct buf hex = { 0 };
	uint8_t sha256[32];
	struct str bytes;
	struct js *js;
	int64_t n;

	(void)state;
	id = sending_put_one(&sending, 0, 0, "invite", "email", NOW_MS);
	open_spool(1);
	assert_int_equal(dispatch_once(sender, &err), 1);
	assert_int_equal(state_of(&id), OUTBOX_SENT);
	bytes = contents(name_of(&id, "eml"));
	assert_true(str_starts(bytes, STR("Message-ID: <")));

	assert_ok(js_parse(str_trim(contents("index.jsonl")), &js, &err), err);
	assert_ok(js_get_str(js, "delivery", &at, &err), err);
	encode_hex(&hex,
		   (struct str){ (const char *)id.bytes, sizeof(id.bytes) });
	assert_str(at, buf_cstr(&hex));
	assert_ok(js_get_str(js, "file", &file, &err), err);
	assert_str(file, name_of(&id, "eml"));
	assert_ok(js_get_str(js, "to", &to, &err), err);
	assert_true(str_ends(to, STR("***@example.org")));
	assert_ok(js_get_int(js, "at", &n, &err), err);
	assert_int_equal(n, NOW_MS);
	assert_ok(js_get_int(js, "attempt", &n, &err), err);
	assert_int_equal(n, 1);
	assert_ok(js_get_str(js, "sha256", &hash, &err), err);
	crypto_sha256(bytes, sha256);
	buf_clear(&hex);
	encode_hex(&hex, (struct str){ (const char *)sha256, 32 });
	assert_str(hash, buf_cstr(&hex));
	js_free(&js);
	buf_fini(&hex);
}

static void
posts_leave_by_the_same_spool_as_json(void **state)
{
	struct outbox_id mail;
	struct outbox_id post;

	(void)state;
	mail = sending_put_one(&sending, 0, 0, "invite", "email", NOW_MS);
	post = sending_put_one(&sending, 0, 0, "teaser", "linkedin", NOW_MS);
	open_spool(1);
	assert_int_equal(dispatch_once(sender, &err), 2);
	assert_true(contents(name_of(&mail, "eml")).len > 0);
	assert_true(contents(name_of(&post, "json")).len > 0);
}

static void
nothing_is_left_in_tmp_and_all_is_private(void **state)
{
	struct outbox_id id;
	struct stat st;

	(void)state;
	id = sending_put_one(&sending, 0, 0, "invite", "email", NOW_MS);
	sending_put(&sending, "other", NOW_MS);
	open_spool(4);
	assert_int_equal(dispatch_once(sender, &err), 21);
	assert_int_equal(lines(contents("index.jsonl")), 21);
	assert_int_equal(rmdir(arena_printf(arena, "%s/tmp", dir)), 0);
	assert_int_equal(
	    stat(arena_printf(arena, "%s/%s", dir, name_of(&id, "eml")), &st),
	    0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(sending_is_sound(&sending));
}

/* ---- after a kill ---- */

/* As a sender leaves it that is killed before the file has its name. */
static const char *
unname(const char *name, const char *nonce)
{
	const char *tmp = arena_printf(arena, "%s/tmp/%s.%s.0", dir,
				       strchr(name, '/') + 1, nonce);

	assert_int_equal(rename(arena_printf(arena, "%s/%s", dir, name), tmp),
			 0);
	return tmp;
}

static void
leave(const char *tmp_name)
{
	FILE *f = fopen(arena_printf(arena, "%s/tmp/%s", dir, tmp_name), "wb");

	assert_non_null(f);
	fputs("To: ann@example.org\r\n", f);
	fclose(f);
}

static bool
is_there(const char *name)
{
	return access(arena_printf(arena, "%s/%s", dir, name), F_OK) == 0;
}

static const char *
send_one(void)
{
	struct outbox_id id =
	    sending_put_one(&sending, 0, 0, "invite", "email", NOW_MS);

	open_spool(1);
	assert_int_equal(dispatch_once(sender, &err), 1);
	dispatch_close(&sender);
	return name_of(&id, "eml");
}

static void
what_is_in_the_index_gets_its_name(void **state)
{
	const char *name = send_one();
	struct str before = contents(name);
	const char *other =
	    arena_printf(arena, "%s.1f.9", strchr(name, '/') + 1);

	(void)state;
	unname(name, "2a");
	leave(other);
	open_spool(1);
	assert_true(str_eq(contents(name), before));
	assert_int_equal(rmdir(arena_printf(arena, "%s/tmp", dir)), 0);
}

static void
what_is_not_in_the_index_goes(void **state)
{
	const char *name = send_one();

	(void)state;
	leave("ABC-1.eml.1f.0");
	leave(arena_printf(arena, "%s.1f.9", strchr(name, '/') + 1));
	leave("ABC-1.json.1f.1");
	leave("notes.eml");
	leave("ABC-1.eml.1f.x");
	open_spool(1);
	assert_false(is_there("tmp/ABC-1.eml.1f.0"));
	assert_false(is_there("tmp/ABC-1.json.1f.1"));
	assert_true(is_there("tmp/notes.eml"));
	assert_true(is_there("tmp/ABC-1.eml.1f.x"));
	assert_true(is_there(name));
	assert_int_equal(unlink(arena_printf(arena, "%s/tmp/notes.eml", dir)),
			 0);
	assert_int_equal(
	    unlink(arena_printf(arena, "%s/tmp/ABC-1.eml.1f.x", dir)), 0);
	assert_int_equal(rmdir(arena_printf(arena, "%s/tmp", dir)), 0);
}

static void
nothing_is_touched_while_another_sender_lives(void **state)
{
	void *other;

	(void)state;
	assert_ok(spool_transport.open(&other, transport, &err), err);
	leave("ABC-1.eml.1f.0");
	open_spool(1);
	assert_true(is_there("tmp/ABC-1.eml.1f.0"));
	dispatch_close(&sender);
	spool_transport.close(other);
	assert_ok(spool_transport.open(&other, transport, &err), err);
	assert_false(is_there("tmp/ABC-1.eml.1f.0"));
	spool_transport.close(other);
}

static void
a_line_that_was_cut_spoils_no_other(void **state)
{
	const char *path = arena_printf(arena, "%s/index.jsonl", dir);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	(void)state;
	assert_int_equal(write(fd, "{\"at\":1", 7), 7);
	close(fd);
	sending_put_one(&sending, 0, 0, "invite", "email", NOW_MS);
	open_spool(1);
	assert_int_equal(dispatch_once(sender, &err), 1);
	assert_true(str_starts(contents("index.jsonl"),
			       STR("{\"at\":1\n{\"at\":1800000000000,")));
}

static void
a_spool_that_cannot_write_defers_and_marks_nothing(void **state)
{
	struct outbox_id id;
	struct outbox_delivery d;

	(void)state;
	id = sending_put_one(&sending, 0, 0, "invite", "email", NOW_MS);
	open_spool(1);
	assert_int_equal(rmdir(arena_printf(arena, "%s/tmp", dir)), 0);
	assert_true(dispatch_once(sender, &err) < 0);
	d = sending_find(&sending, arena, &id);
	assert_int_equal(d.state, OUTBOX_READY);
	assert_int_equal(d.attempt, 0);
	assert_int_equal(d.deferrals, 1);
	assert_int_equal(contents("index.jsonl").len, 0);
}

static void
a_directory_that_cannot_be_is_a_wrong_setting(void **state)
{
	struct dispatch_config config = wire_config();

	(void)state;
	config.transport = "spool:";
	assert_fails(dispatch_open(&sender, &config, &err), err, ERROR_CONFIG,
		     "spool:DIR");
	config.transport = "spool:no/such/parent";
	assert_fails(dispatch_open(&sender, &config, &err), err, ERROR_CONFIG,
		     "no/such/parent");
}

#define SPOOL_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SPOOL_TEST(mail_becomes_a_file_and_a_line),
		SPOOL_TEST(posts_leave_by_the_same_spool_as_json),
		SPOOL_TEST(nothing_is_left_in_tmp_and_all_is_private),
		SPOOL_TEST(what_is_in_the_index_gets_its_name),
		SPOOL_TEST(what_is_not_in_the_index_goes),
		SPOOL_TEST(nothing_is_touched_while_another_sender_lives),
		SPOOL_TEST(a_line_that_was_cut_spoils_no_other),
		SPOOL_TEST(a_spool_that_cannot_write_defers_and_marks_nothing),
		SPOOL_TEST(a_directory_that_cannot_be_is_a_wrong_setting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
