#include "cmd_exit.h"

#include <stddef.h>

#include "base/check.h"

/* clang-format off */
static const struct {
	int number;
	const char *says;
} rows[] = {
#define EXIT_ROW(name, code, words) { (code), (words) },
	EXIT_CODES(EXIT_ROW)
#undef EXIT_ROW
};
/* clang-format on */

enum cmd_exit
cmd_exit_of(enum error_code code)
{
	switch (code) {
	case ERROR_INVALID:
	case ERROR_LIMIT:
		return CMD_EXIT_INPUT;
	case ERROR_BUSY:
		return CMD_EXIT_AGAIN;
	case ERROR_CONFIG:
		return CMD_EXIT_CONFIG;
	case ERROR_NONE:
	case ERROR_NOT_FOUND:
	case ERROR_EXISTS:
	case ERROR_DENIED:
	case ERROR_IO:
	case ERROR_INTERNAL:
		break;
	}
	return CMD_EXIT_ERROR;
}

const char *
cmd_exit_row(int i, int *number)
{
	check(i >= 0);
	if ((size_t)i >= COUNT_OF(rows))
		return NULL;
	*number = rows[i].number;
	return rows[i].says;
}
