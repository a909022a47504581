/* A model as a row of boxes.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_REPORT_DIAGRAM_H
#define NALG_REPORT_DIAGRAM_H

#include "report/section.h"

/* Draw the layers of a `show` result: input, an arrow with the shape, a box with kind and parameters, ..., output. */
void nalg_html_diagram(nalg_page *page, const json_t *result);

#endif
