/* How bad is it? Severity from category and bound, and whether the budget swallows it. */
#ifndef BC_FINDINGS_GRADE_H
#define BC_FINDINGS_GRADE_H

#include "link/search/verdict.h"
#include "models/models.h"

enum bc_severity bc_grade(const struct bc_sink_rule *rule, const struct bc_verdict *verdict);

/* 1 when the call surely ends within the budget. */
int bc_within_budget(const struct bc_verdict *verdict, double budget_ms);

#endif
