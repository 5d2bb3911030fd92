/*
 * A planner that is killed at any moment puts what one puts that is not: each
 * delivery, once.
 *
 *	plan_kill [--kills N] [--seed S] [--url URL]
 *
 * A child applies a campaign, lets it run for weeks of a virtual clock and, on
 * the way, takes in contacts who came late, more than the plan has room for,
 * and applies a new one. It is killed with SIGKILL at
 * moments drawn from the seed and started again, from the beginning, until it
 * ends by itself; then the store is compared with that of a run which nobody
 * disturbed, and a new store is begun, until all kills are used up.
 *
 * Persons have another hash in each store, so deliveries are compared by who
 * it was: partner, step, channel and the number of the contact. Two runs of a
 * campaign for one partner would show as everything twice.
 */
#include <inttypes.h>

#include "base/log.h"
#include "base/map.h"
#include "killing.h"
#include "planning.h"
#include "store.h"

enum {
	CONTACTS = 260, /* of each partner, several batches */
	LATE = 60,
	LATE_FIRST = 5000,
	KILL_FROM_MS = 30,
	KILL_SPAN_MS = 600,
	KILLS_OF_A_ROUND = 12, /* then it may end */
};

static const char *const partners[] = { "acme", "zeta" };

static const char campaign_inner[] =
    "<start mode=\"automatic\"/>\n"
    "<email id=\"invite\" template=\"mail/a\" at=\"start+0d 09:00\">"
    "<subject>First</subject></email>\n"
    "<email id=\"nudge\" template=\"mail/a\" at=\"start+2d 09:00\""
    " only-if=\"clicked:invite\"><subject>Second</subject></email>\n"
    "<email id=\"last\" template=\"mail/a\" at=\"sent+1d 10:00\">"
    "<subject>Third</subject></email>\n"
    "<post id=\"teaser\" channels=\"linkedin mastodon\""
    " at=\"start+0d 10:30\" zone=\"partner\">"
    "<variant><text xml:lang=\"en\">One</text></variant></post>\n";

struct kill_run {
	const char *url;
	uint64_t seed;
	int kills;
	int killed;
	int rounds;
	struct arena *arena;
	struct map expected; /* name of a delivery -> its state's name */
	int64_t lost;
	int64_t twice;
	bool sound;
};

/* ---- the child ---- */

static void
apply(struct planning *p, int64_t now_ms)
{
	struct plan_result result;
	struct error err;

	if (planning_apply(p, NULL, now_ms, &result, &err) < 0) {
		fprintf(stderr, "plan_kill: %s\n", err.text);
		exit(1);
	}
}

/* Not all who come late are within the first plan's bound. */
static void
live(struct planning *p)
{
	const int64_t late_ms = PLANNING_NOW + PLANNING_DAY;

	for (size_t i = 0; i < COUNT_OF(partners); i++)
		planning_partner(p, partners[i], "gold");
	planning_campaign(p, "", campaign_inner);
	apply(p, PLANNING_NOW);
	planning_run(p, PLANNING_NOW, late_ms);
	for (size_t i = 0; i < COUNT_OF(partners); i++)
		planning_contacts(p, partners[i], LATE_FIRST, LATE, "",
				  late_ms);
	planning_run(p, late_ms, late_ms + PLANNING_HOUR);
	apply(p, late_ms + PLANNING_HOUR);
	planning_run(p, late_ms + PLANNING_HOUR,
		     PLANNING_NOW + 12 * PLANNING_DAY);
}

static int
be_the_child(const char *url, const char *dir)
{
	struct planning p;

	log_open(LOG_LEVEL_ERROR);
	planning_join(&p, url, dir);
	live(&p);
	planning_close(&p);
	return 0;
}

/* ---- what there is in the end ---- */

static void
begin_store(struct planning *p, const char *url)
{
	planning_open(p, url, true);
	for (size_t i = 0; i < COUNT_OF(partners); i++)
		planning_contacts(p, partners[i], 0, CONTACTS, "",
				  PLANNING_NOW - PLANNING_DAY);
}

static void
add_persons(struct planning *p, struct map *numbers, int first, int count)
{
	for (int i = first; i < first + count; i++) {
		struct person_hash person = planning_person(p, i);
		struct str *name = ARENA_NEW(p->arena, struct str);

		*name = str_printf(p->arena, "%d", i);
		map_put(numbers, person_hash_view(&person), name);
	}
}

static struct str
name_of(struct planning *p, const struct map *numbers,
	const struct outbox_delivery *d)
{
	const struct str *number = map_find(numbers, d->key.subject);

	return str_printf(p->arena, "%" PRId64 " %.*s %.*s %.*s",
			  d->key.partner_id, STR_ARG(d->key.step),
			  STR_ARG(d->key.channel),
			  STR_ARG(number ? *number : STR("-")));
}

/* All deliveries by name, with the name of the state; how many were there. */
static int64_t
gather(struct planning *p, struct arena *a, struct map *all, bool print)
{
	struct outbox_delivery *rows;
	struct map numbers;
	int64_t twice = 0;
	int count = planning_list(p, p->arena, &rows);

	map_init(all, a, NULL);
	map_init(&numbers, p->arena, NULL);
	add_persons(p, &numbers, 0, CONTACTS);
	add_persons(p, &numbers, LATE_FIRST, LATE);
	for (int i = 0; i < count; i++) {
		struct str name = name_of(p, &numbers, &rows[i]);
		const char *state = outbox_state_name(rows[i].state);

		if (map_put(all, name, (void *)(uintptr_t)state)) {
			twice++;
			if (print)
				printf("twice: %.*s\n", STR_ARG(name));
		}
	}
	return twice;
}

static int64_t
count_events(struct planning *p, enum event_kind kind)
{
	const struct event_filter filter = {
		.partner_id = -1, .kinds = &kind, .kind_count = 1, .limit = 100
	};
	struct event_row *rows;
	struct error err;

	return event_list(p->db, p->arena, &filter, &rows, &err);
}

static bool
is_sound(struct planning *p)
{
	struct error err = { 0 };

	if (outbox_check(p->db, &err) < 0 || event_verify(p->db, &err) < 0) {
		printf("not sound: %s\n", err.text);
		return false;
	}
	return count_events(p, EVENT_APPLIED) == 1 &&
	       count_events(p, EVENT_ACTIVATED) == (int)COUNT_OF(partners);
}

static void
compare(struct kill_run *run, struct planning *p)
{
	struct map all;

	run->twice += gather(p, p->arena, &all, true);
	map_foreach (&run->expected, e) {
		const char *state = map_find(&all, e->key);

		if (state && strcmp(state, e->value) == 0)
			continue;
		run->lost++;
		printf("lost: %.*s is %s, not %s\n", STR_ARG(e->key),
		       state ? state : "not there", (const char *)e->value);
	}
	map_foreach (&all, e) {
		if (map_find(&run->expected, e->key))
			continue;
		run->twice++;
		printf("nobody asked for %.*s\n", STR_ARG(e->key));
	}
	run->sound &= is_sound(p);
}

/* ---- killing ---- */

/* True when it was killed. */
static bool
run_once(struct kill_run *run, const char *dir, bool spare)
{
	const char *const argv[] = { "plan_kill", "--child", run->url, dir,
				     NULL };
	int64_t life_ms =
	    KILL_FROM_MS + (int64_t)(killing_random(&run->seed) % KILL_SPAN_MS);
	bool killed = killing_run(argv, spare ? INT64_MAX : life_ms * 1000);

	run->killed += killed;
	return killed;
}

static void
one_round(struct kill_run *run)
{
	struct planning p;
	int kills = 0;

	begin_store(&p, run->url);
	while (run_once(run, p.dir,
			kills >= KILLS_OF_A_ROUND || run->killed >= run->kills))
		kills++;
	compare(run, &p);
	printf("round %d: %d kills, %d deliveries, lost %" PRId64
	       ", twice %" PRId64 "\n",
	       ++run->rounds, kills, planning_count(&p, "", -1), run->lost,
	       run->twice);
	planning_close(&p);
}

static void
undisturbed(struct kill_run *run)
{
	struct planning p;

	begin_store(&p, run->url);
	live(&p);
	check(gather(&p, run->arena, &run->expected, true) == 0);
	run->sound = is_sound(&p);
	printf("undisturbed: %zu deliveries\n", run->expected.count);
	planning_close(&p);
}

static bool
survives(const char *url, uint64_t seed, int kills)
{
	struct kill_run run = {
		.url = url,
		.seed = seed,
		.kills = kills,
		.arena = arena_new(),
	};
	bool ok;

	printf("seed %" PRIu64 "\n", seed);
	undisturbed(&run);
	ok = run.expected.count ==
	     COUNT_OF(partners) * (3 * (CONTACTS + LATE) + 2);
	do
		one_round(&run);
	while (run.killed < run.kills);
	ok = ok && run.sound && run.lost == 0 && run.twice == 0;
	if (!run.sound)
		printf("the store is not sound\n");
	printf("%d kills in %d rounds\n", run.killed, run.rounds);
	printf("lost %" PRId64 ", twice %" PRId64 "\n", run.lost, run.twice);
	arena_free(&run.arena);
	return ok;
}

int
main(int argc, char **argv)
{
	crypto_init();
	if (argc == 4 && strcmp(argv[1], "--child") == 0)
		return be_the_child(argv[2], argv[3]);
	return killing_main(argc, argv, survives);
}
