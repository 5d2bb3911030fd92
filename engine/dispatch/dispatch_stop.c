/*
 * When nothing new is claimed, whoever asks.
 *
 * Room. A store that runs full in the middle of things is the worst place to
 * find out, because a receiver may have said 250 to what cannot be written
 * down. So below a floor of free space nothing is claimed, and what is claimed
 * goes back. Looked at every ROOM_US by whoever claims; it goes on by itself
 * when there is room again.
 *
 * Reserve. A file of RESERVE_BYTES lies beside the store and is given up when
 * the store refuses a verdict: then there is room for what is in hand, which
 * is one verdict for each connection. It is made anew when there is room for
 * it above the floor, and until then nothing is claimed. Space on a disk that
 * is written by others as well cannot be promised, only made likely; a verdict
 * that does not fit all the same stays in memory and is tried again
 * (dispatch.c).
 *
 * A wire that is stopped stays so until the process ends: somebody has to
 * change the set-up first.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/now.h"
#include "dispatch/dispatch_priv.h"

enum { ROOM_US = 250 * 1000, RESERVE_BYTES = 4 << 20 };

#define ROOM_NEVER (INT64_MIN / 2) /* any time since is long enough */

static const char RESERVE[] = "reserve";

/* ---- the reserve ---- */

static int
open_folder(const struct dispatch *d)
{
	return open(d->config.store_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* With its blocks, or not at all. */
static bool
make_reserve(int folder)
{
	int fd = openat(folder, RESERVE,
			O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool made;

	if (fd < 0)
		return false;
	made = posix_fallocate(fd, 0, RESERVE_BYTES) == 0;
	close(fd);
	if (!made)
		(void)unlinkat(folder, RESERVE, 0);
	return made;
}

void
room_init(struct dispatch *d)
{
	atomic_init(&d->is_short, false);
	atomic_init(&d->looked_us, ROOM_NEVER);
}

void
room_release(struct dispatch *d)
{
	int folder;

	if (!d->config.store_folder)
		return;
	pthread_mutex_lock(&d->mutex);
	folder = d->reserved ? open_folder(d) : -1;
	if (folder >= 0) {
		d->reserved = unlinkat(folder, RESERVE, 0) != 0;
		d->given_up = !d->reserved;
		atomic_store(&d->looked_us, ROOM_NEVER);
		close(folder);
		log_line(LOG_LEVEL_WARN, "dispatch", "reserve_given_up",
			 LOG_FIELDS(LOG_INT("bytes", RESERVE_BYTES)));
	}
	pthread_mutex_unlock(&d->mutex);
}

/* ---- room ---- */

/* What cannot be asked is not known to be full. */
static int64_t
free_bytes(int folder)
{
	struct statvfs fs;
	int64_t bytes;

	if (fstatvfs(folder, &fs) != 0 ||
	    __builtin_mul_overflow(fs.f_bavail, fs.f_frsize, &bytes))
		return INT64_MAX;
	return bytes;
}

static void
log_room(const struct dispatch *d, bool is_short, int64_t bytes)
{
	log_line(is_short ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "dispatch",
		 is_short ? "low_space" : "space_again",
		 LOG_FIELDS(LOG_CSTR("folder", d->config.store_folder),
			    LOG_INT("free_bytes", bytes),
			    LOG_INT("min_free_bytes", d->config.min_free_bytes),
			    LOG_CSTR("msg", is_short ? "nothing new is claimed"
						     : "sending goes on")));
}

/* The mutex is held. */
static void
look(struct dispatch *d)
{
	int64_t floor = d->config.min_free_bytes;
	int folder = open_folder(d);
	int64_t bytes;
	bool has_both;
	bool is_short;

	if (folder < 0)
		return;
	bytes = free_bytes(folder);
	has_both = bytes >= floor && bytes - floor >= RESERVE_BYTES;
	if (has_both && !d->reserved && atomic_load(&d->unstored) == 0) {
		d->reserved = make_reserve(folder);
		d->given_up = d->given_up && !d->reserved;
	}
	is_short = bytes < floor || d->given_up;
	if (is_short != atomic_load(&d->is_short))
		log_room(d, is_short, bytes);
	atomic_store(&d->is_short, is_short);
	close(folder);
}

bool
room_is_short(struct dispatch *d)
{
	int64_t now_us = now_mono_us();

	if (!d->config.store_folder)
		return false;
	if (now_us - atomic_load(&d->looked_us) >= ROOM_US) {
		pthread_mutex_lock(&d->mutex);
		atomic_store(&d->looked_us, now_us);
		look(d);
		pthread_mutex_unlock(&d->mutex);
	}
	return atomic_load(&d->is_short);
}

/* ---- wires ---- */

void
wire_stop(struct dispatch *d, struct dispatch_wire *wire,
	  const struct error *why)
{
	pthread_mutex_lock(&d->mutex);
	if (!atomic_load(&wire->stopped)) {
		wire->why = *why;
		atomic_store(&wire->stopped, true);
		log_line(LOG_LEVEL_ERROR, "dispatch", "stopped",
			 LOG_FIELDS(LOG_CSTR("msg", why->text)));
	}
	pthread_mutex_unlock(&d->mutex);
}

int
dispatch_stopped(struct dispatch *d, struct error *err)
{
	for (int i = 0; i < d->wire_count; i++)
		if (wire_is_stopped(d, &d->wires[i], err) < 0)
			return -(int)err->code;
	return 0;
}

int
wire_is_stopped(struct dispatch *d, struct dispatch_wire *wire,
		struct error *err)
{
	if (!atomic_load(&wire->stopped))
		return 0;
	pthread_mutex_lock(&d->mutex);
	*err = wire->why;
	pthread_mutex_unlock(&d->mutex);
	return -(int)err->code;
}
