/*
 * How fast mail leaves: N deliveries of one size are put, claimed, made,
 * marked (durable, synchronous=FULL), handed to Postfix's smtp-sink and
 * recorded; beside it smtp-source, which only sends, in turns. Each round has
 * a new store. A message costs what it costs in a run: one claim, one marker,
 * one verdict with its event.
 *
 * The median of the rounds' ratios is the last line. CPU is user and system
 * time of the sender alone, for 10,000 messages.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/now.h"
#include "sending.h"
#include "sink_process.h"
#include "store.h"

enum { PARTNERS = 4, ROUNDS_MAX = 25 };

struct setting {
	int64_t messages;
	int64_t bytes;
	int64_t connections;
	int64_t rounds;
};

struct measure {
	double plan_s;
	double send_s;
	double cpu_s;
	long rss_kib;
};

static int64_t message_bytes;

/* ---- the receiver ---- */

static void
start_sink(struct sink_process *sink)
{
	if (geteuid() == 0)
		sink_process_start(sink, "smtp-sink.out",
				   SINK_ARGV("smtp-sink", "-u", "nobody",
					     SINK_ADDRESS, "500"));
	else
		sink_process_start(sink, "smtp-sink.out",
				   SINK_ARGV("smtp-sink", SINK_ADDRESS, "500"));
}

/* ---- what is sent ---- */

/* RFC 5322 of message_bytes, that only the receiver tells apart. */
static int
make(void *arg, struct arena *a, struct db *db,
     const struct outbox_delivery *delivery, struct dispatch_message *out,
     struct error *err)
{
	static const char line[] =
	    "One design for the whole army, each company's own letter on it.\r\n";
	struct buf b = { 0 };

	if (sending_source.make(arg, a, db, delivery, out, err) != 1)
		return -(int)err->code;
	buf_str(&b, out->bytes);
	while ((int64_t)(b.len + sizeof(line)) <= message_bytes)
		buf_add(&b, line, sizeof(line) - 1);
	out->bytes = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return 1;
}

static double
seconds_of(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static double
cpu_of(int who)
{
	struct rusage use;

	check(getrusage(who, &use) == 0);
	return seconds_of(&use.ru_utime) + seconds_of(&use.ru_stime);
}

/* ---- one round ---- */

static void
send_all(struct sending *s, const struct setting *set, int port)
{
	struct dispatch_config config = {
		.store = s->store,
		.source = { .make = make },
		.key_id = 1,
		.worker_count = (int)set->connections,
		.batch = 100,
	};
	struct dispatch *d;
	struct clock clock;
	struct error err;
	char url[64];

	snprintf(url, sizeof(url), "smtp://127.0.0.1:%d", port);
	clock_init_real(&clock);
	config.clock = &clock;
	config.transport = url;
	if (dispatch_open(&d, &config, &err) < 0 ||
	    dispatch_once(d, &err) < 0) {
		fprintf(stderr, "send: %s\n", err.text);
		exit(1);
	}
	dispatch_close(&d);
}

static struct measure
measure_guidon(const struct setting *set)
{
	struct outbox_counts counts;
	char url[TEST_URL_BYTES];
	struct measure m = { 0 };
	struct sending s;
	struct rusage use;
	struct sink_process sink;
	int64_t from_us;
	double cpu_s;

	start_sink(&sink);
	test_sqlite_url(url);
	sending_open(&s, url);
	sending_people(&s, PARTNERS, (int)(set->messages / PARTNERS));
	cpu_s = cpu_of(RUSAGE_SELF);
	from_us = now_mono_us();
	sending_put(&s, "invite", 1);
	m.plan_s = (double)(now_mono_us() - from_us) / 1e6;
	from_us = now_mono_us();
	send_all(&s, set, sink.port);
	m.send_s = (double)(now_mono_us() - from_us) / 1e6;
	m.cpu_s = cpu_of(RUSAGE_SELF) - cpu_s;
	check(getrusage(RUSAGE_SELF, &use) == 0);
	m.rss_kib = use.ru_maxrss;
	sending_count(&s, &counts);
	check(counts.by_state[OUTBOX_SENT] == set->messages);
	sending_close(&s);
	test_store_remove(url);
	sink_process_stop(&sink);
	return m;
}

static struct measure
measure_peer(const struct setting *set)
{
	struct measure m = { 0 };
	char count[24], size[24], sessions[24], address[32];
	struct sink_process sink;
	int64_t from_us;
	double cpu_s;

	start_sink(&sink);
	snprintf(count, sizeof(count), "%lld", (long long)set->messages);
	snprintf(size, sizeof(size), "%lld", (long long)set->bytes);
	snprintf(sessions, sizeof(sessions), "%lld",
		 (long long)set->connections);
	snprintf(address, sizeof(address), "127.0.0.1:%d", sink.port);
	cpu_s = cpu_of(RUSAGE_CHILDREN);
	from_us = now_mono_us();
	check(sink_process_run("smtp-source.out",
			       SINK_ARGV("smtp-source", "-d", "-s", sessions,
					 "-m", count, "-l", size, address)) ==
	      0);
	m.send_s = (double)(now_mono_us() - from_us) / 1e6;
	m.cpu_s = cpu_of(RUSAGE_CHILDREN) - cpu_s;
	sink_process_stop(&sink);
	return m;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* ---- the run ---- */

static void
read_arguments(int argc, char **argv, struct setting *set)
{
	const struct {
		const char *name;
		int64_t *value;
	} options[] = {
		{ "--messages", &set->messages },
		{ "--bytes", &set->bytes },
		{ "--connections", &set->connections },
		{ "--rounds", &set->rounds },
	};

	for (int i = 1; i < argc; i += 2) {
		size_t k = 0;

		while (k < COUNT_OF(options) &&
		       strcmp(argv[i], options[k].name) != 0)
			k++;
		if (k == COUNT_OF(options) || i + 1 == argc ||
		    !str_int(str_of(argv[i + 1]), 1, 10000000,
			     options[k].value)) {
			fprintf(stderr,
				"send: %s: expected --messages, "
				"--bytes, --connections or --rounds "
				"and a number\n",
				argv[i]);
			exit(64);
		}
	}
	check(set->rounds <= ROUNDS_MAX);
	set->messages -= set->messages % PARTNERS;
}

int
main(int argc, char **argv)
{
	struct setting set = { 10000, 10240, 20, 5 };
	double ratios[ROUNDS_MAX];
	struct utsname machine;

	read_arguments(argc, argv, &set);
	message_bytes = set.bytes;
	log_open(LOG_LEVEL_ERROR);
	check(uname(&machine) == 0);
	printf("%s %s, %ld cores; SQLite synchronous=FULL; %lld messages of "
	       "%lld bytes, %lld connections to smtp-sink\n",
	       machine.sysname, machine.release, sysconf(_SC_NPROCESSORS_ONLN),
	       (long long)set.messages, (long long)set.bytes,
	       (long long)set.connections);
	for (int i = 0; i < set.rounds; i++) {
		struct measure peer = measure_peer(&set);
		struct measure ours = measure_guidon(&set);
		double n = (double)set.messages;
		double ours_s = ours.plan_s + ours.send_s;

		ratios[i] = peer.send_s / ours_s;
		printf("guidon %.0f msg/s (put %.0f/s), %.2f CPU-s/10k, peak "
		       "RSS %ld MiB; smtp-source -d %.0f msg/s, %.2f "
		       "CPU-s/10k; ratio %.2f\n",
		       n / ours_s, n / ours.plan_s, ours.cpu_s * 1e4 / n,
		       ours.rss_kib / 1024, n / peer.send_s,
		       peer.cpu_s * 1e4 / n, ratios[i]);
		fflush(stdout);
	}
	qsort(ratios, (size_t)set.rounds, sizeof(ratios[0]), compare);
	printf("ratio %.2f\n", ratios[set.rounds / 2]);
	return 0;
}
