#define _GNU_SOURCE /* nftw() */
#include "cmd_scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "cmd.h"

enum { OPEN_FOLDERS = 16 };

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

int
scratch_open(struct app *out, const struct app *of, int64_t now_ms,
	     struct error *err)
{
	const char *tmp = getenv("TMPDIR");
	char *folder;

	*out = (struct app){
		.commands = of->commands,
		.args = of->args,
		.arena = of->arena,
		.workspace = of->workspace,
	};
	if (now_ms < 0)
		clock_init_from(&out->clock, app_now_ms(of));
	else
		clock_init_virtual(&out->clock, now_ms);
	folder = arena_printf(of->arena, "%s/guidon-XXXXXX",
			      tmp && tmp[0] ? tmp : "/tmp");
	if (!mkdtemp(folder))
		return error_system(err, errno, "%s", folder);
	out->state = folder;
	out->url = arena_printf(of->arena, "sqlite:%s/store.db", folder);
	if (app_open(out, err) < 0) {
		scratch_close(out);
		return -(int)err->code;
	}
	return 0;
}

void
scratch_close(struct app *scratch)
{
	app_fini(scratch);
	(void)nftw(scratch->state, remove_one, OPEN_FOLDERS,
		   FTW_DEPTH | FTW_PHYS);
}
