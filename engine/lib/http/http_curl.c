/*
 * The library is initialised once, by whoever comes first.
 */
#include "http/http_curl_priv.h"

#include <pthread.h>

#include <curl/curl.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode initialised;

static void
init_library(void)
{
	initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
}

int
http_curl_init(struct error *err)
{
	check(pthread_once(&once, init_library) == 0);
	if (initialised == CURLE_OK)
		return 0;
	return error_set(err, ERROR_IO, "libcurl: %s",
			 curl_easy_strerror(initialised));
}
