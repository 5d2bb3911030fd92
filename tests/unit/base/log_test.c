#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "base/arena.h"
#include "test.h"

/* What stands behind the time stamp and before the newline. */
static struct str
after_time(const struct log_capture *capture)
{
	struct str all = buf_view(&capture->lines);
	size_t stamp = strlen("ts=2026-03-01T09:30:00.125Z ");

	assert_true(str_starts(all, STR("ts=20")));
	assert_true(str_ends(all, STR("\n")));
	assert_int_equal(str_find(all, STR("Z ")), stamp - 2);
	return str_slice(all, stamp, all.len - 1);
}

static void
a_line_has_the_documented_form(void **state)
{
	struct log_capture got = { 0 };

	(void)state;
	log_capture(&got);
	errno = ENOENT;
	log_line(LOG_LEVEL_INFO, "dispatch", "sent",
		 LOG_FIELDS(LOG_TEXT("partner", STR("acme")),
			    LOG_INT("attempt", -2),
			    LOG_CSTR("msg", "250 2.0.0 Ok")));
	assert_int_equal(errno, ENOENT);
	assert_str(after_time(&got),
		   "level=info module=dispatch event=sent partner=acme "
		   "attempt=-2 msg=\"250 2.0.0 Ok\"");
	log_line(LOG_LEVEL_ERROR, "dispatch", "stopped", LOG_NO_FIELDS);
	assert_int_equal(log_captured(&got, "level=error"), 1);
	assert_int_equal(log_captured(&got, "module=dispatch"), 2);
	assert_int_equal(log_captured(&got, "absent"), 0);
	log_capture_fini(&got);
}

static void
values_cannot_forge(void **state)
{
	const struct {
		struct str value;
		const char *written;
	} cases[] = {
		{ STR(""), "\"\"" },
		{ STR("a=b"), "\"a=b\"" },
		{ STR("x\nts=1 level=error"), "\"x\\nts=1 level=error\"" },
		{ STR("\" level=error"), "\"\\\" level=error\"" },
		{ STR("\\"), "\"\\\\\"" },
		{ STR("\r\t\0\033[2J\177"), "\"\\r\\t\\x00\\x1b[2J\\x7f\"" },
		{ STR("caf\xc3\xa9"), "\"caf\xc3\xa9\"" },
		{ STR("\xff\xc3"), "\"\\xff\\xc3\"" },
		{ STR("\xc2\x9b"
		      "1m"),
		  "\"\\xc2\\x9b1m\"" },
		{ STR("\xe2\x80\xae"), "\"\\xe2\\x80\\xae\"" },
		{ STR("\xe2\x80\xa8"), "\"\\xe2\\x80\\xa8\"" },
		{ STR("\xe2\x81\xa6"), "\"\\xe2\\x81\\xa6\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct log_capture got = { 0 };
		struct str line;

		log_capture(&got);
		log_line(LOG_LEVEL_WARN, "m", "e",
			 LOG_FIELDS(LOG_TEXT("v", cases[i].value)));
		line = after_time(&got);
		assert_str(str_slice(line,
				     str_of("level=warn module=m "
					    "event=e v=")
					 .len,
				     line.len),
			   cases[i].written);
		assert_int_equal(str_find_char(line, '\n'), -1);
		log_capture_fini(&got);
	}
}

static void
long_values_and_lines_are_cut(void **state)
{
	struct log_capture got = { 0 };
	char longer[8000];
	struct str v = { longer, sizeof(longer) };
	struct str line;

	(void)state;
	memset(longer, '\n', sizeof(longer));
	log_capture(&got);
	log_line(LOG_LEVEL_INFO, "m", "e", LOG_FIELDS(LOG_TEXT("v", v)));
	line = after_time(&got);
	assert_true(str_ends(line, STR("\\n...\"")));
	assert_in_range(line.len, LOG_VALUE_BYTES - 8, LOG_VALUE_BYTES + 40);
	log_capture_fini(&got);

	log_capture(&got);
	log_line(LOG_LEVEL_INFO, "m", "e",
		 LOG_FIELDS(LOG_TEXT("a", v), LOG_TEXT("b", v),
			    LOG_TEXT("c", v), LOG_TEXT("d", v),
			    LOG_TEXT("f", v), LOG_TEXT("g", v),
			    LOG_TEXT("h", v), LOG_INT("last", 1)));
	assert_true(str_ends(after_time(&got), STR("...\" cut=true")));
	assert_true(got.lines.len <= LOG_LINE_BYTES);
	log_capture_fini(&got);
}

static void
levels_below_the_least_are_dropped(void **state)
{
	struct log_capture got = { 0 };

	(void)state;
	log_capture(&got);
	log_line(LOG_LEVEL_DEBUG, "m", "quiet", LOG_NO_FIELDS);
	log_open(LOG_LEVEL_DEBUG);
	log_line(LOG_LEVEL_DEBUG, "m", "loud", LOG_NO_FIELDS);
	log_open(LOG_LEVEL_INFO);
	assert_int_equal(log_captured(&got, "quiet"), 0);
	assert_int_equal(log_captured(&got, "level=debug"), 1);
	log_capture_fini(&got);
}

static void
a_line_reaches_stderr_at_once(void **state)
{
	char line[LOG_LINE_BYTES];
	int saved = dup(STDERR_FILENO);
	int ends[2];
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	log_line(LOG_LEVEL_INFO, "m", "e", LOG_FIELDS(LOG_INT("n", 1)));
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	n = read(ends[0], line, sizeof(line));
	assert_true(n > 0);
	assert_true(str_ends((struct str){ line, (size_t)n },
			     STR("Z level=info module=m event=e n=1\n")));
	close(saved);
	close(ends[0]);
	close(ends[1]);
}

enum { THREADS = 4, LINES = 50 };

static void *
write_lines(void *arg)
{
	for (int i = 0; i < LINES; i++)
		log_line(LOG_LEVEL_INFO, "m", "e",
			 LOG_FIELDS(LOG_CSTR("who", arg), LOG_INT("i", i)));
	return NULL;
}

static void
lines_of_threads_stay_whole(void **state)
{
	struct log_capture got = { 0 };
	char names[THREADS][2] = { "a", "b", "c", "d" };
	pthread_t threads[THREADS];
	struct str rest, line;
	size_t whole = 0;

	(void)state;
	log_capture(&got);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, write_lines, names[i]),
		    0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	log_capture(NULL);
	rest = buf_view(&got.lines);
	while (str_split(&rest, '\n', &line))
		whole += str_starts(line, STR("ts=")) &&
			 str_find(str_slice(line, 1, line.len), STR("ts=")) < 0;
	assert_int_equal(whole, THREADS * LINES);
	log_capture_fini(&got);
}

static void
addresses_are_masked(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_str(log_mask_address(a, STR("jane@example.org")),
		   "j***@example.org");
	assert_str(log_mask_address(a, STR("\xc3\xa9ric@example.org")),
		   "\xc3\xa9***@example.org");
	assert_str(log_mask_address(a, STR("\"a@b\"@example.org")),
		   "\"***@example.org");
	assert_str(log_mask_address(a, STR("@example.org")), "***@example.org");
	assert_str(log_mask_address(a, STR("jane")), "***");
	assert_str(log_mask_address(a, STR("")), "***");
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_the_documented_form),
		cmocka_unit_test(values_cannot_forge),
		cmocka_unit_test(long_values_and_lines_are_cut),
		cmocka_unit_test(levels_below_the_least_are_dropped),
		cmocka_unit_test(a_line_reaches_stderr_at_once),
		cmocka_unit_test(lines_of_threads_stay_whole),
		cmocka_unit_test(addresses_are_masked),
	};

	return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
