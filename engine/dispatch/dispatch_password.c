/*
 * A password is read once, when what needs it is opened.
 */
#include "dispatch/dispatch_password.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/str.h"

enum { NAME_BYTES = 64, READ_BYTES = 1024 };

static int
check_file(int fd, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return error_system(err, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_CONFIG,
				 "%s is no file, expected one with the "
				 "password",
				 path);
	if (st.st_mode & 077)
		return error_set(err, ERROR_CONFIG,
				 "%s has mode %04o, so others may read it; "
				 "expected 0400 or 0600",
				 path, (unsigned)(st.st_mode & 07777));
	return 0;
}

static int
read_file(char *out, size_t size, const char *variable, const char *path,
	  struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int code = 0;
	ssize_t n = 0;

	if (fd < 0) {
		error_system(err, errno, "%s: %s", variable, path);
		err->code = ERROR_CONFIG;
		return -(int)err->code;
	}
	code = check_file(fd, path, err);
	if (code >= 0 && (n = read(fd, out, size)) < 0)
		code = error_system(err, errno, "%s", path);
	(void)close(fd);
	return code < 0 ? code : (int)n;
}

/* In one line, which may have its end. */
static int
check_password(struct str *p, size_t most, const char *from, struct error *err)
{
	if (str_ends(*p, STR("\n")))
		p->len--;
	if (str_ends(*p, STR("\r")))
		p->len--;
	if (p->len == 0 || p->len > most)
		return error_set(err, ERROR_CONFIG,
				 "%s has a password of %zu bytes, expected 1 "
				 "to %zu",
				 from, p->len, most);
	for (size_t i = 0; i < p->len; i++)
		if ((unsigned char)p->p[i] < ' ' || p->p[i] == 0x7f)
			return error_set(err, ERROR_CONFIG,
					 "%s has a control character, expected "
					 "a password in one line",
					 from);
	return 0;
}

static const char *
environment(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] ? value : NULL;
}

int
password_get(const char *name, char *out, size_t size, struct error *err)
{
	char variable[NAME_BYTES];
	char bytes[READ_BYTES];
	const char *given = environment(name);
	struct str password = str_of(given);
	const char *path;
	int code = 0;

	(void)snprintf(variable, sizeof(variable), "%s_FILE", name);
	path = environment(variable);
	if (!given == !path)
		return error_set(
		    err, ERROR_CONFIG, "has %s, expected either %s or %s",
		    given ? "two passwords" : "no password", name, variable);
	if (path) {
		code = read_file(bytes, sizeof(bytes), variable, path, err);
		password = (struct str){ bytes, code < 0 ? 0 : (size_t)code };
	}
	if (code >= 0)
		code = check_password(&password, size - 1,
				      path ? variable : name, err);
	if (code >= 0) {
		memcpy(out, password.p, password.len);
		out[password.len] = '\0';
	}
	crypto_wipe(bytes, sizeof(bytes));
	return code < 0 ? code : 0;
}
