/* The words for how a number is known.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_REPORT_EVIDENCE_H
#define NALG_REPORT_EVIDENCE_H

#include <jansson.h>

typedef struct {
    const char *status;  /* as in the document: "proved" */
    const char *label;   /* "proved lower bound" */
    const char *grade;   /* style of the badge: "exact", "partial", "probable", "numerical", "none" */
    const char *meaning; /* one or two sentences */
} nalg_evidence_words;

/* The words for a status; those of "unknown" for anything else, NULL included. */
const nalg_evidence_words *nalg_evidence_of_status(const char *status);

/* The same for the evidence of a result document. */
const nalg_evidence_words *nalg_evidence_of(const json_t *document);

#endif
