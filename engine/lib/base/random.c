#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

#include "base/check.h"

void
random_bytes(void *p, size_t len)
{
	unsigned char *at = p;
	ssize_t got;

	while (len) {
		got = getrandom(at, len, 0);
		if (got < 0 && errno == EINTR)
			continue;
		check(got > 0);
		at += got;
		len -= (size_t)got;
	}
}

int64_t
random_id(void)
{
	uint64_t bits;

	do {
		random_bytes(&bits, sizeof(bits));
		bits >>= 1;
	} while (bits == 0);
	return (int64_t)bits;
}
