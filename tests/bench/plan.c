/*
 * How fast an apply puts deliveries, and a sequence goes on.
 *
 *	plan [--contacts N] [--url URL]
 *
 * Last line: "apply N/s, follow N/s".
 */
#include <inttypes.h>

#include "base/log.h"
#include "base/now.h"
#include "planning.h"
#include "store.h"

static const char inner[] =
    "<start mode=\"automatic\"/>\n"
    "<email id=\"invite\" template=\"mail/a\" at=\"start+0d 09:00\">"
    "<subject>First</subject></email>\n"
    "<email id=\"nudge\" template=\"mail/a\" at=\"start+2d 09:00\""
    " unless=\"clicked:invite\"><subject>Second</subject></email>\n";

static double
rate(int64_t rows, int64_t since_us)
{
	return (double)rows * 1e6 / (double)(now_mono_us() - since_us);
}

static void
measure(const char *url, int contacts)
{
	int64_t due_ms = PLANNING_NOW + PLANNING_HOUR + 2 * PLANNING_DAY;
	struct plan_result result;
	struct planning p;
	struct error err;
	int64_t since_us;
	double apply;

	planning_open(&p, url, true);
	planning_partner(&p, "acme", "gold");
	planning_campaign(&p, "", inner);
	planning_contacts(&p, "acme", 0, contacts, "", PLANNING_NOW);
	since_us = now_mono_us();
	if (planning_apply(&p, NULL, PLANNING_NOW, &result, &err) < 0) {
		printf("%s\n", err.text);
		exit(1);
	}
	apply = rate(result.deliveries, since_us);
	(void)planning_send(&p, PLANNING_NOW + PLANNING_HOUR);
	(void)planning_step(&p, PLANNING_NOW + 2 * PLANNING_HOUR);
	since_us = now_mono_us();
	(void)planning_step(&p, due_ms);
	printf("%d deliveries put, %d followed\n", (int)result.deliveries,
	       planning_count(&p, "nudge", -1));
	printf("apply %.0f/s, follow %.0f/s\n", apply,
	       rate(planning_count(&p, "nudge", -1), since_us));
	planning_close(&p);
}

int
main(int argc, char **argv)
{
	const char *url = getenv("GUIDON_TEST_PG");
	char sqlite[TEST_URL_BYTES];
	int contacts = 100000;

	crypto_init();
	log_open(LOG_LEVEL_ERROR);
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--contacts") == 0)
			contacts = (int)strtol(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--url") == 0)
			url = argv[i + 1];
	}
	if (url && url[0]) {
		measure(url, contacts);
		return 0;
	}
	test_sqlite_url(sqlite);
	measure(sqlite, contacts);
	test_store_remove(sqlite);
	return 0;
}
