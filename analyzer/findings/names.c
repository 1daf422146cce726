#include <string.h>

#include "findings/finding.h"

const char *bc_confidence_name(enum bc_confidence confidence)
{
	switch (confidence) {
	case BC_CONF_POSSIBLE: return "possible";
	case BC_CONF_LIKELY: return "likely";
	case BC_CONF_CERTAIN: return "certain";
	}
	return "";
}

const char *bc_via_name(enum bc_via via)
{
	switch (via) {
	case BC_VIA_DIRECT: return "direct";
	case BC_VIA_POINTER: return "pointer";
	case BC_VIA_CLEANUP: return "cleanup";
	}
	return "";
}

static const struct {
	const char *rule, *title;
} titles[] = {
	{"BC101", "sleep on the loop"},
	{"BC102", "name resolution on the loop"},
	{"BC103", "network wait on the loop"},
	{"BC104", "disk access on the loop"},
	{"BC105", "wait for a process on the loop"},
	{"BC106", "wait for a lock or thread on the loop"},
	{"BC107", "round trip to another process on the loop"},
	{"BC108", "loop inside a callback"},
	{"BC109", "long computation on the loop"},
	{"BC110", "wait for a device on the loop"},
	{"BC111", "logging on the loop"},
	{"BC201", "measured: a callback blocked"},
	{"BC202", "measured: a callback computed for long"},
	{"BC203", "measured: many small callbacks in one iteration"},
	{"BC204", "measured: page faults"},
	{"BC205", "measured: no CPU was free"},
	{"BC301", "entry that matches nothing"},
	{"BC302", "annotation that is not understood"},
	{"BC306", "annotated as nonblocking, but it blocks"},
};

const char *bc_rule_title(const char *rule)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		if (!strcmp(titles[i].rule, rule))
			return titles[i].title;
	return "";
}
