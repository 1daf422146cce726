/* What the parts of this program share: see main.c. */
#ifndef BC_TEST_HEADERS_CHECKING_H
#define BC_TEST_HEADERS_CHECKING_H

#include <clang-c/Index.h>
#include <uthash.h>

#include "models/models.h"

/* A name that the headers declare. */
struct declared {
	char *name;
	CXCursor cursor;
	UT_hash_handle hh;
};

struct checking {
	const struct bc_models *models;
	const struct bc_pack *pack;
	struct declared *functions, *records, *macros;
	const char *rule; /* at work, for messages */
	int line;
	int functions_checked, records_checked, constants_checked, faults;
};

/* Says what is wrong with the rule at work, and counts it. */
void fault(struct checking *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* declared.c: functions, macros, enumerators and records of a unit, each in its table */
void declared_collect(struct checking *c, CXTranslationUnit tu);
struct declared *declared_find(struct declared *table, const char *name);
void declared_drop(struct checking *c);

/* types.c: behind typedefs. `record` is a name without "struct". */
int type_is_integer(CXType type);
int type_is_number(CXType type);
int type_is_pointer(CXType type);
int type_is_function_pointer(CXType type);
int type_points_to(CXType type, const char *record);
int type_is_record(CXType type, const char *record);
int type_has_field(CXType type, const char *name);

/* The field of that name, if it was found, and how many fields are pointers to functions. */
struct field_search {
	const char *name;
	CXType type;
	int found, functions;
};
struct field_search type_search_fields(CXType type, const char *name);

/* rules.c: all that the pack says */
void check_rules(struct checking *c);

#endif
