#ifndef TESTS_LIB_SINK_PRIV_H
#define TESTS_LIB_SINK_PRIV_H

/*
 * What the files of guidon_sink share: the moments of a session at which it
 * can misbehave, the ways in which it does, the plan of a message and the
 * ledger.
 *
 * Thread rule: a thread for each connection; struct sink is shared, and its
 * ledger takes its own lock.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/map.h"
#include "base/str.h"

#define SINK_MOMENTS(X)                                           \
	X(CONNECT, "connect") /* before the banner */             \
	X(BANNER, "banner")                                       \
	X(EHLO, "ehlo")                                           \
	X(MAIL, "mail")                                           \
	X(RCPT, "rcpt")                                           \
	X(DATA, "data") /* the reply to DATA or the first BDAT */ \
	X(BODY, "body") /* after the header, in the bytes */      \
	X(DOT, "dot")	/* the reply to "." or BDAT LAST */

enum sink_moment {
#define SINK_ENUM(name, text) SINK_##name,
	SINK_MOMENTS(SINK_ENUM)
#undef SINK_ENUM
	    SINK_MOMENT_COUNT
};

#define SINK_FAULTS(X)                                                       \
	X(OK, "ok")                                                          \
	X(4XX, "4xx")                                                        \
	X(5XX, "5xx")                                                        \
	X(421, "421")		    /* says so and closes */                 \
	X(DROP, "drop")		    /* closes, says nothing */               \
	X(RST, "rst")		    /* likewise, by a reset */               \
	X(STALL, "stall")	    /* says nothing, closes after a while */ \
	X(GARBAGE, "garbage")	    /* a line that is no reply */            \
	X(HALF_CLOSE, "half-close") /* closes its side, reads on */          \
	X(ACCEPT_DROP, "accept-drop")                                        \
	X(ACCEPT_STALL, "accept-stall") /* 250 after a while */

enum sink_fault {
#define SINK_ENUM(name, text) SINK_FAULT_##name,
	SINK_FAULTS(SINK_ENUM)
#undef SINK_ENUM
	    SINK_FAULT_COUNT
};

/* -1 when it is not one. */
int sink_moment_of(struct str name);
int sink_fault_of(struct str name);
const char *sink_moment_name(enum sink_moment moment);

/* What is done to a message: `fault` at `at`, all else goes well. */
struct sink_plan {
	enum sink_moment at;
	enum sink_fault fault;
	bool accepts; /* once all bytes are there, whatever is replied */
};

struct sink_options {
	int port; /* 0: any */
	int connections_max;
	int64_t stall_ms;
	bool chunking;
	bool pipelining;
	const char *ledger;
	uint64_t seed;
	bool forced;	       /* `plan` for all, rather than a draw for each */
	struct sink_plan plan; /* not forced: until the draw, all well */
	int weights[SINK_FAULT_COUNT];
};

/* The fault alone says whether the message is accepted. */
struct sink_plan sink_plan_of(enum sink_moment at, enum sink_fault fault);

/* Draws from the weights by seed, id and attempt alone. */
struct sink_plan sink_draw(const struct sink_options *options, struct str id,
			   int64_t attempt);

/*
 * The ledger: a line for each message, added and, when it says accepted, on
 * disk before anybody is told. It knows how often a message came, also before
 * a restart.
 */
struct sink_ledger {
	int fd;
	struct arena *arena;
	struct map attempts;   /* by Message-ID: int64_t */
	pthread_mutex_t mutex; /* guards all here */
	pthread_cond_t synced_more;
	int64_t written;
	int64_t synced; /* of the lines written */
	bool syncing;
};

int ledger_open(struct sink_ledger *l, const char *path,
		struct error *err) MUST_CHECK;
void ledger_close(struct sink_ledger *l);

/* One more attempt of this message: which it is, from 1. */
int64_t ledger_attempt(struct sink_ledger *l, struct str id);

/* Durable when it returns. A ledger that cannot be written ends the sink. */
void ledger_accepted(struct sink_ledger *l, struct str id, struct str sha256,
		     struct str receivers);
void ledger_refused(struct sink_ledger *l, struct str id,
		    enum sink_moment stage, struct str receivers);

struct sink {
	struct sink_options options;
	struct sink_ledger ledger;
	atomic_int connections;
};

/* One connection, from banner to close; the caller closes fd. */
void sink_session(struct sink *sink, int fd);

#endif
