/*
 * The writer thread: the only one that changes a SQLite store in this process.
 *
 * Jobs wait in one queue, first in first out, which is what keeps a thread's
 * units in order. A group is one transaction: BEGIN IMMEDIATE, then up to 32
 * jobs or 1 ms of them, then COMMIT with one fsync for all, then the answers.
 * No timer waits for more jobs: while one group is flushed the next one gathers
 * by itself. Before it begins the writer yields to what is ready to run, which
 * may bring more: where the processor is what all wait for, groups are half as
 * many again, and where it is not, nothing is ready and nothing is lost.
 *
 * Hardly a unit fails, so a group is run as if none would: a SAVEPOINT around
 * each makes SQLite copy every page that it changes. A job is settled by its
 * group unless
 *  - BEGIN fails, BUSY for 10 s as a rule: all that is queued fails with it;
 *  - a unit fails: the group runs again, now each in a SAVEPOINT;
 *  - the transaction is lost under a unit (SQLite rolls back by itself when
 *    the disk is full) or a deferred constraint fails at COMMIT. That is the
 *    fault of one unit, so each unit of the group runs again by itself.
 *  - COMMIT fails otherwise: all units of the group fail with its code.
 *
 * Fairness: SQLite's lock knows no queue. Who releases and takes it at once
 * starves a process that tries every 0.1 to 0.2 ms, so after HOLD_US of load
 * without a pause the writer pauses for GAP_US, longer than such a step.
 *
 * Checkpoints are made here, between two groups and without the write lock
 * (PASSIVE): after COMMIT, as SQLite would do it, they would delay answers.
 *
 * Rejected: a condition for each group with all its waiters (a herd wakes for
 * one answer) - each waiting job has a semaphore of its own.
 */
#include "db/db_sqlite.h"

#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "base/now.h"

enum {
	QUEUE_MAX = 4096,
	GROUP_MAX = 32,
	GROUP_US = 1000,
	HOLD_US = 4000,
	GAP_US = 300,
	CHECKPOINT_PAGES = 1000,
};

struct job {
	struct job *next;
	db_unit_fn *unit;
	void *arg;
	db_done_fn *done;
	sem_t *ended; /* of db_commit(), which owns the job; else NULL */
	int result;
	struct error err;
};

struct db_sqlite_writer {
	struct db_sqlite_conn *db;
	pthread_t thread;
	int64_t loaded_since_us; /* the writer's own: when it last paused */

	pthread_mutex_t mutex; /* guards all below */
	pthread_cond_t work;   /* a job came, or `closing` */
	pthread_cond_t room;   /* the queue is no longer full */
	pthread_cond_t rest;   /* `ended` grew */
	struct job *first;
	struct job **last;
	size_t count;
	uint64_t pushed;
	uint64_t ended;
	bool closing;
};

struct group {
	struct job *jobs[GROUP_MAX];
	size_t count;
};

/* ---- the queue ---- */

static struct db_sqlite_writer *
writer_of(struct db_store *store)
{
	struct db_sqlite_writer *w = ((struct db_sqlite_store *)store)->writer;

	/* A unit, and a done function, may not wait for their own thread. */
	check(!pthread_equal(pthread_self(), w->thread));
	return w;
}

static void
push(struct db_sqlite_writer *w, struct job *job)
{
	pthread_mutex_lock(&w->mutex);
	check(!w->closing);
	while (w->count == QUEUE_MAX)
		pthread_cond_wait(&w->room, &w->mutex);
	*w->last = job;
	w->last = &job->next;
	w->count++;
	w->pushed++;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->mutex);
}

/* NULL when there is none. */
static struct job *
pop(struct db_sqlite_writer *w)
{
	struct job *job;

	pthread_mutex_lock(&w->mutex);
	job = w->first;
	if (job) {
		w->first = job->next;
		if (!w->first)
			w->last = &w->first;
		if (w->count-- == QUEUE_MAX)
			pthread_cond_broadcast(&w->room);
	}
	pthread_mutex_unlock(&w->mutex);
	return job;
}

/* False when there is no work and there will be none. */
static bool
wait_for_work(struct db_sqlite_writer *w)
{
	int64_t from_us = now_mono_us();
	bool more;

	pthread_mutex_lock(&w->mutex);
	while (!w->first && !w->closing)
		pthread_cond_wait(&w->work, &w->mutex);
	more = w->first;
	pthread_mutex_unlock(&w->mutex);
	if (now_mono_us() - from_us >= GAP_US)
		w->loaded_since_us = now_mono_us();
	return more;
}

/* ---- answers ---- */

static void
log_failure(const struct error *err)
{
	log_line(LOG_LEVEL_ERROR, "db", "unit_failed",
		 LOG_FIELDS(LOG_CSTR("code", error_code_name(err->code)),
			    LOG_CSTR("msg", err->text)));
}

static void
answer(struct job *job)
{
	if (job->ended) {
		check(sem_post(job->ended) == 0);
		return; /* the job is its owner's again, perhaps gone */
	}
	if (job->done)
		job->done(job->arg, job->result, &job->err);
	else if (job->result < 0)
		log_failure(&job->err);
	free(job);
}

static void
answer_all(struct db_sqlite_writer *w, const struct group *g)
{
	for (size_t i = 0; i < g->count; i++)
		answer(g->jobs[i]);
	pthread_mutex_lock(&w->mutex);
	w->ended += g->count;
	pthread_cond_broadcast(&w->rest);
	pthread_mutex_unlock(&w->mutex);
}

static void
fail(struct job *job, const struct error *err)
{
	job->err = *err;
	job->result = -(int)err->code;
}

/* ---- transactions ---- */

static int
begin(struct db_sqlite_writer *w, struct error *err)
{
	return db_sqlite_do(w->db, "BEGIN IMMEDIATE", err);
}

static void
roll_back(struct db_sqlite_writer *w)
{
	struct error err;

	if (db_sqlite_in_transaction(w->db))
		check(db_sqlite_do(w->db, "ROLLBACK", &err) >= 0);
}

static void
call_unit(struct db_sqlite_conn *db, struct job *job)
{
	db->failure = (struct error){ 0 };
	job->err = (struct error){ 0 };
	job->result = job->unit(&db->base, job->arg, &job->err);
	check(db->open_rows == 0);
	check(job->result >= 0 || job->err.code != ERROR_NONE);
	if (job->result >= 0 && db->failure.code != ERROR_NONE)
		fail(job, &db->failure);
}

/* The transaction may be gone afterwards; see the top. */
static void
run_in_savepoint(struct db_sqlite_writer *w, struct job *job)
{
	struct error err;

	if (db_sqlite_do(w->db, "SAVEPOINT unit", &err) < 0) {
		fail(job, &err);
		return;
	}
	call_unit(w->db, job);
	if (!db_sqlite_in_transaction(w->db))
		return;
	if ((job->result < 0 &&
	     db_sqlite_do(w->db, "ROLLBACK TO unit", &err) < 0) ||
	    db_sqlite_do(w->db, "RELEASE unit", &err) < 0) {
		fail(job, &err);
		roll_back(w);
	}
}

/* Commits the group; false when its units must run again, each by itself. */
static bool
end_group(struct db_sqlite_writer *w, const struct group *g)
{
	struct error err;
	bool lost = !db_sqlite_in_transaction(w->db);

	if (lost)
		error_set(&err, ERROR_INTERNAL,
			  "the transaction ended inside a unit");
	else if (db_sqlite_do(w->db, "COMMIT", &err) >= 0) {
		failpoint_pass("db: committed");
		return true;
	}
	roll_back(w);
	if (g->count > 1 && (lost || err.code == ERROR_INVALID))
		return false;
	for (size_t i = 0; i < g->count; i++)
		if (g->jobs[i]->result >= 0)
			fail(g->jobs[i], &err);
	return true;
}

static void
run_alone(struct db_sqlite_writer *w, struct job *job)
{
	const struct group alone = { .jobs = { job }, .count = 1 };
	struct error err;

	if (begin(w, &err) < 0) {
		fail(job, &err);
		return;
	}
	call_unit(w->db, job);
	if (job->result < 0)
		roll_back(w);
	else
		check(end_group(w, &alone));
}

/* One of them fails; what it leaves behind must not be committed. */
static void
run_again(struct db_sqlite_writer *w, const struct group *g)
{
	struct error err;

	if (begin(w, &err) < 0) {
		for (size_t i = 0; i < g->count; i++)
			fail(g->jobs[i], &err);
		return;
	}
	for (size_t i = 0; i < g->count && db_sqlite_in_transaction(w->db); i++)
		run_in_savepoint(w, g->jobs[i]);
	if (!end_group(w, g))
		for (size_t i = 0; i < g->count; i++)
			run_alone(w, g->jobs[i]);
}

/* Those that came while we waited for another process waited as long. */
static void
fail_queue(struct db_sqlite_writer *w, const struct error *err)
{
	struct group g = { .count = 1 };

	while ((g.jobs[0] = pop(w))) {
		fail(g.jobs[0], err);
		answer_all(w, &g);
	}
}

/* Takes jobs and calls them, to the first that fails: false then. */
static bool
call_units(struct db_sqlite_writer *w, struct group *g)
{
	int64_t start_us = now_mono_us();
	struct job *job;

	while (g->count < GROUP_MAX && now_mono_us() - start_us < GROUP_US &&
	       (job = pop(w))) {
		g->jobs[g->count++] = job;
		call_unit(w->db, job);
		if (job->result < 0)
			return false;
	}
	return true;
}

static void
run_group(struct db_sqlite_writer *w)
{
	struct group g = { 0 };
	struct error err;
	bool good;

	if (begin(w, &err) < 0) {
		fail_queue(w, &err);
		return;
	}
	good = call_units(w, &g);
	if (good)
		good = end_group(w, &g);
	else
		roll_back(w);
	if (!good && g.count > 1)
		run_again(w, &g);
	answer_all(w, &g);
}

static void
checkpoint_if_due(struct db_sqlite_writer *w)
{
	if (w->db->wal_pages < CHECKPOINT_PAGES)
		return;
	/* What a reader still needs stays; the next one takes it. */
	w->db->wal_pages = 0;
	failpoint_pass("db: checkpoint due");
	sqlite3_wal_checkpoint_v2(w->db->handle, NULL,
				  SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

static void
let_others_in(struct db_sqlite_writer *w)
{
	if (now_mono_us() - w->loaded_since_us < HOLD_US)
		return;
	now_sleep_us(GAP_US);
	w->loaded_since_us = now_mono_us();
}

static void *
writer_main(void *arg)
{
	struct db_sqlite_writer *w = arg;

	while (wait_for_work(w)) {
		check(sched_yield() == 0);
		run_group(w);
		checkpoint_if_due(w);
		let_others_in(w);
	}
	return NULL;
}

/* ---- start and stop ---- */

/* Signals are for the threads that look for them. */
static void
start_thread(struct db_sqlite_writer *w)
{
	sigset_t all;
	sigset_t before;

	sigfillset(&all);
	check(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
	check(pthread_create(&w->thread, NULL, writer_main, w) == 0);
	check(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
}

int
db_sqlite_writer_start(struct db_sqlite_store *store, struct error *err)
{
	struct db_sqlite_writer *w = calloc(1, sizeof(*w));

	check(w);
	if (db_sqlite_connect(store, true, &w->db, err) < 0) {
		free(w);
		return -(int)err->code;
	}
	check(pthread_mutex_init(&w->mutex, NULL) == 0);
	check(pthread_cond_init(&w->work, NULL) == 0);
	check(pthread_cond_init(&w->room, NULL) == 0);
	check(pthread_cond_init(&w->rest, NULL) == 0);
	w->last = &w->first;
	store->writer = w;
	start_thread(w);
	return 0;
}

void
db_sqlite_writer_stop(struct db_sqlite_store *store)
{
	struct db_sqlite_writer *w = store->writer;

	pthread_mutex_lock(&w->mutex);
	w->closing = true;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->mutex);
	check(pthread_join(w->thread, NULL) == 0);
	db_sqlite_disconnect(&w->db->base);
	check(pthread_cond_destroy(&w->rest) == 0);
	check(pthread_cond_destroy(&w->room) == 0);
	check(pthread_cond_destroy(&w->work) == 0);
	check(pthread_mutex_destroy(&w->mutex) == 0);
	free(w);
	store->writer = NULL;
}

/* ---- the driver's functions ---- */

static void
wait_for(sem_t *ended)
{
	while (sem_wait(ended) < 0)
		check(errno == EINTR);
}

int
db_sqlite_commit(struct db_store *store, db_unit_fn *unit, void *arg,
		 struct error *err)
{
	struct db_sqlite_writer *w = writer_of(store);
	sem_t ended;
	struct job job = { .unit = unit, .arg = arg, .ended = &ended };

	check(sem_init(&ended, 0, 0) == 0);
	push(w, &job);
	wait_for(&ended);
	check(sem_destroy(&ended) == 0);
	if (job.result < 0)
		*err = job.err;
	return job.result;
}

void
db_sqlite_submit(struct db_store *store, db_unit_fn *unit, void *arg,
		 db_done_fn *done)
{
	struct db_sqlite_writer *w = writer_of(store);
	struct job *job = calloc(1, sizeof(*job));

	check(job);
	job->unit = unit;
	job->arg = arg;
	job->done = done;
	push(w, job);
}

void
db_sqlite_drain(struct db_store *store)
{
	struct db_sqlite_writer *w = writer_of(store);
	uint64_t mine;

	pthread_mutex_lock(&w->mutex);
	mine = w->pushed;
	while (w->ended < mine)
		pthread_cond_wait(&w->rest, &w->mutex);
	pthread_mutex_unlock(&w->mutex);
}
