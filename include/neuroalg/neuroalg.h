/* neuroalg: neuroalgebraic geometry of neural networks. This header includes the whole public interface.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NEUROALG_NEUROALG_H
#define NEUROALG_NEUROALG_H

#include "neuroalg/bias.h"
#include "neuroalg/context.h"
#include "neuroalg/critical.h"
#include "neuroalg/data.h"
#include "neuroalg/degree.h"
#include "neuroalg/dimension.h"
#include "neuroalg/equations.h"
#include "neuroalg/export.h"
#include "neuroalg/family.h"
#include "neuroalg/landscape.h"
#include "neuroalg/learning.h"
#include "neuroalg/model.h"
#include "neuroalg/report.h"
#include "neuroalg/result.h"
#include "neuroalg/singular.h"
#include "neuroalg/solve.h"
#include "neuroalg/status.h"
#include "neuroalg/track.h"

#endif
