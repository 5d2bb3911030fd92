/*
 * Where a partner wants posts and leads to go: a URL
 * that is taken is one that http_client can be given, with a host and without
 * a user.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "http/http_client.h"

static void
check_host(struct str host)
{
	check(host.len > 0);
	for (size_t i = 0; i < host.len; i++)
		check(host.p[i] > ' ' && host.p[i] <= '~' && host.p[i] != '/' &&
		      host.p[i] != '@' && host.p[i] != '?' && host.p[i] != '#');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *url = malloc(size + 1);
	struct buf host = { 0 };
	struct error err;

	check(url);
	memcpy(url, data, size);
	url[size] = '\0';
	if (http_client_check_url(url, &host, &err) < 0) {
		check(err.code == ERROR_INVALID || err.code == ERROR_LIMIT);
	} else {
		check(strncasecmp(url, "http", 4) == 0);
		check(strlen(url) <= HTTP_URL_BYTES && !strchr(url, '#'));
		check(!str_starts(str_of(strstr(url, "//")), STR("//@")));
		check_host(buf_view(&host));
	}
	buf_fini(&host);
	free(url);
	return 0;
}
