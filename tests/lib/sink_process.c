#include "sink_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/now.h"
#include "base/str.h"

enum {
	ARGS_MAX = 32,
	START_US = 20 * 1000 * 1000,
	LOOK_US = 10 * 1000,
};

static struct sockaddr_in
loopback(int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)port),
	};
}

/* Free now, and the kernel does not give it to the next who asks for any. */
static int
free_port(void)
{
	struct sockaddr_in address = loopback(0);
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	check(fd >= 0);
	check(bind(fd, (struct sockaddr *)&address, len) == 0);
	check(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
	close(fd);
	return ntohs(address.sin_port);
}

static bool
answers(int port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool well;

	check(fd >= 0);
	well = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return well;
}

bool
sink_process_has(const char *program)
{
	struct str path = str_of(getenv("PATH"));
	struct arena *a;
	struct str dir;
	bool found = false;

	if (strchr(program, '/'))
		return access(program, X_OK) == 0;
	a = arena_new();
	while (!found && str_split(&path, ':', &dir))
		found =
		    access(arena_printf(a, "%.*s/%s", STR_ARG(dir), program),
			   X_OK) == 0;
	arena_free(&a);
	return found;
}

static _Noreturn void
become(const char *output, const char *const *argv)
{
	int fd = open(output, O_WRONLY | O_CREAT | O_APPEND, 0600);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	check(fd >= 0);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	perror(argv[0]);
	_exit(127);
}

static pid_t
spawn(const char *output, const char *const *argv)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	check(pid >= 0);
	if (pid == 0)
		become(output, argv);
	return pid;
}

int
sink_process_run(const char *output, const char *const *argv)
{
	int status;
	pid_t pid = spawn(output, argv);

	check(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
wait_for(const struct sink_process *sink, const char *program)
{
	int64_t end_us = now_mono_us() + START_US;

	while (!answers(sink->port)) {
		if (now_mono_us() > end_us ||
		    waitpid(sink->pid, NULL, WNOHANG) != 0) {
			fprintf(stderr, "sink_process: %s did not start\n",
				program);
			exit(1);
		}
		now_sleep_us(LOOK_US);
	}
}

void
sink_process_start(struct sink_process *sink, const char *output,
		   const char *const *argv)
{
	struct arena *a = arena_new();
	const char *args[ARGS_MAX] = { 0 };

	sink->port = free_port();
	for (int i = 0; argv[i]; i++) {
		check(i < ARGS_MAX - 1);
		args[i] = argv[i];
		if (strcmp(argv[i], SINK_ADDRESS) == 0)
			args[i] = arena_printf(a, "127.0.0.1:%d", sink->port);
		if (strcmp(argv[i], SINK_PORT) == 0)
			args[i] = arena_printf(a, "%d", sink->port);
	}
	sink->pid = spawn(output, args);
	arena_free(&a);
	wait_for(sink, argv[0]);
}

void
sink_process_stop(struct sink_process *sink)
{
	check(kill(sink->pid, SIGKILL) == 0);
	check(waitpid(sink->pid, NULL, 0) == sink->pid);
	*sink = (struct sink_process){ 0 };
}
