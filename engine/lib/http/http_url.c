/*
 * What a URL may be. The library's own parser decides, the same that will
 * connect: two parsers that disagree are how a guard is walked around.
 */
#include "http/http_client.h"

#include <string.h>

#include <curl/curl.h>

#include "http/http_address.h"

static int
refuse(const char *url, const char *what, struct error *err)
{
	return error_set(err, ERROR_INVALID,
			 "\"%.200s\" %s, expected https://HOST/PATH", url,
			 what);
}

static bool
has_part(CURLU *u, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(u, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

static int
check_scheme(CURLU *u, const char *url, struct error *err)
{
	char *scheme = NULL;
	int code = 0;

	if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0))
		code = refuse(url, "is neither http nor https", err);
	curl_free(scheme);
	return code;
}

/* The parser has no word for a part that is there and empty. */
static bool
has_empty_user(const char *url)
{
	const char *authority = strstr(url, "//");

	return authority && authority[2 + strcspn(authority + 2, "/?@")] == '@';
}

/* The parser decodes %40 and the like, so look at what it made of it. */
static bool
is_host(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_[]:";

	return name[0] && name[strspn(name, allowed)] == '\0';
}

static int
check_parts(CURLU *u, const char *url, struct buf *host, struct error *err)
{
	char *name = NULL;
	int code = 0;

	if (check_scheme(u, url, err) < 0)
		return -(int)err->code;
	if (has_part(u, CURLUPART_USER) || has_part(u, CURLUPART_PASSWORD) ||
	    has_empty_user(url))
		return refuse(url, "names a user", err);
	if (strchr(url, '#'))
		return refuse(url, "has a fragment", err);
	if (curl_url_get(u, CURLUPART_HOST, &name, 0) != CURLUE_OK)
		return refuse(url, "has no host", err);
	if (!is_host(name))
		code = refuse(url, "has a host that is no name or number", err);
	else if (host)
		buf_cat(host, name);
	curl_free(name);
	return code;
}

int
http_client_check_url(const char *url, struct buf *host, struct error *err)
{
	CURLU *u;
	int code;

	if (strlen(url) > HTTP_URL_BYTES)
		return error_set(err, ERROR_LIMIT,
				 "a URL of %zu bytes, expected at most %d",
				 strlen(url), HTTP_URL_BYTES);
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return refuse(url, "has a character no URL has", err);
	u = curl_url();
	check(u);
	if (curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK)
		code = refuse(url, "is no URL", err);
	else
		code = check_parts(u, url, host, err);
	curl_url_cleanup(u);
	return code;
}

bool
http_client_is_loopback(struct str host)
{
	struct buf name = { 0 };
	bool is;

	if (str_starts(host, STR("[")))
		host = str_slice(host, 1, host.len - 1);
	buf_str(&name, host);
	is = str_eq_fold(host, STR("localhost")) ||
	     http_address_text_allowed(buf_cstr(&name), true);
	buf_fini(&name);
	return is;
}
