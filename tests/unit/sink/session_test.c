#include "sink_priv.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "sink_child.h"
#include "test.h"

/*
 * A session in this process: all that the sender says is written at once, as
 * if pipelined, then it closes its side. `replies` is what it would read.
 */
struct talk {
	struct sink sink;
	char path[32];
	char replies[4096];
	struct arena *arena;
	struct sink_list list;
};

#define HELLO	"EHLO me\r\nMAIL FROM:<a@b.example>\r\n"
#define TO	"RCPT TO:<c@d.example>\r\n"
#define HEADER	"Message-ID:\r\n <1@b.example>\r\nSubject: x\r\n\r\n"
#define BODY	".dot\r\n"
#define STUFFED HEADER "." BODY ".\r\n"

static int
set_up(void **state)
{
	struct talk *t = calloc(1, sizeof(*t));
	struct error err;
	int fd;

	assert_non_null(t);
	memcpy(t->path, "ledger.XXXXXX", sizeof("ledger.XXXXXX"));
	fd = mkstemp(t->path);
	assert_true(fd >= 0);
	close(fd);
	t->arena = arena_new();
	t->sink.options.chunking = true;
	t->sink.options.stall_ms = 100;
	t->sink.options.weights[SINK_FAULT_OK] = 1;
	t->sink.options.plan = sink_plan_of(SINK_DOT, SINK_FAULT_OK);
	assert_ok(ledger_open(&t->sink.ledger, t->path, &err), err);
	*state = t;
	return 0;
}

static int
tear_down(void **state)
{
	struct talk *t = *state;

	ledger_close(&t->sink.ledger);
	unlink(t->path);
	arena_free(&t->arena);
	free(t);
	return 0;
}

static void
talk(struct talk *t, const char *said)
{
	struct str text = str_of(said);
	int ends[2];
	ssize_t n;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(send(ends[0], text.p, text.len, 0), text.len);
	assert_int_equal(shutdown(ends[0], SHUT_WR), 0);
	sink_session(&t->sink, ends[1]);
	close(ends[1]);
	n = recv(ends[0], t->replies, sizeof(t->replies) - 1, MSG_WAITALL);
	t->replies[n > 0 ? n : 0] = '\0';
	close(ends[0]);
	sink_list_read(&t->list, t->arena, t->path);
}

static void
force(struct talk *t, enum sink_moment at, enum sink_fault fault)
{
	t->sink.options.forced = true;
	t->sink.options.plan = sink_plan_of(at, fault);
}

static void
assert_accepted(struct talk *t, int count, const char *bytes)
{
	const struct sink_entry *entry =
	    sink_list_find(&t->list, STR("1@b.example"));
	uint8_t sha256[CRYPTO_HASH_BYTES];
	struct buf hex = { 0 };

	crypto_sha256(str_of(bytes), sha256);
	encode_hex(&hex, (struct str){ (const char *)sha256, sizeof(sha256) });
	assert_non_null(entry);
	assert_int_equal(entry->accepted, count);
	assert_str(entry->sha256, buf_cstr(&hex));
	assert_str(entry->receivers, "c@d.example");
	assert_false(entry->differs);
	buf_fini(&hex);
}

static void
dots_are_unstuffed_before_the_hash(void **state)
{
	struct talk *t = *state;

	talk(t, HELLO TO "DATA\r\n" STUFFED "QUIT\r\n");
	assert_accepted(t, 1, HEADER BODY);
	assert_non_null(strstr(t->replies, "250 2.0.0 accepted\r\n221"));
}

static void
data_and_bdat_are_the_same_bytes(void **state)
{
	struct talk *t = *state;

	talk(t,
	     HELLO TO "BDAT 43\r\n" HEADER "BDAT 6\r\n" BODY "BDAT 0 LAST\r\n");
	talk(t, HELLO TO "DATA\r\n" STUFFED);
	assert_accepted(t, 2, HEADER BODY);
}

static void
only_crlf_dot_crlf_ends_a_message(void **state)
{
	struct talk *t = *state;

	talk(t, HELLO TO "DATA\r\n" HEADER "a\n.\nMAIL FROM:<e@f>\r\n.\r\n");
	assert_int_equal(t->list.accepted, 0);
	assert_int_equal(t->list.refused, 1);
	assert_non_null(strstr(t->replies, "554 5.6.0"));
}

static void
what_breaks_off_was_not_accepted(void **state)
{
	struct talk *t = *state;

	talk(t, HELLO TO "DATA\r\n" HEADER BODY);
	talk(t, HELLO TO "BDAT 43\r\n" HEADER "BDAT 60 LAST\r\n" BODY);
	talk(t, HELLO TO "BDAT 43\r\n" HEADER);
	assert_int_equal(t->list.accepted, 0);
	assert_int_equal(sink_list_find(&t->list, STR("1@b.example"))->refused,
			 3);
}

static void
bytes_after_a_refused_receiver_are_swallowed(void **state)
{
	struct talk *t = *state;

	force(t, SINK_RCPT, SINK_FAULT_5XX);
	talk(t, HELLO TO "BDAT 43\r\n" HEADER "BDAT 6 LAST\r\n" BODY
			 "RSET\r\nQUIT\r\n");
	assert_int_equal(t->list.accepted, 0);
	assert_non_null(strstr(t->replies, "550 5.3.0 never\r\n503 5.5.1 no "
					   "transaction\r\n503 5.5.1 no "
					   "transaction\r\n250 2.0.0 "
					   "forgotten\r\n221"));
}

static void
it_may_accept_and_not_say_so(void **state)
{
	struct talk *t = *state;

	force(t, SINK_DOT, SINK_FAULT_ACCEPT_DROP);
	talk(t, HELLO TO "DATA\r\n" STUFFED "QUIT\r\n");
	assert_accepted(t, 1, HEADER BODY);
	assert_null(strstr(t->replies, "accepted"));
	assert_null(strstr(t->replies, "221"));
}

static void
it_may_refuse_and_not_say_so(void **state)
{
	struct talk *t = *state;

	force(t, SINK_DOT, SINK_FAULT_DROP);
	talk(t, HELLO TO "DATA\r\n" STUFFED "QUIT\r\n");
	assert_int_equal(t->list.accepted, 0);
	assert_int_equal(t->list.refused, 1);
	assert_null(strstr(t->replies, "221"));
}

static void
attempts_are_known_after_a_restart(void **state)
{
	struct talk *t = *state;
	struct error err;

	talk(t, HELLO TO "DATA\r\n" STUFFED);
	talk(t, HELLO TO "DATA\r\n" HEADER BODY);
	ledger_close(&t->sink.ledger);
	assert_ok(ledger_open(&t->sink.ledger, t->path, &err), err);
	assert_int_equal(ledger_attempt(&t->sink.ledger, STR("1@b.example")),
			 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    dots_are_unstuffed_before_the_hash, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    data_and_bdat_are_the_same_bytes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    only_crlf_dot_crlf_ends_a_message, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    what_breaks_off_was_not_accepted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    bytes_after_a_refused_receiver_are_swallowed, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(it_may_accept_and_not_say_so,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_may_refuse_and_not_say_so,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    attempts_are_known_after_a_restart, set_up, tear_down),
	};

	crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
