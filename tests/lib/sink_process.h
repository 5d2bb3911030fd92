#ifndef TESTS_LIB_SINK_PROCESS_H
#define TESTS_LIB_SINK_PROCESS_H

/*
 * sink_process - a receiver of mail that somebody else wrote, as a child
 *
 *	struct sink_process sink;
 *
 *	sink_process_start(&sink, "sink.out",
 *			   SINK_ARGV("smtp-sink", "-c", SINK_ADDRESS, "10"));
 *	... 127.0.0.1:sink.port ...
 *	sink_process_stop(&sink);
 *
 * It gets a free port and runs until it is stopped or we die. What it writes
 * goes to a file. Set-up that fails ends the test program.
 *
 * Thread rule: one thread.
 */

#include <stdbool.h>
#include <sys/types.h>

struct arena;

/* In the arguments: replaced by 127.0.0.1:PORT, or by PORT. */
#define SINK_ADDRESS "@ADDRESS@"
#define SINK_PORT    "@PORT@"

#define SINK_ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })

struct sink_process {
	pid_t pid;
	int port;
};

/* That such a program is there, by path or on PATH. */
bool sink_process_has(const char *program);

/* Returns when the port answers; the receiver may count that, or not. */
void sink_process_start(struct sink_process *sink, const char *output,
			const char *const *argv);
void sink_process_stop(struct sink_process *sink);

/* Run to its end: its exit status. */
int sink_process_run(const char *output, const char *const *argv);

#endif
