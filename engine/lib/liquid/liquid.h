#ifndef LIQUID_LIQUID_H
#define LIQUID_LIQUID_H

/*
 * liquid - the Liquid template language: compile once, run many times
 *
 * A source is lexed, parsed and compiled to a compact program, which never
 * changes and may be run by many threads at once. A run takes a tree of plain
 * values and appends to a buf; what it needs on the way lives in an arena.
 * Values are data: no methods, no I/O, no clock, no environment. Data is never
 * parsed as template.
 *
 *	struct liquid_program *p;
 *
 *	if (liquid_compile(&p, &(struct liquid_source){
 *		.name = "mail/announce.html", .text = text,
 *		.context = LIQUID_HTML }, &options, err) < 0)
 *		...
 *	if (liquid_run(p, &(struct liquid_inputs){ .globals = data }, a, &out,
 *		       err) < 0)
 *		...
 *	liquid_free(&p);
 *
 * The language is that of the reference implementation in Ruby, read strictly:
 * what it would warn of or pass over in silence is a finding. What is wrong
 * and can be known when compiling is found then (unknown tags and filters,
 * numbers of arguments, blocks that do not end); the rest is INVALID when it
 * is run (a number compared with a text, a limit that is no integer, 1 divided
 * by 0). There is one grammar: compiling with a report and declared names, as
 * `check` does, and without, as messages are made, gives the same program.
 * Differences from Ruby: docs/decisions/013-one-grammar.md.
 *
 * A value is escaped for the place where it stands, which the compiler finds:
 * between tags, in quotes, in an address, a style sheet, a script. Where none
 * can be written safely the source does not compile, nor does one that ends
 * elsewhere than between tags. Only markup (liquid_markup(), what a capture has
 * made) keeps its tags, between tags. docs/decisions/014-escaped-by-place.md.
 * No value chooses what a page runs: docs/decisions/029-no-value-chooses-code.md.
 *
 * Limits are counted inside the interpreter: steps (one an instruction, and
 * more for what takes longer, so a million are well under a second), depth of
 * nested render and include, bytes of output, bytes of arena. Passing one is
 * LIMIT, with the place.
 *
 * Thread rule: compiling and running on any thread; a program and an options
 * struct are read-only.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/origin.h"
#include "base/str.h"

struct arena;
struct buf;

/* ---- values ---- */

enum liquid_type {
	LIQUID_NIL,
	LIQUID_BOOL,
	LIQUID_INT,
	LIQUID_FLOAT,
	LIQUID_STRING,
	LIQUID_ARRAY,
	LIQUID_OBJECT,
	LIQUID_RANGE,
	/* Made by templates alone: the words empty and blank, and forloop. */
	LIQUID_EMPTY,
	LIQUID_BLANK,
	LIQUID_LOOP,
};

struct liquid_object;
struct liquid_loop;

struct liquid_value {
	enum liquid_type type;
	bool safe; /* a string that is markup already */
	union {
		bool truth;
		int64_t n;
		double d;
		struct str s;
		struct {
			const struct liquid_value *items;
			size_t count;
		} array;
		const struct liquid_object *object;
		const struct liquid_loop *loop;
		struct {
			int64_t first;
			int64_t last;
		} range;
	};
};

struct liquid_value liquid_nil(void);
struct liquid_value liquid_bool(bool truth);
struct liquid_value liquid_int(int64_t n);
struct liquid_value liquid_float(double d);
struct liquid_value liquid_string(struct str s); /* borrowed */
struct liquid_value liquid_markup(struct str s); /* borrowed, safe */
struct liquid_value liquid_array(const struct liquid_value *items,
				 size_t count); /* borrowed */
struct liquid_value liquid_of(const struct liquid_object *object);

/* Members keep their order. Keys and values are borrowed, not copied. */
struct liquid_object *liquid_object_new(struct arena *a);
void liquid_object_set(struct liquid_object *object, struct str key,
		       struct liquid_value value);
/* 1 and *out, or 0. */
int liquid_object_find(const struct liquid_object *object, struct str key,
		       struct liquid_value *out);

/* ---- compiling ---- */

/*
 * What a source is a piece of. In LIQUID_HTML and LIQUID_JSON each value is
 * escaped for the very place where it stands, which is found when compiling.
 */
enum liquid_context {
	LIQUID_TEXT, /* nothing is escaped: plain text, or escaped by others */
	LIQUID_HTML,
	LIQUID_JSON,   /* RFC 8259: values and parts of strings */
	LIQUID_HEADER, /* a mail header's value: no control characters */
	LIQUID_ICS,    /* RFC 5545, 3.3.11: a value of type TEXT */
	LIQUID_CSV,    /* RFC 4180: each value is a cell, never a formula */
	LIQUID_PDF,    /* ISO 32000-2, 7.3.4.2: inside ( ) */
};

struct liquid_source {
	const char *name; /* for error messages */
	struct str text;  /* borrowed for the call */
	enum liquid_context context;
	struct origin origin; /* the text in its file */
};

/*
 * Names that a template may use, for "did you mean ...?" and to refuse what
 * nobody will fill: a tree as data. `any` accepts every member below.
 */
struct liquid_names {
	const char *name;
	const struct liquid_names *members; /* ended by a NULL name; or NULL */
	bool any;
};

/*
 * A filter takes its input and arguments and gives a value in `a`, of at most
 * `room` bytes; more is LIMIT. Named arguments come last, as one object.
 */
struct liquid_call {
	struct arena *a;
	struct liquid_value input;
	const struct liquid_value *args;
	size_t arg_count;
	size_t room;
	size_t used; /* arena_bytes() when the call began: room is from there */
	int64_t *steps; /* left; take off for more than one pass */
	int64_t now_ms; /* liquid_inputs.now_ms */
	enum liquid_context output;
	struct str locale; /* these are of liquid_inputs */
	struct str zone;
	void *context; /* its filter_context */
	const struct liquid_program *program;
	size_t at; /* where in it */
};

/*
 * What the template calls the value that this filter, or the filters before it,
 * began with: partner.attributes.role; in the call's arena. Empty when that is
 * no name, or a filter between takes arguments.
 */
struct str liquid_input_path(const struct liquid_call *call);

/* How many arguments have no name; they come first. */
size_t liquid_unnamed(const struct liquid_call *call);

/* An argument by its name, nil when it is not there; and its text. */
struct liquid_value liquid_named(const struct liquid_call *call,
				 const char *name);
struct str liquid_named_text(const struct liquid_call *call, const char *name);

/* INVALID when one has a name that is not among `known`, ended by NULL. */
int liquid_check_named(const struct liquid_call *call, const char *const *known,
		       struct error *err) MUST_CHECK;

enum { LIQUID_NAMED = 0x100 };

struct liquid_filter {
	const char *name;
	int least_args;
	int most_args; /* | LIQUID_NAMED: and any with names */
	int (*apply)(const struct liquid_call *call, struct liquid_value *out,
		     struct error *err);
};

/*
 * A finding of the compiler; `text` begins with file:line:column. A warning
 * says what does no harm and cannot be meant: what is never reached.
 */
struct liquid_report {
	void (*report)(void *arg, int line, int column, const char *text);
	void *arg;
	void (*warn)(void *arg, int line, int column, const char *text);
};

struct liquid_options {
	/* Finds the text of {% render "name" %}: 1, 0 none, < 0. */
	int (*partial)(void *arg, struct str name, struct str *text,
		       struct error *err);
	/*
	 * The name of the i-th of all: true; false behind the last. For an
	 * include whose name is a value: all are compiled in then. NULL: such
	 * an include is a finding.
	 */
	bool (*partial_name)(void *arg, size_t i, struct str *name);
	void *partial_arg;
	const struct liquid_filter *filters; /* beside the built-in ones */
	size_t filter_count;
	const struct liquid_names *names;   /* NULL: any name may be used */
	const struct liquid_report *report; /* NULL: only the first, in err */
};

struct liquid_program;

/*
 * INVALID after all findings were reported; err holds the first. Partials are
 * compiled in, so a program needs nothing when it runs.
 */
int liquid_compile(struct liquid_program **out,
		   const struct liquid_source *source,
		   const struct liquid_options *options,
		   struct error *err) MUST_CHECK;
void liquid_free(struct liquid_program **program);

/*
 * Each use of a filter in a program, its partials too, in the order of the
 * text: for a filter whose input must be known before anything runs.
 */
struct liquid_filter_use {
	struct str unit; /* the source's name, or its partial's */
	int line;
	int column;
	const struct str *input; /* text in quotes; NULL: it is computed */
	const struct str *root;	 /* facts, of the path facts.terms; or NULL */
};

void liquid_each_use(const struct liquid_program *program, const char *filter,
		     void (*visit)(void *arg,
				   const struct liquid_filter_use *use),
		     void *arg);

/* ---- running ---- */

struct liquid_limits {
	int64_t steps;
	size_t output_bytes;
	size_t arena_bytes;
	int depth;
};

extern const struct liquid_limits liquid_default_limits;

/*
 * Told of a value that is put out, or handed to a partial, and is nil; not of
 * one that the filter default stands in for. `path` is links.offer.url.
 */
struct liquid_unfilled {
	void (*tell)(void *arg, struct str unit, int line, int column,
		     struct str path);
	void *arg;
};

/*
 * Told of what would end a run at one value (a filter that fails, a comparison
 * that cannot be made): `text` begins with unit:line:column. The run goes on
 * with nil, or false, in its place. A limit ends it all the same.
 */
struct liquid_failed {
	void (*tell)(void *arg, const char *text);
	void *arg;
};

struct liquid_inputs {
	const struct liquid_object *globals;
	struct str locale; /* of the reader, "de-CH"; empty: English */
	struct str zone;   /* "Europe/Zurich"; empty: UTC */
	void *filter_context;
	int64_t now_ms; /* for "now" and "today"; 0: they are mere words */
	struct liquid_limits limits; /* all 0: the default */
	bool strict; /* what is not defined is INVALID when read, not nil */
	const struct liquid_unfilled *unfilled; /* or NULL */
	const struct liquid_failed *failed;	/* or NULL */
};

/* On failure `out` holds what was written before; the caller drops it. */
int liquid_run(const struct liquid_program *program,
	       const struct liquid_inputs *inputs, struct arena *a,
	       struct buf *out, struct error *err) MUST_CHECK;

#endif
