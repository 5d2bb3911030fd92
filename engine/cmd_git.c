/*
 * git is asked, not read: its files have more forms than we want to know. What
 * a workspace's own configuration could have it run (a file system monitor) is
 * switched off; it takes no locks, so that a user's own git is not disturbed.
 */
#define _GNU_SOURCE /* pipe2() */
#include "cmd_git.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"

enum { OUTPUT_BYTES_MAX = 4096 };

extern char **environ;

static pid_t
start(const char *const *argv, int out)
{
	posix_spawn_file_actions_t files;
	pid_t pid;
	int rc;

	check(posix_spawn_file_actions_init(&files) == 0);
	check(posix_spawn_file_actions_addopen(&files, STDIN_FILENO,
					       "/dev/null", O_RDONLY, 0) == 0);
	check(posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO) ==
	      0);
	check(posix_spawn_file_actions_addopen(&files, STDERR_FILENO,
					       "/dev/null", O_WRONLY, 0) == 0);
	rc = posix_spawnp(&pid, argv[0], &files, NULL, (char *const *)argv,
			  environ);
	check(posix_spawn_file_actions_destroy(&files) == 0);
	return rc == 0 ? pid : -1;
}

/* The first bytes of what it says; the rest is read and dropped. */
static struct str
read_start(struct arena *a, int fd)
{
	char *bytes = arena_alloc(a, OUTPUT_BYTES_MAX);
	char rest[OUTPUT_BYTES_MAX];
	size_t len = 0;

	for (;;) {
		bool full = len == OUTPUT_BYTES_MAX;
		ssize_t n = read(fd, full ? rest : bytes + len,
				 full ? sizeof(rest) : OUTPUT_BYTES_MAX - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (struct str){ bytes, len };
		len += full ? 0 : (size_t)n;
	}
}

static bool
succeeded(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		check(errno == EINTR);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool
ask(struct arena *a, const char *const *argv, struct str *answer)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	pid = start(argv, ends[1]);
	close(ends[1]);
	if (pid > 0)
		*answer = str_trim(read_start(a, ends[0]));
	close(ends[0]);
	return pid > 0 && succeeded(pid);
}

#define GIT(folder, ...)                                                    \
	(const char *const[])                                               \
	{                                                                   \
		"git", "--no-optional-locks", "-c", "core.fsmonitor=false", \
		    "-C", folder, __VA_ARGS__, NULL                         \
	}

struct git_state
git_state_of(struct arena *a, const char *folder)
{
	struct git_state state = { 0 };
	struct str changes;

	if (!ask(a, GIT(folder, "rev-parse", "--verify", "HEAD"),
		 &state.commit))
		return (struct git_state){ 0 };
	state.dirty = !ask(a, GIT(folder, "status", "--porcelain", "--", "."),
			   &changes) ||
		      changes.len > 0;
	return state;
}
