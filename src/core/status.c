/* Names of the status codes.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "neuroalg/status.h"

const char *nalg_status_text(nalg_status status)
{
    switch (status) {
#define NALG_STATUS_CASE(name, number, text)                                                                 \
    case name:                                                                                               \
        return text;
        NALG_STATUS_LIST(NALG_STATUS_CASE)
#undef NALG_STATUS_CASE
    }
    return "unknown status";
}
