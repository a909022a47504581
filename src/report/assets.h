/* Files embedded in the library by cmake/embed.cmake.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_REPORT_ASSETS_H
#define NALG_REPORT_ASSETS_H

#include <stddef.h>

typedef struct {
    const char *name; /* such as "katex.js" */
    const char *begin, *end;
} nalg_asset;

extern const nalg_asset nalg_assets[];
extern const size_t nalg_asset_count;

/* The asset of that name, or NULL when it was not there at build time. */
const nalg_asset *nalg_asset_find(const char *name);

#endif
