/* The words for how a number is known.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/evidence.h"
#include "report/value.h"
#include <string.h>

static const nalg_evidence_words words[] = {
    {"proved", "proved", "exact",
     "The answer is exact. Every inequality behind it has been proved in exact arithmetic, in interval arithmetic or by a theorem."},
    {"proved_lower", "proved lower bound", "partial",
     "The true value is certainly not smaller than the number given. That it is not larger has not been proved."},
    {"proved_upper", "proved upper bound", "partial",
     "The true value is certainly not larger than the number given. That it is not smaller has not been proved."},
    {"interval", "proved interval", "partial",
     "The true value is certainly between the two ends given. Which it is has not been proved."},
    {"probable", "probable", "probable",
     "Exact arithmetic at random points. The answer is wrong with a probability that is at most the bound given, over the "
     "random choices made by the program."},
    {"numerical", "numerical", "numerical",
     "Computed in floating-point arithmetic and checked as stated here. This is good evidence, not a proof."},
    {"estimate", "estimate", "numerical",
     "Estimated from a random sample. The standard error or the interval tells how precise it is."},
    {"unknown", "unknown", "none", "No statement is made about how sure this answer is."},
};

const nalg_evidence_words *nalg_evidence_of_status(const char *status)
{
    size_t count = sizeof words / sizeof *words;
    for (size_t i = 0; status && i < count; i++)
        if (!strcmp(words[i].status, status)) return &words[i];
    return &words[count - 1];
}

const nalg_evidence_words *nalg_evidence_of(const json_t *document)
{
    return nalg_evidence_of_status(nalg_json_string(document, "evidence.status", NULL));
}
