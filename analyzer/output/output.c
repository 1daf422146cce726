#include "output/output.h"

#include <string.h>

static const struct bc_format formats[] = {
	{"text", "for people: code, path and advice for each finding", 1, bc_output_text},
	{"json", "for programs: one document, schema blockcheck-findings/1", 0, bc_output_json},
	{NULL, NULL, 0, NULL},
};

const struct bc_format *bc_output_formats(void)
{
	return formats;
}

const struct bc_format *bc_output_find(const char *name)
{
	for (const struct bc_format *format = formats; format->name; format++)
		if (!strcmp(format->name, name))
			return format;
	return NULL;
}

int bc_finding_is_open(const struct bc_finding *finding)
{
	return !finding->suppressed && (!finding->baseline || strcmp(finding->baseline, "known"));
}

int bc_report_count_open(const struct bc_report *report, enum bc_severity least)
{
	int n = 0;

	for (int i = 0; i < report->nfindings; i++)
		n += bc_finding_is_open(&report->findings[i]) &&
		     report->findings[i].severity >= least;
	return n;
}
