/* What the readers of a pack's parts share: values out of a document that passed the schema. */
#ifndef BC_MODELS_READ_H
#define BC_MODELS_READ_H

#include "models/loader.h"

/* A copy of `text` that lives as long as the models. */
const char *bc_read_keep(struct bc_loader *loader, const char *text);
/* The text under `key`, "" without. */
const char *bc_read_text(struct bc_loader *loader, const struct bc_yaml_node *map, const char *key);
/* A small number, `fallback` where it is not given. */
int bc_read_int(const struct bc_yaml_node *map, const char *key, int fallback);
/* A time, negative where it is not given. */
double bc_read_ms(const struct bc_yaml_node *map, const char *key);
/* 0 where it is not given. */
int bc_read_flag(const struct bc_yaml_node *map, const char *key);
int bc_read_word(
	const struct bc_yaml_node *map, const char *key, const struct bc_word *words, int fallback);

/* First of a list's items, or the single value itself; walk on with bc_read_next(). */
const struct bc_yaml_node *bc_read_first(const struct bc_yaml_node *map, const char *key);
const struct bc_yaml_node *bc_read_next(
	const struct bc_yaml_node *map, const char *key, const struct bc_yaml_node *item);
int bc_read_count(const struct bc_yaml_node *map, const char *key);
/* Copies of all texts under `key`. */
const char *const *bc_read_texts(
	struct bc_loader *loader, const struct bc_yaml_node *map, const char *key, int *n);

struct bc_origin bc_read_origin(const struct bc_loader *loader, const struct bc_yaml_node *node);
/* Checks that an argument number exists where the parameters were counted. 0 or BC_EINPUT. */
int bc_read_check_arg(const struct bc_loader *loader, const struct bc_yaml_node *map,
	const char *key, int params);
/* `params` and `args` of a rule. 0 or BC_EINPUT. */
int bc_read_scope(
	struct bc_loader *loader, const struct bc_yaml_node *map, struct bc_cond_scope *scope);
int bc_read_timeout(struct bc_loader *loader, const struct bc_yaml_node *map, int params,
	struct bc_timeout *timeout);

#endif
