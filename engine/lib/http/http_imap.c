/*
 * One easy handle for one mailbox. The library logs in and selects by itself;
 * what it is asked for beyond a fetch is a command written out, whose untagged
 * answers it hands over as a body.
 *
 * It fetches by BODY[], which sets \Seen; so what is left to do is not what is
 * unseen, but what is still in the mailbox.
 */
#include "http/http_imap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "http/http_client.h"
#include "http/http_curl_priv.h"

enum {
	FOLDER_MAX = 100,
	CA_MAX = 1000,
	COMMAND_BYTES = 200,
	SAID_BYTES = 256 * 1024
};

struct http_imap {
	CURL *easy;
	char *url; /* without user and query */
	char folder[FOLDER_MAX + 1];
	char failure[CURL_ERROR_SIZE];
};

/* ---- the URL ---- */

static int
wrong(struct error *err)
{
	return error_set(err, ERROR_CONFIG,
			 "expected imaps://USER@HOST/MAILBOX, or imap:// to "
			 "this machine");
}

static bool
is_folder_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || strchr("._/-", c);
}

static int
read_folder(struct http_imap *box, struct str name, struct error *err)
{
	if (name.len == 0 || name.len > FOLDER_MAX)
		return wrong(err);
	for (size_t i = 0; i < name.len; i++)
		if (!is_folder_char(name.p[i]))
			return error_set(err, ERROR_CONFIG,
					 "a folder with other characters than "
					 "letters, digits and . _ / -");
	memcpy(box->folder, name.p, name.len);
	box->folder[name.len] = '\0';
	return 0;
}

static int
read_ca(struct http_imap *box, struct str file, struct error *err)
{
	char path[CA_MAX + 1] = "";

	if (file.len == 0 || file.len > CA_MAX)
		return wrong(err);
	memcpy(path, file.p, file.len);
	check(curl_easy_setopt(box->easy, CURLOPT_CAINFO, path) == CURLE_OK);
	check(curl_easy_setopt(box->easy, CURLOPT_CAPATH, NULL) == CURLE_OK);
	return 0;
}

static int
read_query(struct http_imap *box, const char *query, struct error *err)
{
	struct str rest = query ? str_of(query) : STR("");
	struct str option;
	int code = read_folder(box, STR("Taken"), err);

	while (code >= 0 && str_split(&rest, '&', &option)) {
		struct str value = str_slice(option, 3, option.len);

		if (str_starts(option, STR("to=")))
			code = read_folder(box, value, err);
		else if (str_starts(option, STR("ca=")))
			code = read_ca(box, value, err);
		else
			code = wrong(err);
	}
	return code;
}

/* Over the network by TLS alone. */
static bool
is_safe(const char *scheme, const char *host)
{
	return strcmp(scheme, "imaps") == 0 ||
	       http_client_is_loopback(str_of(host));
}

static int
read_url(struct http_imap *box, CURLU *u, struct error *err)
{
	char *scheme = NULL, *host = NULL, *user = NULL, *query = NULL;
	char *path = NULL;
	int code = 0;

	if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_PATH, &path, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_USER, &user, CURLU_URLDECODE) !=
		CURLUE_OK ||
	    strlen(path) < 2)
		code = wrong(err);
	else if (!is_safe(scheme, host))
		code = error_set(err, ERROR_CONFIG,
				 "imap:// leads away from this machine without "
				 "TLS, expected imaps://");
	(void)curl_url_get(u, CURLUPART_QUERY, &query, 0);
	if (code >= 0)
		code = read_query(box, query, err);
	if (code >= 0 &&
	    (curl_easy_setopt(box->easy, CURLOPT_USERNAME, user) != CURLE_OK ||
	     curl_url_set(u, CURLUPART_USER, NULL, 0) != CURLUE_OK ||
	     curl_url_set(u, CURLUPART_PASSWORD, NULL, 0) != CURLUE_OK ||
	     curl_url_set(u, CURLUPART_QUERY, NULL, 0) != CURLUE_OK ||
	     curl_url_get(u, CURLUPART_URL, &box->url, 0) != CURLUE_OK))
		code = wrong(err);
	curl_free(scheme);
	curl_free(host);
	curl_free(path);
	curl_free(user);
	curl_free(query);
	return code;
}

static int
open_url(struct http_imap *box, const char *url, struct error *err)
{
	CURLU *u = curl_url();
	char *password = NULL;
	int code;

	check(u);
	if (curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK)
		code = wrong(err);
	else if (curl_url_get(u, CURLUPART_PASSWORD, &password, 0) == CURLUE_OK)
		code = error_set(err, ERROR_CONFIG,
				 "a password in a URL is seen by others, "
				 "expected it in the environment");
	else
		code = read_url(box, u, err);
	curl_free(password);
	curl_url_cleanup(u);
	return code;
}

/* ---- open and close ---- */

static CURL *
new_easy(void)
{
	CURL *easy = curl_easy_init();

	check(easy);
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "imap,imaps");
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
			       (long)HTTP_CONNECT_MS);
	(void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
			       (long)HTTP_IMAP_TIMEOUT_MS);
	return easy;
}

int
http_imap_open(struct http_imap **out, const char *url, struct error *err)
{
	struct http_imap *box;

	if (http_curl_init(err) < 0)
		return -(int)err->code;
	box = calloc(1, sizeof(*box));
	check(box);
	box->easy = new_easy();
	(void)curl_easy_setopt(box->easy, CURLOPT_ERRORBUFFER, box->failure);
	if (open_url(box, url, err) < 0) {
		http_imap_close(&box);
		return -(int)err->code;
	}
	*out = box;
	return 0;
}

void
http_imap_close(struct http_imap **box)
{
	if (!*box)
		return;
	curl_easy_cleanup((*box)->easy);
	curl_free((*box)->url);
	free(*box);
	*box = NULL;
}

void
http_imap_login(struct http_imap *box, const char *password)
{
	check(curl_easy_setopt(box->easy, CURLOPT_PASSWORD, password) ==
	      CURLE_OK);
}

void
http_imap_leave(struct http_imap *box)
{
	CURL *fresh = curl_easy_duphandle(box->easy);

	check(fresh);
	curl_easy_cleanup(box->easy);
	box->easy = fresh;
	(void)curl_easy_setopt(fresh, CURLOPT_ERRORBUFFER, box->failure);
}

/* ---- an exchange ---- */

struct hearing {
	struct buf *to;
	size_t most; /* bytes kept */
};

static size_t
on_bytes(char *bytes, size_t size, size_t count, void *arg)
{
	struct hearing *h = arg;
	size_t len = size * count;
	size_t room = h->to->len < h->most ? h->most - h->to->len : 0;

	buf_add(h->to, bytes, len < room ? len : room);
	return len;
}

static int
exchange(struct http_imap *box, const char *url, const char *command,
	 struct hearing *h, struct error *err)
{
	CURLcode result;

	box->failure[0] = '\0';
	(void)curl_easy_setopt(box->easy, CURLOPT_URL, url);
	(void)curl_easy_setopt(box->easy, CURLOPT_CUSTOMREQUEST, command);
	(void)curl_easy_setopt(box->easy, CURLOPT_WRITEFUNCTION, on_bytes);
	(void)curl_easy_setopt(box->easy, CURLOPT_WRITEDATA, h);
	result = curl_easy_perform(box->easy);
	if (result == CURLE_OK)
		return 0;
	return error_set(
	    err, ERROR_IO, "%s: %s", command ? command : "fetching a mail",
	    box->failure[0] ? box->failure : curl_easy_strerror(result));
}

static int
run(struct http_imap *box, const char *command, struct buf *said,
    struct error *err)
{
	struct hearing h = { .to = said, .most = SAID_BYTES };

	return exchange(box, box->url, command, &h, err);
}

int
http_imap_make_folder(struct http_imap *box, struct error *err)
{
	char command[COMMAND_BYTES];
	struct buf said = { 0 };
	struct error there;
	int code;

	(void)snprintf(command, sizeof(command), "%s \"%s\"", "CREATE",
		       box->folder);
	/* It says no when it is there. Whether it is, the status says. */
	if (run(box, command, &said, &there) < 0)
		http_imap_leave(box);
	buf_clear(&said);
	(void)snprintf(command, sizeof(command), "STATUS \"%s\" (UIDNEXT)",
		       box->folder);
	code = run(box, command, &said, err);
	buf_fini(&said);
	return code;
}

int
http_imap_read_search(struct str said, uint32_t *uids, int most)
{
	const struct str head = STR("* SEARCH");
	struct str line, word;
	int count = 0;

	while (str_split(&said, '\n', &line)) {
		if (!str_eq_fold(str_slice(line, 0, head.len), head))
			continue;
		line = str_slice(line, head.len, line.len);
		while (count < most && str_word(&line, &word)) {
			int64_t uid;

			if (str_int(str_trim(word), 1, UINT32_MAX, &uid))
				uids[count++] = (uint32_t)uid;
		}
	}
	return count;
}

int
http_imap_list(struct http_imap *box, uint32_t *uids, int most,
	       struct error *err)
{
	struct buf said = { 0 };
	int code = run(box, "UID SEARCH ALL", &said, err);

	if (code >= 0)
		code = http_imap_read_search(buf_view(&said), uids, most);
	buf_fini(&said);
	return code;
}

int
http_imap_fetch(struct http_imap *box, uint32_t uid, size_t most,
		struct buf *mail, struct error *err)
{
	struct hearing h = { .to = mail, .most = mail->len + most };
	struct buf url = { 0 };
	int code;

	buf_printf(&url, "%s/;UID=%u", box->url, uid);
	code = exchange(box, buf_cstr(&url), NULL, &h, err);
	buf_fini(&url);
	return code;
}

int
http_imap_move(struct http_imap *box, uint32_t uid, struct error *err)
{
	char command[COMMAND_BYTES];
	struct buf said = { 0 };
	int code;

	(void)snprintf(command, sizeof(command), "UID MOVE %u \"%s\"", uid,
		       box->folder);
	code = run(box, command, &said, err);
	buf_fini(&said);
	return code;
}
