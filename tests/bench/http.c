/*
 * The server that tests/bench/http puts under load: /pixel answers at once,
 * /commit from another thread, which takes all that wait at a time as the
 * writer of a store does. Serves until its input ends.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/http.h"

enum { HELD_MAX = 4096 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct http_exchange *held[HELD_MAX];
static size_t held_count;
static bool stopping;

static const struct http_response pixel = {
	.status = 200,
	.content_type = "image/gif",
	.body = { "GIF89a\1\0\1\0\200\0\0\0\0\0\0\0\0!\371\4\1\0\0\0\0,\0\0"
		  "\0\0\1\0\1\0\0\2\2D\1\0;",
		  43 },
};

static void
answer(void *arg, const struct http_request *request,
       struct http_response *response)
{
	(void)arg;
	(void)request;
	*response = pixel;
}

static void
hold(void *arg, const struct http_request *request,
     struct http_response *response)
{
	(void)arg;
	(void)response;
	http_wait(request);
	pthread_mutex_lock(&lock);
	check(held_count < HELD_MAX);
	held[held_count++] = request->exchange;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
}

/* How many it took into `mine`; 0 at the end. */
static size_t
take_all(struct http_exchange **mine)
{
	size_t count;

	pthread_mutex_lock(&lock);
	while (held_count == 0 && !stopping)
		pthread_cond_wait(&changed, &lock);
	count = held_count;
	for (size_t i = 0; i < count; i++)
		mine[i] = held[i];
	held_count = 0;
	pthread_mutex_unlock(&lock);
	return count;
}

static void *
writer(void *arg)
{
	static struct http_exchange *mine[HELD_MAX];
	size_t count;

	(void)arg;
	while ((count = take_all(mine)) > 0)
		for (size_t i = 0; i < count; i++)
			http_ready(mine[i], &pixel);
	return NULL;
}

int
main(void)
{
	static const struct http_route routes[] = {
		{ HTTP_GET, "/pixel", 0, answer, NULL },
		{ HTTP_GET, "/commit", 0, hold, NULL },
	};
	const struct http_config config = {
		.address = "127.0.0.1",
		.routes = routes,
		.route_count = COUNT_OF(routes),
	};
	struct http_server *server;
	struct error err;
	pthread_t thread;

	if (http_server_open(&server, &config, &err) < 0) {
		fprintf(stderr, "bench_http: %s\n", err.text);
		return EXIT_FAILURE;
	}
	check(pthread_create(&thread, NULL, writer, NULL) == 0);
	printf("%d\n", http_server_port(server));
	fflush(stdout);
	while (getchar() != EOF)
		;
	http_server_close(&server);
	pthread_mutex_lock(&lock);
	stopping = true;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
	return EXIT_SUCCESS;
}
