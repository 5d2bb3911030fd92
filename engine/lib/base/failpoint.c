/*
 * Names are compared by their normal form, which is what the trace holds: so a
 * line of a trace is the name to fail at. What is asked for is read from the
 * environment once, and a program that is asked for nothing loses one branch.
 */
#include "base/failpoint.h"

#ifdef GUIDON_FAILPOINTS

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"

enum { KILL = -1, NAMES_MAX = 1000 };

struct wish {
	bool any;
	int number; /* errno, or KILL */
	struct str name;
	atomic_int_fast64_t left; /* until it happens; 0: it has */
	int trace;		  /* a file, or -1 */
};

static struct wish wish = { .trace = -1 };
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t tracing = PTHREAD_MUTEX_INITIALIZER;
static char *traced[NAMES_MAX]; /* guarded by `tracing` */
static size_t traced_count;

static const struct {
	const char *name;
	int number;
} actions[] = {
	{ "kill", KILL },
	{ "EIO", EIO },
	{ "ENOSPC", ENOSPC },
	{ "ENOMEM", ENOMEM },
};

/* Words with one blank between them, cut; the length. */
static size_t
normal_name(const char *name, char out[FAILPOINT_NAME_BYTES])
{
	struct str rest = str_of(name), word;
	size_t len = 0;

	while (str_word(&rest, &word)) {
		if (len > 0 && len < FAILPOINT_NAME_BYTES)
			out[len++] = ' ';
		word = str_slice(word, 0, FAILPOINT_NAME_BYTES - len);
		memcpy(out + len, word.p, word.len);
		len += word.len;
	}
	return len;
}

static void
read_wish(struct str text)
{
	struct str action, count;
	int64_t n = 0;

	if (!str_word(&text, &action) || !str_word(&text, &count) ||
	    !str_int(count, 1, INT64_MAX, &n))
		return;
	for (size_t i = 0; i < COUNT_OF(actions); i++)
		if (str_eq_cstr(action, actions[i].name))
			wish.number = actions[i].number;
	check(wish.number != 0);
	wish.name = str_trim(text);
	atomic_init(&wish.left, n);
	wish.any = true;
}

static void
read_environment(void)
{
	const char *trace = getenv("GUIDON_FAILPOINT_TRACE");

	read_wish(str_of(getenv("GUIDON_FAILPOINT")));
	if (!trace)
		return;
	wish.trace =
	    open(trace, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	check(wish.trace >= 0);
}

static bool
is_traced(struct str name)
{
	for (size_t i = 0; i < traced_count; i++)
		if (str_eq_cstr(name, traced[i]))
			return true;
	return false;
}

static void
trace(struct str name)
{
	char line[FAILPOINT_NAME_BYTES + 1];

	memcpy(line, name.p, name.len);
	pthread_mutex_lock(&tracing);
	if (!is_traced(name) && traced_count < NAMES_MAX) {
		line[name.len] = '\0';
		traced[traced_count] = strdup(line);
		check(traced[traced_count++]);
		line[name.len] = '\n';
		check(fd_write(wish.trace,
			       (struct str){ line, name.len + 1 }) == 0);
	}
	pthread_mutex_unlock(&tracing);
}

/* 0, or what is to happen here and now. */
static int
reach(const char *name)
{
	char text[FAILPOINT_NAME_BYTES];
	struct str s = { text, 0 };

	pthread_once(&once, read_environment);
	if (!wish.any && wish.trace < 0)
		return 0;
	s.len = normal_name(name, text);
	if (wish.trace >= 0)
		trace(s);
	if (!wish.any || !str_eq(s, wish.name) ||
	    atomic_fetch_sub(&wish.left, 1) != 1)
		return 0;
	if (wish.number == KILL)
		(void)raise(SIGKILL);
	return wish.number;
}

int
failpoint(const char *name, struct error *err)
{
	int number = reach(name);

	if (number == 0)
		return 0;
	return error_system(err, number, "at the failpoint \"%.60s\"", name);
}

void
failpoint_pass(const char *name)
{
	(void)reach(name);
}

#endif
