#include "sink_child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"

enum { ARGS_MAX = 32, LINE_BYTES = 4096 };

/* ---- the process ---- */

static _Noreturn void
become_sink(const char *ledger, const char *const *options, int out)
{
	const char *args[ARGS_MAX] = { "guidon_sink", "--ledger", ledger };
	int count = 3;

	for (; *options; options++) {
		check(count < ARGS_MAX - 1);
		args[count++] = *options;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(out, STDOUT_FILENO);
	execv(GUIDON_SINK, (char *const *)args);
	perror(GUIDON_SINK);
	_exit(127);
}

void
sink_child_start(struct sink_child *sink, const char *ledger,
		 const char *const *options)
{
	FILE *out;
	int ends[2];

	fflush(stdout);
	check(pipe(ends) == 0);
	sink->pid = fork();
	check(sink->pid >= 0);
	if (sink->pid == 0)
		become_sink(ledger, options, ends[1]);
	close(ends[1]);
	out = fdopen(ends[0], "r");
	check(out);
	if (fscanf(out, "%d", &sink->port) != 1) {
		fprintf(stderr, "sink_child: no port from " GUIDON_SINK "\n");
		exit(1);
	}
	fclose(out);
}

void
sink_child_stop(struct sink_child *sink)
{
	check(kill(sink->pid, SIGKILL) == 0);
	check(waitpid(sink->pid, NULL, 0) == sink->pid);
	*sink = (struct sink_child){ 0 };
}

/* ---- the ledger ---- */

static struct sink_entry *
entry_of(struct sink_list *list, struct str id)
{
	struct sink_entry *entry = map_find(&list->entries, id);

	if (!entry) {
		entry = ARENA_NEW(list->arena, struct sink_entry);
		map_put(&list->entries, id, entry);
	}
	return entry;
}

static void
count_accepted(struct sink_list *list, struct str id, struct str sha256,
	       struct str receivers)
{
	struct sink_entry *entry = entry_of(list, id);

	if (entry->accepted++ == 0) {
		entry->sha256 = str_copy(list->arena, sha256);
		entry->receivers = str_copy(list->arena, receivers);
	}
	entry->differs |= !str_eq(entry->sha256, sha256);
	list->accepted++;
}

static void
read_line(struct sink_list *list, struct str line)
{
	struct str words[4];

	for (size_t i = 0; i < COUNT_OF(words); i++)
		check(str_word(&line, &words[i]));
	if (str_eq_cstr(words[0], "accepted")) {
		count_accepted(list, words[1], words[2], words[3]);
		return;
	}
	check(str_eq_cstr(words[0], "refused"));
	list->refused++;
	if (!str_eq_cstr(words[1], "-"))
		entry_of(list, words[1])->refused++;
}

void
sink_list_read(struct sink_list *list, struct arena *a, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[LINE_BYTES];

	*list = (struct sink_list){ .arena = a };
	map_init(&list->entries, a, NULL);
	check(f || errno == ENOENT);
	while (f && fgets(line, sizeof(line), f))
		read_line(list, str_of(line));
	if (f)
		fclose(f);
}

const struct sink_entry *
sink_list_find(const struct sink_list *list, struct str id)
{
	return map_find(&list->entries, id);
}
