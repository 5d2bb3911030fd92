/*
 * A secret passes through one piece of stack, which is wiped, and into a buf
 * that has room for all of it before: one that grew would leave a copy behind.
 */
#include "dispatch/dispatch_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/str.h"

/* The end of the line, of one or two characters, and one more byte: too long. */
enum { BEYOND = 3 };

static int
check_file(int fd, const char *path, const char *what, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return error_system(err, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_CONFIG,
				 "%s is no file, expected one with the %s",
				 path, what);
	if (st.st_mode & 077)
		return error_set(err, ERROR_CONFIG,
				 "%s has mode %04o, so others may read it; "
				 "expected 0400 or 0600",
				 path, (unsigned)(st.st_mode & 07777));
	return 0;
}

static int
read_file(char *out, size_t size, const struct secret *s, const char *path,
	  struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int code = 0;
	ssize_t n = 0;

	if (fd < 0) {
		error_system(err, errno, "%s: %s", s->variable, path);
		err->code = ERROR_CONFIG;
		return -(int)err->code;
	}
	code = check_file(fd, path, s->what, err);
	if (code >= 0 && (n = read(fd, out, size)) < 0)
		code = error_system(err, errno, "%s", path);
	close(fd);
	return code < 0 ? code : (int)n;
}

/* In one line, which may have its end. */
static int
check_line(struct str *p, const struct secret *s, struct error *err)
{
	if (str_ends(*p, STR("\n")))
		p->len--;
	if (str_ends(*p, STR("\r")))
		p->len--;
	if (p->len == 0 || p->len > s->bytes_max)
		return error_set(err, ERROR_CONFIG,
				 "%s has a %s of %zu bytes, expected 1 to %zu",
				 s->variable, s->what, p->len, s->bytes_max);
	for (size_t i = 0; i < p->len; i++)
		if ((unsigned char)p->p[i] < ' ' || p->p[i] == 0x7f)
			return error_set(err, ERROR_CONFIG,
					 "%s has a control character, expected "
					 "a %s in one line",
					 s->variable, s->what);
	return 0;
}

const char *
secret_given(const struct secret *s)
{
	const char *value = getenv(s->variable);

	return value && value[0] ? value : NULL;
}

size_t
secret_count(const struct secret *secrets, size_t count, size_t *which,
	     struct buf *found)
{
	size_t given = 0;

	for (size_t i = 0; i < count; i++) {
		if (!secret_given(&secrets[i]))
			continue;
		buf_printf(found, "%s%s", given++ ? " and " : "",
			   secrets[i].variable);
		*which = i;
	}
	return given;
}

int
secret_read(struct buf *out, const struct secret *s, const char *value,
	    struct error *err)
{
	char bytes[SECRET_BYTES_MAX + BEYOND];
	struct str secret;
	int code = 0;

	check(s->bytes_max <= SECRET_BYTES_MAX);
	value = value ? value : secret_given(s);
	secret = str_of(value);
	if (s->in_file) {
		code = read_file(bytes, s->bytes_max + BEYOND, s, value, err);
		secret = (struct str){ bytes, code < 0 ? 0 : (size_t)code };
	}
	if (code >= 0)
		code = check_line(&secret, s, err);
	if (code >= 0) {
		(void)buf_grow(out, secret.len + 1);
		buf_truncate(out, 0);
		buf_str(out, secret);
	}
	crypto_wipe(bytes, sizeof(bytes));
	return code;
}

void
secret_wipe(struct buf *secret)
{
	if (secret->p)
		crypto_wipe(secret->p, secret->cap);
	buf_fini(secret);
}
