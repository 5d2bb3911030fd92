/*
 * The intake: mails go in, and places are looked into by a thread each.
 *
 *	place --mails--> parse in a child --> one unit for each --> moved, 250
 *
 * A place that fails says so once, and is tried again: what lies there waits.
 */
#include "dispatch/dispatch_intake.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "base/log.h"
#include "dispatch/dispatch_intake_priv.h"
#include "dispatch/dispatch_make_priv.h"

static const struct intake_source *const sources[] = {
	&maildir_source, &lmtp_source, &imap_source, &imaps_source
};

/* ---- open and close ---- */

int
dispatch_intake_open(struct dispatch_intake **out,
		     const struct dispatch_intake_config *config,
		     struct error *err)
{
	struct dispatch_intake *in = calloc(1, sizeof(*in));

	check(in);
	in->config = *config;
	in->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (in->stop_fd < 0) {
		free(in);
		return error_system(err, errno, "an event for the intake");
	}
	in->arena = arena_new();
	if (make_message_key(config->store, in->message_key, err) < 0) {
		dispatch_intake_close(&in);
		return -(int)err->code;
	}
	*out = in;
	return 0;
}

static void
stop(struct dispatch_intake *in)
{
	const uint64_t one = 1;

	atomic_store(&in->closing, true);
	check(write(in->stop_fd, &one, sizeof(one)) == sizeof(one));
	for (size_t i = 0; i < in->place_count; i++)
		if (in->places[i].started)
			check(pthread_join(in->places[i].thread, NULL) == 0);
}

void
dispatch_intake_close(struct dispatch_intake **intake)
{
	struct dispatch_intake *in = *intake;

	if (!in)
		return;
	stop(in);
	for (size_t i = 0; i < in->place_count; i++)
		in->places[i].source->close(in->places[i].self);
	crypto_wipe(in->message_key, sizeof(in->message_key));
	arena_free(&in->arena);
	(void)close(in->stop_fd);
	free(in);
	*intake = NULL;
}

int
intake_stop_fd(const struct dispatch_intake *in)
{
	return in->stop_fd;
}

bool
intake_goes_on(const struct dispatch_intake *in)
{
	return !atomic_load(&in->closing);
}

/* ---- taking ---- */

static void
log_taken(const struct dispatch_taken *taken)
{
	struct buf id = { 0 };

	if (!log_takes(LOG_LEVEL_WARN))
		return;
	if (taken->ours)
		encode_hex(&id,
			   (struct str){ (const char *)taken->delivery.bytes,
					 sizeof(taken->delivery.bytes) });
	log_line(taken->kept == LEAD_REPLY_TAKEN ? LOG_LEVEL_INFO
						 : LOG_LEVEL_WARN,
		 "intake", taken->kept == LEAD_REPLY_TAKEN ? "taken" : "kept",
		 LOG_FIELDS(LOG_CSTR("class", event_return_name(taken->class)),
			    LOG_CSTR("ours", taken->ours    ? "yes"
					     : taken->probe ? "probe"
							    : "no"),
			    LOG_CSTR("again", taken->again ? "yes" : "no"),
			    LOG_TEXT("delivery", buf_view(&id))));
	buf_fini(&id);
}

static int
take_one(const struct dispatch_intake *in, const struct dispatch_mail *mail,
	 const struct mime_report *report, struct dispatch_taken *taken,
	 struct error *err)
{
	struct arena *a = arena_new();
	struct return_mail m = {
		.intake = in,
		.a = a,
		.mail = mail,
		.report = report,
		.class = return_class(report),
		.evidence = "it had left: a mail came back",
		.now_ms = clock_now_ms(in->config.clock),
		.taken = taken,
	};
	int code = db_commit(in->config.store, return_take, &m, err);

	arena_free(&a);
	taken->taken = code >= 0;
	if (taken->taken)
		log_taken(taken);
	return code;
}

size_t
dispatch_intake_take(struct dispatch_intake *in,
		     const struct dispatch_mail *mails, size_t count,
		     struct dispatch_taken *out, struct error *err)
{
	struct arena *a = arena_new();
	struct mime_report **reports =
	    ARENA_ARRAY(a, count, struct mime_report *);
	struct error first = { 0 };
	size_t taken = 0;

	for (size_t i = 0; i < count; i++)
		out[i] = (struct dispatch_taken){ 0 };
	if (intake_parse(in->config.jail, a, mails, count, reports, &first) < 0)
		count = 0;
	for (size_t i = 0; i < count; i++) {
		struct error why;

		if (take_one(in, &mails[i], reports[i], &out[i], &why) >= 0)
			taken++;
		else if (first.code == ERROR_NONE)
			first = why;
	}
	arena_free(&a);
	if (first.code != ERROR_NONE)
		*err = first;
	return taken;
}

/* ---- places ---- */

int
dispatch_intake_add(struct dispatch_intake *in, const char *url,
		    struct error *err)
{
	struct intake_place *place = &in->places[in->place_count];
	struct str rest = str_of(url);
	struct str scheme;

	if (in->place_count == DISPATCH_INTAKE_SOURCES_MAX)
		return error_set(err, ERROR_CONFIG,
				 "found more than %d places that mail comes "
				 "back to",
				 DISPATCH_INTAKE_SOURCES_MAX);
	(void)str_split(&rest, ':', &scheme);
	for (size_t i = 0; i < COUNT_OF(sources) && !place->source; i++)
		if (str_eq_cstr(scheme, sources[i]->scheme))
			place->source = sources[i];
	if (!place->source)
		return error_set(err, ERROR_CONFIG,
				 "found \"%s\", expected maildir:FOLDER, "
				 "lmtp:HOST:PORT, lmtp:PATH or "
				 "imaps://USER@HOST/MAILBOX",
				 url);
	place->intake = in;
	place->url = str_cstr(in->arena, str_of(url));
	if (place->source->open(&place->self, str_cstr(in->arena, rest), err) <
	    0) {
		place->source = NULL;
		return error_context(err, "%s", url);
	}
	in->place_count++;
	return 0;
}

static int64_t
look(struct intake_place *place, struct error *err)
{
	int64_t taken = place->source->run(place->self, place->intake, err);

	return taken < 0 ? error_context(err, "%s", place->url) : taken;
}

int64_t
dispatch_intake_once(struct dispatch_intake *in, struct error *err)
{
	int64_t sum = 0;

	for (size_t i = 0; i < in->place_count; i++) {
		int64_t taken;

		if (!in->places[i].source->is_looked_into)
			continue;
		taken = look(&in->places[i], err);
		if (taken < 0)
			return taken;
		sum += taken;
	}
	return sum;
}

/* True when the intake closes first. */
static bool
wait_a_moment(const struct intake_place *place)
{
	struct pollfd p = { .fd = place->intake->stop_fd, .events = POLLIN };

	(void)poll(&p, 1, place->source->look_ms);
	return !intake_goes_on(place->intake);
}

static void
say_trouble(struct intake_place *place, bool failed, const struct error *err)
{
	if (failed && !place->failed)
		log_line(LOG_LEVEL_ERROR, "intake", "place_failed",
			 LOG_FIELDS(LOG_CSTR("msg", err->text)));
	place->failed = failed;
}

static void *
serve(void *arg)
{
	struct intake_place *place = arg;
	struct error err;

	do {
		int64_t taken = look(place, &err);

		/* It is being sent: it comes again. */
		say_trouble(place, taken < 0 && err.code != ERROR_BUSY, &err);
	} while (!wait_a_moment(place));
	return NULL;
}

int
dispatch_intake_start(struct dispatch_intake *in, struct error *err)
{
	for (size_t i = 0; i < in->place_count; i++) {
		int number = pthread_create(&in->places[i].thread, NULL, serve,
					    &in->places[i]);

		if (number != 0)
			return error_system(err, number,
					    "a thread for what comes back");
		in->places[i].started = true;
	}
	return 0;
}
