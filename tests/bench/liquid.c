/*
 * How many times a template is rendered in a second of the processor.
 *
 *	bench_liquid text|html render|both TEMPLATE DATA SECONDS [PARTIALS]
 *
 * Prints the renders a second, the bytes of one and the most memory it took.
 * `both` compiles anew each time. PARTIALS is a folder of files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/js.h"
#include "liquid/liquid.h"
#include "liquid_json.h"

struct bench {
	struct liquid_source source;
	struct liquid_options options;
	struct liquid_inputs inputs;
	struct arena *a;
	struct buf out;
	bool both;
};

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "bench_liquid: %s\n", what);
	exit(1);
}

static double
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct str
read_all(const char *path)
{
	struct buf text = { 0 };
	FILE *f = fopen(path, "rb");
	char part[4096];
	size_t len;

	if (!f)
		return (struct str){ 0 };
	while ((len = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&text, part, len);
	fclose(f);
	return buf_view(&text);
}

static int
partial(void *arg, struct str name, struct str *text, struct error *err)
{
	char path[1024];

	(void)err;
	snprintf(path, sizeof(path), "%s/%.*s", (const char *)arg,
		 STR_ARG(name));
	*text = read_all(path);
	return text->p != NULL;
}

static void
render(struct bench *b, const struct liquid_program *program)
{
	struct arena_mark mark = arena_mark(b->a);
	struct error err;

	buf_clear(&b->out);
	if (liquid_run(program, &b->inputs, b->a, &b->out, &err) < 0)
		die(err.text);
	arena_rewind(b->a, mark);
}

static struct liquid_program *
compile(const struct bench *b)
{
	struct liquid_program *program;
	struct error err;

	if (liquid_compile(&program, &b->source, &b->options, &err) < 0)
		die(err.text);
	return program;
}

static double
rate(struct bench *b, double seconds)
{
	struct liquid_program *program = compile(b);
	double begin = cpu_seconds(), now;
	long done = 0;

	do {
		for (int i = 0; i < 100; i++, done++) {
			if (b->both) {
				liquid_free(&program);
				program = compile(b);
			}
			render(b, program);
		}
		now = cpu_seconds();
	} while (now - begin < seconds);
	liquid_free(&program);
	return (double)done / (now - begin);
}

int
main(int argc, char **argv)
{
	struct arena *data = arena_new();
	struct bench b = { .a = arena_new() };
	struct js *js;
	struct error err;
	double per_second;

	if (argc < 6)
		die("usage: bench_liquid text|html render|both TEMPLATE DATA "
		    "SECONDS [PARTIALS]");
	b.source = (struct liquid_source){
		.name = argv[3],
		.text = read_all(argv[3]),
		.context = strcmp(argv[1], "html") ? LIQUID_TEXT : LIQUID_HTML,
	};
	b.both = !strcmp(argv[2], "both");
	if (argc > 6) {
		b.options.partial = partial;
		b.options.partial_arg = argv[6];
	}
	if (js_parse(read_all(argv[4]), &js, &err) < 0)
		die(err.text);
	b.inputs.globals = liquid_from_json(data, js).object;
	per_second = rate(&b, strtod(argv[5], NULL));
	printf("%.0f %zu\n", per_second, b.out.len);
	return 0;
}
