/* Gradient flow by backward differentiation formulas of variable order and step (CVODE of SUNDIALS; Hindmarsh
 * et al., ACM TOMS 31 (2005) 363).
 *
 * The flow is stiff: near a minimum the time scales are the inverse eigenvalues of the Hessian, and the flat
 * directions of the fiber have none. Implicit formulas take steps as long as the slowest scale. The Newton
 * matrix is dense with difference quotients of the gradient for small models; beyond, GMRES with directional
 * differences. One integrator is independent of any other. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/gradient_flow.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"

/* On linear 3-2-3 the conserved quantities then drift by 2e-10 to 4e-10 until rest. */
#define RELATIVE_TOLERANCE 1e-12
#define ABSOLUTE_TOLERANCE 1e-13
#define REST 1e-10
#define STEP_LIMIT 50000
/* Weights of this size have left for infinity. */
#define ESCAPED 1e8
/* A point of rest with a negative eigenvalue -c of the Hessian is left at a distance that grows as e^(ct): it
 * counts as an end point only if the gradient is still negligible after this many time scales 1/c. From
 * rounding errors e^40 would lead to the size of the weights. */
#define SADDLE_PATIENCE 40
/* Largest model with a dense Newton matrix: its factorisation then takes most of the time. */
#define DENSE_PARAMETERS 200

void nalg_flow_control_defaults(nalg_flow_control *control)
{
    *control = (nalg_flow_control){.relative = RELATIVE_TOLERANCE,
                                   .absolute = ABSOLUTE_TOLERANCE,
                                   .rest = REST,
                                   .time_limit = INFINITY,
                                   .step_limit = STEP_LIMIT};
}

const char *nalg_flow_reason_name(nalg_flow_reason reason)
{
    static const char *const names[] = {"at rest", "time limit", "step limit", "diverged",
                                        "integrator failed"};
    return names[reason];
}

/* ---- what flow and descent share ---- */

typedef struct {
    nalg_loss *loss;
    const nalg_flow_control *control;
    nalg_flow_end *end;
    double *gradient;
    double leaving; /* at a saddle: when to believe that the flow ends there; 0 elsewhere */
} watch;

static double norm(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
    return sqrt(sum);
}

/* Is a negligible gradient the end? */
static bool rests(watch *v, double time, const double *w)
{
    nalg_curvature *curvature = &v->end->curvature;
    if (!v->leaving) {
        nalg_loss_curvature(v->loss, curvature, w);
        if (!curvature->known || !curvature->negative) return true;
        v->leaving = time + SADDLE_PATIENCE / -curvature->lowest;
    }
    return time >= v->leaving;
}

/* Evaluate loss and gradient at an accepted point and show it. True while the flow goes on; else end->reason
 * says why not. */
static bool goes_on(watch *v, double time, const double *w)
{
    nalg_flow_end *end = v->end;
    size_t n = nalg_loss_parameters(v->loss);
    double value, size = norm(w, n);
    end->time = time;
    end->reason = NALG_FLOW_DIVERGED;
    if (!isfinite(size) || !nalg_loss_at(v->loss, &value, v->gradient, w)) return false;
    end->loss = value;
    end->gradient_norm = norm(v->gradient, n);
    if (!end->steps) end->start_loss = value;
    nalg_flow_state state = {.time = time,
                             .loss = value,
                             .gradient_norm = end->gradient_norm,
                             .w = w,
                             .answers = nalg_loss_answers(v->loss)};
    if (v->control->observe) v->control->observe(v->control->user, &state);
    if (size > ESCAPED * sqrt((double)n)) return false;
    end->reason = NALG_FLOW_REST;
    if (end->gradient_norm * size > v->control->rest * nalg_loss_size(v->loss))
        v->leaving = 0;
    else if (rests(v, time, w))
        return false;
    end->reason = NALG_FLOW_STEPS;
    if (end->steps >= v->control->step_limit) return false;
    end->reason = NALG_FLOW_TIME;
    return time < v->control->time_limit;
}

nalg_status nalg_gradient_descent(const nalg_ctx *ctx, nalg_flow_end *end, double *w, nalg_loss *loss,
                                  double step, const nalg_flow_control *control)
{
    size_t n = nalg_loss_parameters(loss);
    nalg_status status = NALG_OK;
    *end = (nalg_flow_end){0};
    watch v = {.loss = loss, .control = control, .end = end, .gradient = nalg_array(n, sizeof(double))};
    if (!v.gradient) return NALG_E_MEMORY;
    while (status == NALG_OK && goes_on(&v, step * (double)end->steps, w)) {
        for (size_t i = 0; i < n; i++) w[i] -= step * v.gradient[i];
        end->steps++;
        if (nalg_stopping(ctx)) status = NALG_E_INTERRUPTED;
    }
    if (nalg_stopping(ctx)) status = NALG_E_INTERRUPTED; /* the loss gives up too */
    end->evaluations = end->steps + 1;
    free(v.gradient);
    return status;
}

nalg_status nalg_flow_require(nalg_ctx *ctx)
{
    if (nalg_flow_available()) return NALG_OK;
    return nalg_fail(ctx, NALG_E_UNSUPPORTED, NULL,
                     "install SUNDIALS 6 or later (Debian: libsundials-dev) and build again",
                     "this build has no integrator for gradient flow");
}

#ifndef NEUROALG_SUNDIALS

bool nalg_flow_available(void)
{
    return false;
}

nalg_status nalg_gradient_flow(const nalg_ctx *ctx, nalg_flow_end *end, double *w, nalg_loss *loss,
                               const nalg_flow_control *control)
{
    (void)ctx, (void)end, (void)w, (void)loss, (void)control;
    return NALG_E_UNSUPPORTED;
}

#else

#include <cvode/cvode.h>
#include <nvector/nvector_serial.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunlinsol/sunlinsol_spgmr.h>
#include <sunmatrix/sunmatrix_dense.h>

#if SUNDIALS_VERSION_MAJOR >= 7
#define NO_COMMUNICATOR SUN_COMM_NULL
#else
#define NO_COMMUNICATOR NULL
#endif

bool nalg_flow_available(void)
{
    return true;
}

typedef struct {
    const nalg_ctx *ctx;
    nalg_loss *loss;
    SUNContext context;
    N_Vector y;
    SUNMatrix matrix;
    SUNLinearSolver solver;
    void *memory;
    size_t evaluations;
} integrator;

/* 1: retry with a shorter step; -1: stop. */
static int field_of_flow(sunrealtype t, N_Vector y, N_Vector slope, void *user)
{
    integrator *c = user;
    double value, *g = N_VGetArrayPointer(slope);
    (void)t;
    if (nalg_stopping(c->ctx)) return -1;
    c->evaluations++;
    if (!nalg_loss_at(c->loss, &value, g, N_VGetArrayPointer(y))) return 1;
    for (size_t i = 0; i < nalg_loss_parameters(c->loss); i++) g[i] = -g[i];
    return 0;
}

/* The default handlers print. */
#if SUNDIALS_VERSION_MAJOR >= 7
static bool silence(integrator *c)
{
    return SUNContext_ClearErrHandlers(c->context) == 0;
}
#else
static void ignore(int code, const char *module, const char *function, char *message, void *user)
{
    (void)code, (void)module, (void)function, (void)message, (void)user;
}

static bool silence(integrator *c)
{
    return CVodeSetErrHandlerFn(c->memory, ignore, NULL) == CV_SUCCESS;
}
#endif

static bool attach_solver(integrator *c, size_t n)
{
    if (n <= DENSE_PARAMETERS) {
        c->matrix = SUNDenseMatrix((sunindextype)n, (sunindextype)n, c->context);
        c->solver = c->matrix ? SUNLinSol_Dense(c->y, c->matrix, c->context) : NULL;
    } else {
        c->solver = SUNLinSol_SPGMR(c->y, SUN_PREC_NONE, 0, c->context);
    }
    return c->solver && CVodeSetLinearSolver(c->memory, c->solver, c->matrix) == CV_SUCCESS;
}

static bool start(integrator *c, double *w, size_t n, const nalg_flow_control *control)
{
    double size = norm(w, n) / sqrt((double)(n ? n : 1));
    if (SUNContext_Create(NO_COMMUNICATOR, &c->context)) return false;
    c->y = N_VMake_Serial((sunindextype)n, w, c->context);
    c->memory = CVodeCreate(CV_BDF, c->context);
    return c->y && c->memory && silence(c) && CVodeInit(c->memory, field_of_flow, 0, c->y) == CV_SUCCESS &&
           CVodeSStolerances(c->memory, control->relative, control->absolute * (size > 0 ? size : 1)) ==
               CV_SUCCESS &&
           CVodeSetUserData(c->memory, c) == CV_SUCCESS && attach_solver(c, n);
}

static void finish(integrator *c)
{
    if (c->memory) CVodeFree(&c->memory);
    if (c->solver) SUNLinSolFree(c->solver);
    if (c->matrix) SUNMatDestroy(c->matrix);
    if (c->y) N_VDestroy(c->y);
    if (c->context) SUNContext_Free(&c->context);
}

/* One step of the integrator after another. */
static nalg_status run(integrator *c, watch *v, double *w)
{
    double limit = v->control->time_limit,
           horizon = fmin(1, limit); /* only the first step looks at the horizon */
    sunrealtype time = 0;
    if (isfinite(limit) && limit > 0 && CVodeSetStopTime(c->memory, limit) != CV_SUCCESS)
        return NALG_E_MEMORY;
    while (goes_on(v, time, w)) {
        int code = CVode(c->memory, horizon, c->y, &time, CV_ONE_STEP);
        if (nalg_stopping(c->ctx)) return NALG_E_INTERRUPTED;
        if (code == CV_MEM_FAIL) return NALG_E_MEMORY;
        if (code < 0) {
            bool pole =
                code == CV_FIRST_RHSFUNC_ERR || code == CV_REPTD_RHSFUNC_ERR || code == CV_UNREC_RHSFUNC_ERR;
            v->end->reason = pole ? NALG_FLOW_DIVERGED : NALG_FLOW_FAILED;
            break;
        }
        v->end->steps++;
    }
    return nalg_stopping(c->ctx) ? NALG_E_INTERRUPTED : NALG_OK; /* the loss gives up too */
}

nalg_status nalg_gradient_flow(const nalg_ctx *ctx, nalg_flow_end *end, double *w, nalg_loss *loss,
                               const nalg_flow_control *control)
{
    size_t n = nalg_loss_parameters(loss);
    *end = (nalg_flow_end){0};
    integrator c = {.ctx = ctx, .loss = loss};
    watch v = {.loss = loss, .control = control, .end = end, .gradient = nalg_array(n, sizeof(double))};
    double *y = nalg_array(n, sizeof *y);
    nalg_status status = NALG_E_MEMORY;
    if (!v.gradient || !y) goto done;
    memcpy(y, w, n * sizeof *y);
    if (n && !start(&c, y, n, control)) goto done;
    status = n ? run(&c, &v, y) : NALG_OK;
    end->evaluations = c.evaluations + end->steps + 1;
    if (status == NALG_OK) memcpy(w, y, n * sizeof *y);
done:
    finish(&c);
    free(v.gradient);
    free(y);
    return status;
}

#endif
