/* The sections of the report in the order of the page. A new one is a file section_<name>.c and a line in each list.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"

extern const nalg_report_section nalg_section_critical;

extern const nalg_report_section nalg_section_header, nalg_section_model, nalg_section_dimension, nalg_section_degree, nalg_section_fiber, nalg_section_other,
    nalg_section_conserved, nalg_section_flow, nalg_section_tangent, nalg_section_bounds, nalg_section_rlct, nalg_section_equations, nalg_section_bias, nalg_section_evidence, nalg_section_references;

const nalg_report_section *const nalg_report_sections[] = {
    &nalg_section_header,
    &nalg_section_model,
    &nalg_section_dimension,
    &nalg_section_degree,
    &nalg_section_fiber,
    &nalg_section_critical,
    &nalg_section_equations,
    &nalg_section_bias,
    &nalg_section_conserved,
    &nalg_section_flow,
    &nalg_section_tangent,
    &nalg_section_bounds,
    &nalg_section_rlct,
    &nalg_section_other, /* results of commands that have no section above */
    &nalg_section_evidence,
    &nalg_section_references,
};
const size_t nalg_report_section_count = sizeof nalg_report_sections / sizeof *nalg_report_sections;
