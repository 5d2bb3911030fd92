#ifndef LIQUID_LIQUID_PRIV_H
#define LIQUID_LIQUID_PRIV_H

/*
 * What the files of liquid share: the program that the compiler writes and the
 * interpreter reads, the compiler's state, and the operations on values.
 */

#include "base/arena.h"
#include "base/civil.h"
#include "liquid/liquid.h"
#include "liquid/liquid_spot_priv.h"

/* ---- values ---- */

struct liquid_key {
	struct str name;
	uint32_t hash;
};

struct liquid_member {
	struct liquid_key key;
	struct liquid_value value;
};

struct liquid_object {
	struct arena *a;
	struct liquid_member *members; /* in order of insertion */
	size_t count;
	size_t room;
	uint32_t *slots; /* 1 + index of a member; NULL while few */
	size_t slot_count;
};

/* A forloop or tablerowloop. */
struct liquid_loop {
	struct str name;
	int64_t index; /* from 0; -1 before the first */
	int64_t length;
	struct liquid_value parent;
	bool table;
	int64_t row;
	int64_t column;	 /* from 1 */
	int64_t columns; /* of a row */
};

uint32_t liquid_hash(struct str name);

static inline struct liquid_key
liquid_key(struct str name)
{
	return (struct liquid_key){ name, liquid_hash(name) };
}

const struct liquid_value *liquid_object_get(const struct liquid_object *object,
					     const struct liquid_key *key);

/* What an operation may use, and what it takes off. */
struct liquid_means {
	struct arena *a;
	int64_t *steps;
	size_t room; /* arena_bytes() at most */
};

/* A step is some 20 ns: these are what takes longer than an instruction. */
enum {
	BYTES_A_STEP = 16, /* moved or compared */
	CHARS_A_STEP = 4,  /* looked at one by one */
	FILTER_STEPS = 4,
	INTEGER_STEPS = 4,
	DECIMAL_STEPS = 60,
	DATE_STEPS = 100
};

bool liquid_truthy(const struct liquid_value *v);
bool liquid_equal(const struct liquid_value *a, const struct liquid_value *b,
		  int64_t *steps);

enum liquid_comparison {
	COMPARE_EQ,
	COMPARE_NE,
	COMPARE_LT,
	COMPARE_GT,
	COMPARE_LE,
	COMPARE_GE,
	COMPARE_CONTAINS,
};

/* `a` how `b`: 1, 0, or < 0 for a number against a text. */
int liquid_holds(const struct liquid_value *a, const struct liquid_value *b,
		 enum liquid_comparison how, const struct liquid_means *means,
		 struct error *err);

/* < 0, 0, > 0 in *order; false where the two cannot be ordered. */
bool liquid_compare(const struct liquid_value *a, const struct liquid_value *b,
		    int *order, int64_t *steps);

/* The member or item; false where there is none (*out is nil then). */
bool liquid_member(const struct liquid_value *of, const struct liquid_key *key,
		   struct arena *a, struct liquid_value *out);
bool liquid_index(const struct liquid_value *of, const struct liquid_value *at,
		  struct liquid_value *out);

/* What size, first and last are of any value; false: it has none. */
int64_t liquid_size(const struct liquid_value *v);
bool liquid_first(const struct liquid_value *v, struct arena *a,
		  struct liquid_value *out);
bool liquid_last(const struct liquid_value *v, struct liquid_value *out);

/* ---- numbers: liquid_number.c ---- */

/* All of the value is an integer; false and *out untouched otherwise. */
bool liquid_integer(const struct liquid_value *v, int64_t *out);

/* As much of it as is an integer; 0 if nothing is. */
int64_t liquid_whole(const struct liquid_value *v);

__extension__ typedef __int128 liquid_int128;

/* n times ten to the exponent. Whole: of integers alone, so it stays one. */
struct liquid_decimal {
	liquid_int128 n;
	int exponent;
	bool whole;
};

enum liquid_rounding { ROUND_HALF, ROUND_UP, ROUND_DOWN };

struct liquid_decimal liquid_decimal(const struct liquid_value *v);
struct liquid_value liquid_from_decimal(const struct liquid_decimal *d);
struct liquid_decimal liquid_plus(struct liquid_decimal a,
				  struct liquid_decimal b);
struct liquid_decimal liquid_times(struct liquid_decimal a,
				   struct liquid_decimal b);
/* b is not 0; integers go down to the next, and their rest has b's sign. */
struct liquid_decimal liquid_quotient(struct liquid_decimal a,
				      struct liquid_decimal b);
struct liquid_decimal liquid_remainder(struct liquid_decimal a,
				       struct liquid_decimal b);
int liquid_decimal_cmp(struct liquid_decimal a, struct liquid_decimal b);

/* To so many places behind the point, or before it when negative. */
struct liquid_decimal liquid_rounded(struct liquid_decimal d, int64_t places,
				     enum liquid_rounding rounding);

/* d has nothing behind the point; now it is an integer. */
struct liquid_decimal liquid_as_whole(struct liquid_decimal d);

/* The fewest digits that read back as d, as 1.5e+00, and how many. */
int liquid_shortest(double d, char digits[static 40]);

/* ---- times: liquid_time.c ---- */

/* What a clock shows somewhere. */
struct liquid_time {
	struct local_time local;
	int32_t offset_s; /* ahead of UTC */
	bool foreign;	  /* the offset was written, the zone has no name */
};

/* Text as a time; false: it is none. now_ms 0: nothing is taken from now. */
bool liquid_read_time(struct str s, int64_t now_ms, struct liquid_time *out);

/* ---- what a message says was found ---- */

struct liquid_found {
	char text[100];
};

/* A value in words: "abc", 1.5, nothing, an array. */
struct liquid_found liquid_found(const struct liquid_value *v);

/* ---- text built in an arena ---- */

/*
 * An addition that the arena has no room for is dropped, and `full` stays
 * true. What is dear to write takes steps off, where they are counted.
 */
struct liquid_text {
	struct arena *a;
	int64_t *steps; /* or NULL */
	size_t room;	/* arena_bytes() at most */
	char *p;
	size_t len;
	size_t cap;
	bool full;
};

void liquid_text_pay(const struct liquid_text *t, int64_t steps);
size_t liquid_text_left(const struct liquid_text *t);
void liquid_text_add(struct liquid_text *t, struct str s);
void liquid_text_char(struct liquid_text *t, char c);
void liquid_text_value(struct liquid_text *t, const struct liquid_value *v);

/* White space, which is also \v and \f, off the ends. */
struct str liquid_trim(struct str s, bool left, bool right);

static inline bool
liquid_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* ---- programs ---- */

/*
 * The instructions. The stack of values is empty between statements, so a jump
 * from one to another never has anything to clear.
 */
#define LIQUID_OPS(X)                                                          \
	X(NOP)                                                                 \
	X(TEXT)	    /* write constant a; n: even in a blank block */           \
	X(CONST)    /* push constant a */                                      \
	X(PATH)	    /* push the value of path a; aux: it is to be put out */   \
	X(OUT_PATH) /* write the value of path a, n: escaped so; aux */        \
	X(ROOT)	    /* pop a name, push that variable */                       \
	X(INDEX)    /* pop key and value, push the member; n: named so */      \
	X(RANGE)    /* pop last and first, push the range; n: both literal */  \
	X(NAMED)    /* pop n keys and values, push an object */                \
	X(FILTER)   /* pop n arguments and the input, push filter a of it */   \
	X(OUT)	    /* pop and write, n: escaped so */                         \
	X(COMPARE)  /* pop two, push the truth of comparison n */              \
	X(JUMP)                                                                \
	X(IF_NOT)   /* pop, to a if false */                                   \
	X(IF)	    /* pop, to a if true */                                    \
	X(AND)	    /* to a if the top is false, else pop */                   \
	X(OR)	    /* to a if the top is true, else pop */                    \
	X(ASSIGN)   /* pop into symbol a */                                    \
	X(BIND)	    /* pop into symbol a, until UNBIND */                      \
	X(UNBIND)   /* the n last bindings end */                              \
	X(CAPTURE)  /* what is written from here on */                         \
	X(CAPTURED) /* goes into symbol a */                                   \
	X(COUNT)    /* symbol a by n - 1, and write it, aux: escaped so */     \
	X(CYCLE)   /* pop n, write the next, of group a or by name; aux: so */ \
	X(CHANGED) /* what was captured is written if it is new */             \
	X(NOTE)	   /* note aux is n */                                         \
	X(TALLY)   /* pop a truth, add it to note aux; n: begin with it */     \
	X(TAKE)	   /* to a if note aux is 0, else it is one less */            \
	X(IF_NOTED) /* to a if note aux is not 0 */                            \
	X(FOR)	    /* pop what loop aux goes over; to a if there is none */   \
	X(NEXT)	    /* bind the next, or to a */                               \
	X(ITEM)	    /* push the innermost item; n: its forloop */              \
	X(CELL)	    /* a cell of a table ends; n: it is the last */            \
	X(DONE)	    /* the innermost loop ends */                              \
	X(INCLUDE)  /* call unit a, or the one that FOR has chosen */          \
	X(RENDER)   /* call unit a with arguments aux, n of them popped */     \
	X(LEAVE) /* note that a break (n 0) or continue (n 1) is under way */  \
	X(ON_BREAK) /* to a if a break is under way; n: it ends there */       \
	X(ON_CONTINUE)                                                         \
	X(RETURN)

enum liquid_op {
#define LIQUID_OP_ENUM(name) LIQUID_##name##_OP,
	LIQUID_OPS(LIQUID_OP_ENUM)
#undef LIQUID_OP_ENUM
};

struct liquid_instr {
	uint8_t op;
	uint8_t n;
	uint16_t aux;
	uint32_t a;
};

struct liquid_path {
	uint32_t symbol;
	uint32_t count;
	const struct liquid_key *keys;
};

/* FOR: its n is of these. What they need is pushed in this order. */
enum {
	LOOP_OWN = 1,	/* over the variable that is called like the partial */
	LOOP_NAMED = 2, /* the partial is named by a value */
	LOOP_LIMIT = 4,
	LOOP_OFFSET = 8,
	LOOP_RESUME = 16,
	LOOP_COLS = 32,
	LOOP_REVERSED = 64
};

enum liquid_loop_kind { LOOP_FOR, LOOP_TABLE, LOOP_RENDER, LOOP_INCLUDE };

struct liquid_loop_info {
	enum liquid_loop_kind kind;
	uint32_t symbol; /* of the item; NO_JUMP: none */
	uint32_t forloop;
	struct str name;
	uint32_t resume; /* loops of one name go on where the last ended */
	struct liquid_spot spot; /* where a partial that a value names begins */
};

/* A source, the main one or a partial. */
struct liquid_unit {
	struct str name;
	struct str text;
	struct liquid_spot spot; /* where it begins */
	bool may_leave : 1;
	bool must_stay : 1; /* what is around it cannot be left there */
	uint32_t entry;
	uint32_t leaves; /* where a break or continue ends it */
	struct origin origin;
};

struct liquid_place {
	uint32_t unit;
	uint32_t offset;
};

struct liquid_args {
	uint32_t *symbols;
	uint32_t count;
	bool subject; /* the first is what the partial is rendered with */
};

struct liquid_program {
	struct arena *arena; /* all of it, the sources too */
	struct liquid_instr *code;
	struct liquid_place *places; /* one an instruction */
	struct liquid_value *consts;
	struct liquid_path *paths;
	struct liquid_key *symbols;
	const struct liquid_filter **filters;
	struct liquid_loop_info *loops;
	struct liquid_args *args;
	struct liquid_unit *units;
	size_t code_count;
	size_t const_count;
	size_t path_count;
	size_t symbol_count;
	size_t filter_count;
	size_t loop_count;
	size_t args_count;
	size_t unit_count;
	uint32_t resume_count;
	uint32_t cycle_count;
	uint32_t note_count;
	enum liquid_context context;
};

/* Line and column of an offset, counted from 1; columns in characters. */
void liquid_locate(const struct liquid_unit *unit, size_t offset, int *line,
		   int *column);

/* ---- lexing ---- */

enum liquid_token_kind { TOKEN_END, TOKEN_TEXT, TOKEN_OUTPUT, TOKEN_TAG };

struct liquid_token {
	enum liquid_token_kind kind;
	struct str text; /* the text, or what is between the delimiters */
	struct str name; /* of a tag */
	bool open;	 /* it lacks its closing delimiter */
	bool trim;	 /* what follows loses its leading white space */
};

struct liquid_lexer {
	struct str rest;
	bool lines; /* of {% liquid %}: a tag a line */
	bool trim;
};

void liquid_lex(struct liquid_lexer *l, struct liquid_token *out);

/* The text up to {% end %}, which is passed; false if there is none. */
bool liquid_lex_raw(struct liquid_lexer *l, const char *end, struct str *out);

enum liquid_word_kind {
	WORD_END,
	WORD_NAME,
	WORD_STRING,
	WORD_INT,
	WORD_FLOAT,
	WORD_SIGN, /* punctuation and operators */
	WORD_BAD,
};

struct liquid_word {
	enum liquid_word_kind kind;
	struct str text; /* of a string, without its quotes */
	const char *at;
};

void liquid_lex_word(struct str *rest, struct liquid_word *out);

/* ".name" without white space in it; false, and nothing taken, for any other. */
bool liquid_lex_member(struct str *rest, struct str *name);

/* ---- compiling ---- */

enum {
	COMPILE_FINDINGS_MAX = 50,
	COMPILE_DEPTH_MAX = 100,
	EXPR_DEPTH_MAX = 32,
	ARGS_MAX = 16,
	CYCLE_MAX = 64,
	GROUPS_MAX = 5000,
	UNITS_MAX = 200,
	SYMBOLS_MAX = 2000
};

#define NO_JUMP UINT32_MAX

/* A block that is being read, and where its leaving jumps wait for a target. */
enum liquid_scope_kind { SCOPE_BLOCK, SCOPE_LOOP, SCOPE_CAPTURE, SCOPE_UNIT };

struct liquid_scope {
	struct liquid_scope *outer;
	enum liquid_scope_kind kind;
	const struct liquid_tag *tag;
	const char *at;
	uint32_t breaks;
	uint32_t continues;
	struct liquid_spot spot;  /* where it begins */
	struct liquid_spot after; /* where its breaks lead */
	bool gone;		  /* nothing leads here */
	bool told;		  /* that something in it is never reached */
	uint32_t begin;		  /* the first instruction */
	bool blank;		  /* it has nothing to show but white space */
	bool interrupted;
};

/* A place in the markup of a tag, to come back to. */
struct liquid_mark {
	struct liquid_word word;
	struct str rest;
};

struct liquid_use {
	uint32_t path;
	struct liquid_place place;
};

struct liquid_compiler {
	struct liquid_program *p;
	const struct liquid_options *options;
	struct error *err;
	struct liquid_lexer *lexer;
	struct liquid_scope *scope;
	struct liquid_spot spot;   /* where the output is */
	bool gone;		   /* a break or continue is just before */
	struct liquid_token token; /* being read */
	bool reuse;		   /* it is to be read again */
	struct str rest;	   /* of the markup */
	struct liquid_word word;
	bool failed; /* the tag has had its finding */
	int findings;
	int warnings;
	int depth;
	int expr_depth;
	uint32_t unit;
	const char *at; /* of the statement */
	bool *known;	/* by symbol: a template gives it a value */
	struct liquid_use *uses;
	size_t use_count;
	struct liquid_key *keys; /* where those of the next path go */
	size_t key_room;
	size_t code_room, place_room, const_room, path_room, symbol_room,
	    filter_room, loop_room, args_room, unit_room, use_room, known_room;
	struct str *groups; /* of cycles */
	struct str *resumes;
	size_t group_room, resume_room;
};

struct liquid_tag {
	const char *name;
	void (*parse)(struct liquid_compiler *c);
	const char *end;
	const char *middles[3];
};

/* A finding at this place of the source; one a tag. */
void liquid_finding(struct liquid_compiler *c, const char *at, const char *fmt,
		    ...) PRINTF_LIKE(3, 4);

/* What a template may do, and hardly means. */
void liquid_warn(struct liquid_compiler *c, const char *at, const char *what);

/* Once in a scope: what stands at this place is never reached. */
void liquid_tell_unreached(struct liquid_compiler *c, const char *at);

static inline void
liquid_unreached(struct liquid_compiler *c, const char *at)
{
	if (c->gone)
		liquid_tell_unreached(c, at);
}

void liquid_finding_at(struct liquid_compiler *c,
		       const struct liquid_place *place, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* An instruction whose failure is told at `place`; else where the tag is. */
uint32_t liquid_emit_at(struct liquid_compiler *c, const char *place,
			enum liquid_op op, unsigned n, uint32_t a);
uint32_t liquid_emit(struct liquid_compiler *c, enum liquid_op op, unsigned n,
		     uint32_t a);

static inline uint32_t
liquid_here(const struct liquid_compiler *c)
{
	return (uint32_t)c->p->code_count;
}

/* A jump into the chain; and the whole chain lands here. */
uint32_t liquid_jump(struct liquid_compiler *c, enum liquid_op op,
		     uint32_t chain);
void liquid_land(struct liquid_compiler *c, uint32_t chain);

uint32_t liquid_const(struct liquid_compiler *c, struct liquid_value v);
uint32_t liquid_const_string(struct liquid_compiler *c, struct str s);
uint32_t liquid_symbol(struct liquid_compiler *c, struct str name);
uint32_t liquid_symbol_set(struct liquid_compiler *c, struct str name);

/*
 * Where the names of a path go, EXPR_DEPTH_MAX of them at most; and a path of
 * as many as were put there, whose first name stands at this place.
 */
struct liquid_key *liquid_path_keys(struct liquid_compiler *c);
uint32_t liquid_add_path(struct liquid_compiler *c, const char *at,
			 uint32_t symbol, size_t count);
uint32_t liquid_add_filter(struct liquid_compiler *c,
			   const struct liquid_filter *filter);
uint32_t liquid_add_loop(struct liquid_compiler *c,
			 const struct liquid_loop_info *loop);
uint32_t liquid_add_args(struct liquid_compiler *c, const uint32_t *symbols,
			 uint32_t count);
uint32_t liquid_group(struct liquid_compiler *c, struct str key);
uint32_t liquid_resume(struct liquid_compiler *c, struct str key);

/* A number from 0 to 255 that the program keeps, and an instruction of it. */
uint32_t liquid_note(struct liquid_compiler *c);
uint32_t liquid_emit_note(struct liquid_compiler *c, enum liquid_op op,
			  unsigned n, uint32_t note);

/*
 * The unit of a partial that begins where the output is, read when it is new;
 * NO_JUMP after a finding.
 */
uint32_t liquid_partial(struct liquid_compiler *c, struct str name);

/* All partials there are become units; a finding where nobody can list them. */
void liquid_all_partials(struct liquid_compiler *c);

/* What is behind the last slash of a partial's name. */
struct str liquid_base_name(struct str name);

/* Statements to the end of the unit. */
void liquid_parse(struct liquid_compiler *c);

/* Blocks: liquid_parse.c. A scope lives in the frame that opened it. */
void liquid_open_scope(struct liquid_compiler *c, struct liquid_scope *s,
		       enum liquid_scope_kind kind,
		       const struct liquid_tag *tag);
void liquid_close_scope(struct liquid_compiler *c);

/* Where the output is: liquid_place.c. Static text, and a value. */
void liquid_place_text(struct liquid_compiler *c, struct str text);
unsigned liquid_place_value(struct liquid_compiler *c);

/* Branches: each ends in liquid_next_way(). `none`: there may be none at all. */
struct liquid_ways {
	struct liquid_spot begin;
	struct liquid_spot end;
	bool gone;
	bool any; /* one of them leads to the end */
};

void liquid_begin_ways(struct liquid_compiler *c, struct liquid_ways *ways);
void liquid_next_way(struct liquid_compiler *c, struct liquid_ways *ways);
void liquid_end_ways(struct liquid_compiler *c, struct liquid_ways *ways,
		     bool none);

/* What may run again, or not at all, ends where it began. */
void liquid_place_stays(struct liquid_compiler *c,
			const struct liquid_spot *begin);

/* A break or continue that ends this scope's turn, and the turn's own end. */
void liquid_place_leave(struct liquid_compiler *c, struct liquid_scope *s);
void liquid_place_again(struct liquid_compiler *c, struct liquid_scope *s);

/* Past a partial, NO_JUMP: any, that may end the turn of `around`. */
void liquid_place_partial(struct liquid_compiler *c, uint32_t unit,
			  struct liquid_scope *around, bool repeats);
void liquid_place_partials(struct liquid_compiler *c);

/* Markup of our own, between tags. */
void liquid_place_table(struct liquid_compiler *c);

/* The end of a source that began at `begin`. */
void liquid_place_end(struct liquid_compiler *c,
		      const struct liquid_spot *begin);

/* What is being read writes more than white space. */
void liquid_shows(struct liquid_compiler *c);
void liquid_text(struct liquid_compiler *c, struct str s);
void liquid_output(struct liquid_compiler *c, struct str markup);

/* What was compiled since `begin` is put out: it should be something. */
void liquid_put_out(struct liquid_compiler *c, uint32_t begin);

/* To a tag that divides the block (in c->token; true), or past its end. */
bool liquid_body(struct liquid_compiler *c);
void liquid_whole_body(struct liquid_compiler *c);

/* The white space of a scope stays even if it shows nothing else. */
void liquid_keep_text(struct liquid_compiler *c, const struct liquid_scope *s);

/* Tags: liquid_tags.c and liquid_tags_*.c. The table ends with no name. */
extern const struct liquid_tag liquid_tags[];
const struct liquid_tag *liquid_tag(struct str name);
/* The innermost scope that a break or continue does not leave by itself. */
struct liquid_scope *liquid_barrier(struct liquid_compiler *c);
void liquid_parse_break(struct liquid_compiler *c);
void liquid_parse_continue(struct liquid_compiler *c);
void liquid_parse_for(struct liquid_compiler *c);
void liquid_parse_tablerow(struct liquid_compiler *c);
void liquid_parse_include(struct liquid_compiler *c);
void liquid_parse_render(struct liquid_compiler *c);
void liquid_parse_raw(struct liquid_compiler *c);
void liquid_parse_doc(struct liquid_compiler *c);
void liquid_parse_comment(struct liquid_compiler *c);
void liquid_parse_inline_comment(struct liquid_compiler *c);

/* item in value options: the value and what its options need are pushed. */
unsigned liquid_loop_markup(struct liquid_compiler *c,
			    struct liquid_loop_info *loop);
uint32_t liquid_loop_begin(struct liquid_compiler *c,
			   const struct liquid_loop_info *loop, unsigned flags,
			   uint32_t *top, uint32_t *end);

/* Behind something that a break or continue may have ended. */
void liquid_take_up(struct liquid_compiler *c);

/* Expressions: liquid_expr.c. */
void liquid_words(struct liquid_compiler *c, struct str markup);
void liquid_next_word(struct liquid_compiler *c);

/* Here, so that comparing with a literal is no call. */
static inline bool
liquid_is_sign(const struct liquid_compiler *c, const char *sign)
{
	return c->word.kind == WORD_SIGN && str_eq_cstr(c->word.text, sign);
}

static inline bool
liquid_is_name(const struct liquid_compiler *c, const char *name)
{
	return c->word.kind == WORD_NAME && str_eq_cstr(c->word.text, name);
}

static inline bool
liquid_take_sign(struct liquid_compiler *c, const char *sign)
{
	bool is = liquid_is_sign(c, sign);

	if (is)
		liquid_next_word(c);
	return is;
}

static inline bool
liquid_take_name(struct liquid_compiler *c, const char *name)
{
	bool is = liquid_is_name(c, name);

	if (is)
		liquid_next_word(c);
	return is;
}

void liquid_expected(struct liquid_compiler *c, const char *what);

/* ---- what was meant: liquid_meant.c ---- */

/* By a word of another language; NULL: nobody knows. */
const char *liquid_meant_tag(struct str name);
const char *liquid_meant_filter(struct str name);

/* By the sign that is the word: a sentence behind what was found; or NULL. */
const char *liquid_meant_sign(const struct liquid_compiler *c);
/* The only character of s, a space that never breaks a line. */
bool liquid_is_wide_space(struct str s);
void liquid_end_words(struct liquid_compiler *c, const char *what);
struct liquid_mark liquid_mark(const struct liquid_compiler *c);
void liquid_go_to(struct liquid_compiler *c, const struct liquid_mark *mark);
void liquid_primary(struct liquid_compiler *c);

/* The same where it is compared: the words empty and blank have a meaning. */
void liquid_operand(struct liquid_compiler *c);

/* Reads over a value; nothing is emitted. */
void liquid_skip_primary(struct liquid_compiler *c);
void liquid_filtered(struct liquid_compiler *c);
void liquid_condition(struct liquid_compiler *c);

/* Names that nobody fills. */
void liquid_check(struct liquid_compiler *c);

/* ---- filters ---- */

/* Each table is of the file liquid_filters_*.c, and ends with no name. */
extern const struct liquid_filter liquid_string_filters[];
extern const struct liquid_filter liquid_part_filters[];
extern const struct liquid_filter liquid_markup_filters[];
extern const struct liquid_filter liquid_encode_filters[];
extern const struct liquid_filter liquid_array_filters[];
extern const struct liquid_filter liquid_find_filters[];
extern const struct liquid_filter liquid_sort_filters[];
extern const struct liquid_filter liquid_number_filters[];
extern const struct liquid_filter liquid_date_filters[];
extern const struct liquid_filter liquid_locale_filters[];

/* All of them, ended by NULL. */
extern const struct liquid_filter *const liquid_filter_tables[];

int liquid_escape_filter(const struct liquid_call *call,
			 struct liquid_value *out, struct error *err);

const struct liquid_filter *
liquid_filter_find(const struct liquid_options *options, struct str name);
const char *liquid_filter_nearest(const struct liquid_options *options,
				  struct str name);

/* Helpers for filters. Room is what a call may still take of the arena. */
size_t liquid_call_room(const struct liquid_call *call);
struct liquid_text liquid_call_text(const struct liquid_call *call);
struct str liquid_call_to_text(const struct liquid_call *call,
			       const struct liquid_value *v);
struct str liquid_input_text(const struct liquid_call *call);
struct str liquid_arg_text(const struct liquid_call *call, size_t i);
int liquid_text_done(struct liquid_text *t, struct liquid_value *out,
		     struct error *err);

/* The input of an array filter as items, flat; and room for new ones. */
int liquid_items(const struct liquid_call *call,
		 const struct liquid_value *from, struct liquid_value *array,
		 struct error *err) MUST_CHECK;
int liquid_items_fit(const struct liquid_call *call, size_t count,
		     struct error *err) MUST_CHECK;
int liquid_new_items(const struct liquid_call *call, size_t count,
		     struct liquid_value **items, struct error *err) MUST_CHECK;

/*
 * What an item has under a name: 1 and *out, which is nil if there is nothing;
 * 0: it cannot be asked; < 0: not by such a name.
 */
int liquid_property(const struct liquid_call *call,
		    const struct liquid_value *item,
		    const struct liquid_value *name, struct liquid_value *out,
		    struct error *err) MUST_CHECK;
bool liquid_has_properties(const struct liquid_value *item);

/* Characters [from, from + count) of a text. */
struct str liquid_characters(struct str s, size_t from, size_t count);

/* A text in capitals, in small letters; and its first one as it begins. */
void liquid_add_upper(struct liquid_text *t, struct str s);
void liquid_add_lower(struct liquid_text *t, struct str s);
void liquid_add_title(struct liquid_text *t, struct str s);

/* Steps through what a value holds; an array of one for a single value. */
size_t liquid_count(const struct liquid_value *v);
void liquid_item(const struct liquid_value *v, size_t i, struct arena *a,
		 struct liquid_value *out);

#endif
