/* The sets of functions of `singular` as a Hasse diagram.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_REPORT_POSET_H
#define NALG_REPORT_POSET_H

#include "report/section.h"

/* A figure with its caption; nothing for an answer without sets, or with too many for a picture. */
void nalg_poset_figure(nalg_page *page, const json_t *result);

#endif
