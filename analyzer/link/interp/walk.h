/* Private to the interpreter: one walk over one body, and the parts that recurse into each other.
 */
#ifndef BC_LINK_INTERP_WALK_H
#define BC_LINK_INTERP_WALK_H

#include "link/interp/interp.h"

/* An enclosing loop or switch: where break leads. */
struct bc_frame {
	struct bc_frame *up;
	struct bc_env breaks; /* joined environments at break */
	int is_switch;

	/* switches */
	const struct bc_env *head; /* at the start */
	uint32_t subject;          /* the expression switched on */
	uint32_t node;
};

struct bc_walk {
	const struct bc_interp *interp;
	const struct bc_func *f;
	uint32_t func;
	struct bc_arena scratch;
	struct bc_frame *frame;
	int way_out;           /* behind the statement that runs, the process surely ends */
	struct bc_env *labels; /* per label: joined environments of the gotos seen so far */
	uint8_t *back;         /* per label: a goto comes after it, or a computed one exists */
	uint8_t *escaped; /* per slot: its address is kept somewhere, so its value is not tracked */
};

/* eval.c: runs an expression. */
struct bc_value bc_walk_eval(struct bc_walk *w, uint32_t node, struct bc_env *env);
struct bc_value bc_walk_letter(const struct bc_walk *w, uint32_t node, const struct bc_env *env);

/* branch.c: runs a condition; `yes` comes in, both sides come out, dead where they cannot be. */
void bc_walk_branch(struct bc_walk *w, uint32_t node, struct bc_env *yes, struct bc_env *no);

/*
 * branch.c: narrows the local that `operand` tests to what it is when `value op number` is `truth`.
 * The side dies when nothing remains; it is the child's when only fork()'s child remains.
 */
void bc_walk_narrow(struct bc_walk *w, struct bc_env *env, uint32_t operand,
	const struct bc_value *value, enum bc_op op, int64_t number, int truth);

/* interp.c: runs a statement. */
void bc_walk_exec(struct bc_walk *w, uint32_t node, struct bc_env *env);

/* switch.c: runs a switch, and what its body does at `case x:` and `default:`. */
void bc_walk_switch(struct bc_walk *w, uint32_t node, struct bc_env *env);
void bc_walk_case(struct bc_walk *w, uint32_t node, struct bc_env *env);
void bc_walk_default(struct bc_walk *w, struct bc_env *env);

/* calls.c: runs a call: tells the user of it, and forgets what it may have changed. */
struct bc_value bc_walk_call(struct bc_walk *w, uint32_t node, struct bc_env *env);

/* The slot holds a record, not a pointer to one. */
static inline int bc_walk_is_local_record(const struct bc_walk *w, uint32_t slot)
{
	return w->f->locals[slot].cls == BC_CLASS_RECORD;
}

/* The name of a local array, which is a pointer to its start by now. */
static inline int bc_walk_is_array(const struct bc_func *f, uint32_t node)
{
	return f->nodes[node].kind == BC_N_LOCAL &&
	       f->locals[f->nodes[node].ref].cls == BC_CLASS_ARRAY;
}

/* remember.c: the local that a tested operand is, which may be an assignment; BC_NONE for none. */
uint32_t bc_walk_tested_slot(const struct bc_func *f, uint32_t node);
/* remember.c: the operand that is tested: x of x = ... */
uint32_t bc_walk_tested(const struct bc_func *f, uint32_t node);
/*
 * remember.c: the local record that a field access reads, directly or through a known pointer; or
 * the local that points to a record of which some fields may be known.
 */
uint32_t bc_walk_record(const struct bc_walk *w, uint32_t base, const struct bc_env *env);
/* remember.c: the record of a tested operand that is a field worth keeping in mind, else BC_NONE.
 */
uint32_t bc_walk_tested_field(const struct bc_walk *w, uint32_t node, const struct bc_env *env);
/* remember.c: `value` is what the local holds from here on, if its values are followed. */
void bc_walk_set_slot(struct bc_walk *w, struct bc_env *env, uint32_t slot, struct bc_value value);
/* remember.c: what is known of a variable of static storage. */
struct bc_value bc_walk_variable_value(const struct bc_walk *w, uint32_t node);
/* remember.c: what is known of the value of a FIELD node. */
struct bc_value bc_walk_field_value(
	const struct bc_walk *w, uint32_t node, const struct bc_env *env);
/* remember.c: `value` is what the FIELD node holds from here on, if anything is worth knowing. */
void bc_walk_set_field(struct bc_walk *w, uint32_t node, struct bc_value value, struct bc_env *env);
/* remember.c: x = {...} for a local record. */
void bc_walk_init_record(struct bc_walk *w, uint32_t slot, uint32_t init, struct bc_env *env);
/* remember.c: *p = ..., for the expression p. */
void bc_walk_forget_pointee(struct bc_walk *w, uint32_t pointer, struct bc_env *env);
/* remember.c: somebody wrote to this field of some record that is not a local. */
void bc_walk_forget_field(const struct bc_walk *w, struct bc_env *env, uint32_t field);
/* remember.c: the same for all fields that a call may write. */
void bc_walk_forget_written(const struct bc_walk *w, struct bc_env *env, uint32_t call);
/* calls.c: what a call returns, as far as it is known without looking into the callee. */
struct bc_value bc_walk_call_result(const struct bc_walk *w, uint32_t call);

#endif
