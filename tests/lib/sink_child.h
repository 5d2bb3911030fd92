#ifndef TESTS_LIB_SINK_CHILD_H
#define TESTS_LIB_SINK_CHILD_H

/*
 * sink_child - a guidon_sink of one's own, and what its ledger says
 *
 *	sink_child_start(&sink, "ledger", SINK_ARGS("--at", "dot", "--do",
 *						    "accept-drop"));
 *	... smtp://127.0.0.1:<sink.port> ...
 *	sink_child_stop(&sink);
 *	sink_list_read(&list, arena, "ledger");
 *	entry = sink_list_find(&list, STR("id@example.org"));
 *
 * The options are those at the top of sink.c. The ledger is added to, so that
 * sinks one after the other may share one; it may be read while they run. What
 * goes wrong here ends the test program, and the sink ends with it.
 *
 * Thread rule: one thread.
 */

#include <sys/types.h>

#include "base/map.h"
#include "base/str.h"

struct sink_child {
	pid_t pid;
	int port;
};

#define SINK_ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* It accepts connections when this returns. `options` end with NULL. */
void sink_child_start(struct sink_child *sink, const char *ledger,
		      const char *const *options);
void sink_child_stop(struct sink_child *sink);

/* One message, whatever the number of attempts. */
struct sink_entry {
	int accepted;
	int refused;
	bool differs;	   /* accepted with other bytes than the first time */
	struct str sha256; /* of the first accepted bytes, in hex */
	struct str receivers;
};

struct sink_list {
	struct arena *arena;
	struct map entries; /* by Message-ID without <>: struct sink_entry */
	int accepted;
	int refused; /* with those whose Message-ID was never sent */
};

/* Lives in `a`. No file is an empty list. */
void sink_list_read(struct sink_list *list, struct arena *a, const char *path);

/* NULL when it never came. */
const struct sink_entry *sink_list_find(const struct sink_list *list,
					struct str id);

#endif
