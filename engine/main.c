/*
 * The program: its table of contents, and what must be done once before the
 * first thread.
 */
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "base/check.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/map.h"
#include "base/random.h"
#include "base/zone.h"

#include "cmd.h"
#include "xml/xml.h"

extern const struct command cmd_init;
extern const struct command cmd_new;
extern const struct command cmd_check;
extern const struct command cmd_plan;
extern const struct command cmd_apply;
extern const struct command cmd_start;
extern const struct command cmd_run;
extern const struct command cmd_serve;
extern const struct command cmd_up;
extern const struct command cmd_render;
extern const struct command cmd_send_test;
extern const struct command cmd_test;
extern const struct command cmd_status;
extern const struct command cmd_why;
extern const struct command cmd_trace;
extern const struct command cmd_report;
extern const struct command cmd_pause;
extern const struct command cmd_resume;
extern const struct command cmd_adopt;
extern const struct command cmd_partner;
extern const struct command cmd_contact;
extern const struct command cmd_lead;
extern const struct command cmd_delivery;
extern const struct command cmd_resolve;
extern const struct command cmd_retry;
extern const struct command cmd_event;
extern const struct command cmd_bounce;
extern const struct command cmd_doctor;
extern const struct command cmd_intake;
extern const struct command cmd_help;

/* As a campaign goes: files, plan, sending, what became of it, nouns. */
static const struct command *const commands[] = {
	&cmd_init,	&cmd_new,    &cmd_check,    &cmd_plan,	  &cmd_apply,
	&cmd_start,	&cmd_run,    &cmd_serve,    &cmd_up,	  &cmd_render,
	&cmd_send_test, &cmd_test,   &cmd_status,   &cmd_why,	  &cmd_trace,
	&cmd_report,	&cmd_pause,  &cmd_resume,   &cmd_adopt,	  &cmd_partner,
	&cmd_contact,	&cmd_lead,   &cmd_delivery, &cmd_resolve, &cmd_retry,
	&cmd_event,	&cmd_bounce, &cmd_intake,   &cmd_doctor,  &cmd_help,
	NULL,
};

/* Memory of ours has keys and addresses in it: nobody dumps it. */
static void
harden(void)
{
	check(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
	/* Who goes away shows as EPIPE. */
	check(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	/* A file that may not grow shows as EFBIG, as a full disk does. */
	check(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
}

/*
 * Left alone, glibc gives each connection's thread a heap of its own, which
 * keeps the most that it ever needed.
 */
static void
share_heaps(void)
{
	(void)mallopt(M_ARENA_MAX, 2);
}

static void
init_libraries(void)
{
	uint8_t seed[MAP_KEY_BYTES];

	crypto_init();
	random_bytes(seed, sizeof(seed));
	map_seed(seed);
	zone_init(getenv("TZDIR"));
	xml_init();
	log_open(LOG_LEVEL_WARN);
}

int
main(int argc, char **argv)
{
	harden();
	share_heaps();
	init_libraries();
	return cmd_main(commands, argc, (const char *const *)argv);
}
