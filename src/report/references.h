/* The works a page cites.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_REPORT_REFERENCES_H
#define NALG_REPORT_REFERENCES_H

#include <stddef.h>

typedef struct {
    const char *key; /* as in docs/references.bib */
    const char *authors, *title, *where;
    const char *url; /* NULL for none */
} nalg_reference;

extern const nalg_reference nalg_references[];
extern const size_t nalg_reference_count;

#endif
