#ifndef HTTP_HTTP_IMAP_H
#define HTTP_HTTP_IMAP_H

/*
 * http_imap - a mailbox that is emptied (RFC 9051), by the library that http
 * has its client from
 *
 *	http_imap_open(&box, url, err);
 *	http_imap_login(box, password);
 *	count = http_imap_list(box, uids, most, err);
 *	http_imap_fetch(box, uids[0], most_bytes, &mail, err);
 *	http_imap_move(box, uids[0], err);	to the folder for what is done
 *	http_imap_close(&box);
 *
 * imaps://USER@HOST[:PORT]/MAILBOX[?to=FOLDER][&ca=FILE], the user
 * percent-encoded; or imap:// to this machine alone. TLS is verified, by the
 * certificates of the system or of the file. A mail is moved by MOVE (RFC
 * 6851), so it is in one folder or the other and never in both.
 *
 * Each call is one exchange with the server, on a connection that is kept until
 * the close or a failure. Thread rule: a mailbox belongs to one thread.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

struct http_imap;

enum { HTTP_IMAP_TIMEOUT_MS = 120 * 1000 };

/* CONFIG when the URL is none; nothing is connected yet. */
int http_imap_open(struct http_imap **out, const char *url,
		   struct error *err) MUST_CHECK;

/* NULL is fine; *box becomes NULL. */
void http_imap_close(struct http_imap **box);

/* The library has a copy. */
void http_imap_login(struct http_imap *box, const char *password);

/*
 * Let go of the connection; the next call makes a new one.
 */
void http_imap_leave(struct http_imap *box);

/* Make the folder for what is done, if it is not there: 0 either way. */
int http_imap_make_folder(struct http_imap *box, struct error *err) MUST_CHECK;

/* The first mails of the mailbox, by UID: at most `most`. The count. */
int http_imap_list(struct http_imap *box, uint32_t *uids, int most,
		   struct error *err) MUST_CHECK;

/* Its first `most` bytes, added to `mail`. */
int http_imap_fetch(struct http_imap *box, uint32_t uid, size_t most,
		    struct buf *mail, struct error *err) MUST_CHECK;

int http_imap_move(struct http_imap *box, uint32_t uid,
		   struct error *err) MUST_CHECK;

/*
 * The numbers of the lines "* SEARCH 3 5 8", wherever in what the server said:
 * at most `most`. Pure.
 */
int http_imap_read_search(struct str said, uint32_t *uids, int most);

#endif
