/*
 * What the sink does to which message.
 *
 * A draw is a hash of seed, Message-ID and attempt: whatever the order in
 * which connections and threads come, the same message meets the same fate, so
 * a run that found something can be repeated.
 *
 * When a sender is left without a reply it cannot know whether the message was
 * accepted. Both must happen: after a half-close or garbage another bit of the
 * same hash decides.
 */
#include <string.h>

#include "sink_priv.h"

static const char *const moments[] = {
#define SINK_NAME(name, text) [SINK_##name] = (text),
	SINK_MOMENTS(SINK_NAME)
#undef SINK_NAME
};

static const char *const faults[] = {
#define SINK_NAME(name, text) [SINK_FAULT_##name] = (text),
	SINK_FAULTS(SINK_NAME)
#undef SINK_NAME
};

static int
index_of(struct str name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_cstr(name, names[i]))
			return (int)i;
	return -1;
}

int
sink_moment_of(struct str name)
{
	return index_of(name, moments, COUNT_OF(moments));
}

int
sink_fault_of(struct str name)
{
	return index_of(name, faults, COUNT_OF(faults));
}

const char *
sink_moment_name(enum sink_moment moment)
{
	return moments[moment];
}

static uint64_t
hash_of(uint64_t seed, struct str id, int64_t attempt)
{
	uint8_t key[MAP_KEY_BYTES] = { 0 };

	memcpy(key, &seed, sizeof(seed));
	memcpy(key + sizeof(seed), &attempt, sizeof(attempt));
	return map_hash(key, id);
}

static enum sink_fault
fault_of(const int weights[SINK_FAULT_COUNT], uint64_t hash)
{
	uint64_t sum = 0;
	int fault = 0;

	for (int i = 0; i < SINK_FAULT_COUNT; i++)
		sum += (uint64_t)weights[i];
	check(sum > 0);
	hash %= sum;
	while (hash >= (uint64_t)weights[fault])
		hash -= (uint64_t)weights[fault++];
	return (enum sink_fault)fault;
}

struct sink_plan
sink_plan_of(enum sink_moment at, enum sink_fault fault)
{
	return (struct sink_plan){
		.at = at,
		.fault = fault,
		.accepts = at != SINK_DOT || fault == SINK_FAULT_OK ||
			   fault == SINK_FAULT_ACCEPT_DROP ||
			   fault == SINK_FAULT_ACCEPT_STALL,
	};
}

struct sink_plan
sink_draw(const struct sink_options *options, struct str id, int64_t attempt)
{
	uint64_t hash = hash_of(options->seed, id, attempt);
	enum sink_fault fault = fault_of(options->weights, hash >> 1);
	struct sink_plan plan = sink_plan_of(
	    fault == SINK_FAULT_DROP ? SINK_BODY : SINK_DOT, fault);

	if (fault == SINK_FAULT_HALF_CLOSE || fault == SINK_FAULT_GARBAGE)
		plan.accepts = hash & 1;
	return plan;
}
