/*
 * The calls of providers: verified, read and taken by one thread, so that
 * neither a long batch nor a slow store keeps visitors from the web.
 *
 *	POST --submit--> waits --> verify, read --> units --> answer
 *
 * What waits is bounded; beyond it a call is for later, and its provider comes
 * again. The answer follows the commits. Who refuses a call says why in the
 * log, and not to the caller; once a minute, for strangers may call all day.
 */
#include "dispatch/dispatch_provider.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "dispatch/dispatch_intake_priv.h"
#include "dispatch/dispatch_provider_priv.h"

static const struct provider *const providers[] = {
	&ses_provider,
	&sendgrid_provider,
	&mailgun_provider,
	&postmark_provider,
};

static const int64_t SAID_MS = INT64_C(60) * 1000;

struct job {
	struct job *next;
	struct dispatch_provider_call call;
	dispatch_provider_done_fn *done;
	void *arg;
};

struct dispatch_providers {
	struct dispatch_intake *intake;	   /* of its law; it looks nowhere */
	void *selves[COUNT_OF(providers)]; /* NULL: it is off */
	int64_t said_ms[COUNT_OF(providers)];

	pthread_t thread;
	bool started;
	pthread_mutex_t mutex; /* guards what follows */
	pthread_cond_t changed;
	struct job *first, *last;
	size_t waiting;
	bool closing;
};

const char *
dispatch_provider_name(size_t i)
{
	return i < COUNT_OF(providers) ? providers[i]->name : NULL;
}

/* The index of a provider that is on; -1. */
static int
find_on(const struct dispatch_providers *ps, struct str name)
{
	for (size_t i = 0; i < COUNT_OF(providers); i++)
		if (ps->selves[i] && str_eq_cstr(name, providers[i]->name))
			return (int)i;
	return -1;
}

size_t
dispatch_provider_body_max(const struct dispatch_providers *ps, struct str name)
{
	int i = find_on(ps, name);

	return i < 0 ? 0 : providers[i]->body_max;
}

/* ---- taking ---- */

static void
log_taken(const char *name, const struct dispatch_provider_sum *sum,
	  size_t left)
{
	log_line(LOG_LEVEL_INFO, "provider", "told",
		 LOG_FIELDS(LOG_CSTR("provider", name),
			    LOG_INT("taken", (int64_t)sum->taken),
			    LOG_INT("again", (int64_t)sum->again),
			    LOG_INT("foreign", (int64_t)sum->foreign),
			    LOG_INT("malformed", (int64_t)sum->malformed),
			    LOG_INT("later", (int64_t)left)));
}

int
dispatch_providers_take(struct dispatch_providers *ps,
			const struct dispatch_provider_call *call,
			struct dispatch_provider_sum *sum, struct error *err)
{
	int i = find_on(ps, call->provider);
	struct provider_news news = { .a = arena_new() };
	size_t left = 0;
	int code;

	check(i >= 0);
	*sum = (struct dispatch_provider_sum){ 0 };
	code = providers[i]->read(ps->selves[i], call, &news, err);
	if (code >= 0) {
		sum->malformed = news.malformed;
		left = provider_take(ps->intake, &news, providers[i]->name, sum,
				     err);
		log_taken(providers[i]->name, sum, left);
	}
	arena_free(&news.a);
	return code < 0 || left > 0 ? -(int)err->code : 0;
}

static enum dispatch_provider_answer
answer_to(const struct error *err)
{
	switch (err->code) {
	case ERROR_DENIED:
		return PROVIDER_DENIED;
	case ERROR_INVALID:
	case ERROR_LIMIT:
		return PROVIDER_MALFORMED;
	default:
		return PROVIDER_LATER;
	}
}

static void
say_refused(struct dispatch_providers *ps,
	    const struct dispatch_provider_call *call,
	    enum dispatch_provider_answer answer, const struct error *err)
{
	int64_t *said_ms = &ps->said_ms[find_on(ps, call->provider)];
	bool late = answer == PROVIDER_LATER;

	if (*said_ms > 0 && call->now_ms - *said_ms < SAID_MS &&
	    call->now_ms >= *said_ms)
		return;
	*said_ms = call->now_ms;
	log_line(late ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "provider",
		 late ? "told_again_later" : "refused",
		 LOG_FIELDS(LOG_TEXT("provider", call->provider),
			    LOG_CSTR("msg", err->text)));
}

static enum dispatch_provider_answer
take(struct dispatch_providers *ps, const struct dispatch_provider_call *call)
{
	enum dispatch_provider_answer answer;
	struct dispatch_provider_sum sum;
	struct error err;

	if (dispatch_providers_take(ps, call, &sum, &err) >= 0)
		return PROVIDER_TAKEN;
	answer = err.code == ERROR_BUSY ? PROVIDER_LATER : answer_to(&err);
	/* What is being sent is not for long, and no trouble. */
	if (err.code != ERROR_BUSY)
		say_refused(ps, call, answer, &err);
	return answer;
}

/* ---- the thread ---- */

/* NULL when it is to end, and nothing waits. */
static struct job *
next_job(struct dispatch_providers *ps)
{
	struct job *job;

	check(pthread_mutex_lock(&ps->mutex) == 0);
	while (!ps->first && !ps->closing)
		check(pthread_cond_wait(&ps->changed, &ps->mutex) == 0);
	job = ps->first;
	if (job) {
		ps->first = job->next;
		ps->waiting--;
	}
	check(pthread_mutex_unlock(&ps->mutex) == 0);
	return job;
}

static void *
work(void *arg)
{
	struct dispatch_providers *ps = arg;
	struct job *job;

	while ((job = next_job(ps))) {
		job->done(job->arg, take(ps, &job->call));
		free(job);
	}
	return NULL;
}

/* False when too many wait. */
static bool
put_job(struct dispatch_providers *ps, struct job *job)
{
	bool fits;

	check(pthread_mutex_lock(&ps->mutex) == 0);
	fits = ps->waiting < PROVIDER_CALLS_MAX && !ps->closing;
	if (fits) {
		if (ps->first)
			ps->last->next = job;
		else
			ps->first = job;
		ps->last = job;
		ps->waiting++;
		check(pthread_cond_signal(&ps->changed) == 0);
	}
	check(pthread_mutex_unlock(&ps->mutex) == 0);
	return fits;
}

void
dispatch_providers_submit(struct dispatch_providers *ps,
			  const struct dispatch_provider_call *call,
			  dispatch_provider_done_fn *done, void *arg)
{
	struct job *job = calloc(1, sizeof(*job));

	check(job && find_on(ps, call->provider) >= 0);
	job->call = *call;
	job->done = done;
	job->arg = arg;
	if (put_job(ps, job))
		return;
	free(job);
	done(arg, PROVIDER_LATER);
}

/* ---- open and close ---- */

static int
turn_on(struct dispatch_providers *ps, struct str word, struct error *err)
{
	struct str argument = word, name;

	(void)str_split(&argument, ':', &name);
	if (name.len == word.len)
		argument = (struct str){ 0 };
	for (size_t i = 0; i < COUNT_OF(providers); i++) {
		if (!str_eq_cstr(name, providers[i]->name))
			continue;
		if (ps->selves[i] && !argument.p)
			return error_set(err, ERROR_CONFIG,
					 "provider %s is named twice",
					 providers[i]->name);
		return providers[i]->add(&ps->selves[i], argument, err);
	}
	return error_set(err, ERROR_CONFIG,
			 "provider %.*s, expected ses:TOPIC-ARN, sendgrid, "
			 "mailgun or postmark",
			 STR_ARG(word));
}

static int
turn_all_on(struct dispatch_providers *ps, const char *on, struct error *err)
{
	struct str rest = str_of(on), word;

	while (str_word(&rest, &word))
		if (turn_on(ps, word, err) < 0)
			return -(int)err->code;
	return 0;
}

int
dispatch_providers_open(struct dispatch_providers **out,
			const struct dispatch_providers_config *config,
			struct error *err)
{
	const struct dispatch_intake_config intake = {
		.store = config->store,
		.keys = config->keys,
		.pepper = config->pepper,
		.clock = config->clock,
	};
	struct dispatch_providers *ps = calloc(1, sizeof(*ps));

	check(ps && pthread_mutex_init(&ps->mutex, NULL) == 0 &&
	      pthread_cond_init(&ps->changed, NULL) == 0);
	if (dispatch_intake_open(&ps->intake, &intake, err) < 0 ||
	    turn_all_on(ps, config->on, err) < 0) {
		dispatch_providers_close(&ps);
		return -(int)err->code;
	}
	check(pthread_create(&ps->thread, NULL, work, ps) == 0);
	ps->started = true;
	*out = ps;
	return 0;
}

static void
stop(struct dispatch_providers *ps)
{
	check(pthread_mutex_lock(&ps->mutex) == 0);
	ps->closing = true;
	check(pthread_cond_signal(&ps->changed) == 0);
	check(pthread_mutex_unlock(&ps->mutex) == 0);
	check(pthread_join(ps->thread, NULL) == 0);
}

void
dispatch_providers_close(struct dispatch_providers **out)
{
	struct dispatch_providers *ps = *out;

	if (!ps)
		return;
	if (ps->started)
		stop(ps);
	for (size_t i = 0; i < COUNT_OF(providers); i++)
		providers[i]->close(ps->selves[i]);
	dispatch_intake_close(&ps->intake);
	check(pthread_cond_destroy(&ps->changed) == 0);
	check(pthread_mutex_destroy(&ps->mutex) == 0);
	free(ps);
	*out = NULL;
}
