/*
 * Whatever a head holds: one that the guard lets through has one Host, one
 * length at most, and nothing that ends a header. The input is lines of
 * NAME:VALUE; the first byte chooses the version.
 */
#include "fuzz.h"
#include "http/http.h"

static void
check_header(const struct http_header *h, int *hosts, int *lengths)
{
	check(h->name.len > 0 && str_find_char(h->name, ' ') < 0);
	for (size_t i = 0; i < h->value.len; i++)
		check(h->value.p[i] != '\r' && h->value.p[i] != '\0');
	*hosts += str_eq_fold(h->name, STR("host"));
	*lengths += str_eq_fold(h->name, STR("content-length")) ||
		    str_eq_fold(h->name, STR("transfer-encoding"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const versions[] = { "HTTP/1.1", "HTTP/1.0",
						"HTTP/2.0", "" };
	struct http_header headers[HTTP_HEADERS_MAX + 2];
	struct str rest, line;
	size_t count = 0;
	int hosts = 0, lengths = 0;
	struct error err;

	if (size == 0)
		return 0;
	rest = (struct str){ (const char *)data + 1, size - 1 };
	while (count < COUNT_OF(headers) && str_split(&rest, '\n', &line)) {
		struct http_header *h = &headers[count++];

		if (!str_split(&line, ':', &h->name))
			h->name = STR("");
		h->value = line;
	}
	if (http_guard(versions[data[0] % 4], headers, count, &err) < 0) {
		check(err.code == ERROR_INVALID || err.code == ERROR_LIMIT);
		return 0;
	}
	check(data[0] % 4 < 2 && count <= HTTP_HEADERS_MAX);
	for (size_t i = 0; i < count; i++)
		check_header(&headers[i], &hosts, &lengths);
	check(hosts == 1 && lengths <= 1);
	return 0;
}
