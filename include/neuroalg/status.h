/* What a call reports about itself: did it run (status), what is true (truth), and how a number is known (evidence).
 * The three are never merged in one integer.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NEUROALG_STATUS_H
#define NEUROALG_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define NALG_NODISCARD __attribute__((warn_unused_result))
#define NALG_API __attribute__((visibility("default")))
#define NALG_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define NALG_NODISCARD
#define NALG_API
#define NALG_PRINTF(text, first)
#endif

/* Numbers are pinned: a retired one is never used again. */
#define NALG_STATUS_LIST(X)                                                                                  \
    X(NALG_OK, 0, "ok")                                                                                      \
    X(NALG_E_ARGUMENT, 1, "argument out of range")                                                           \
    X(NALG_E_PARSE, 2, "input cannot be read")                                                               \
    X(NALG_E_SHAPE, 3, "shapes do not match")                                                                \
    X(NALG_E_MEMORY, 4, "out of memory")                                                                     \
    X(NALG_E_IO, 5, "file cannot be read or written")                                                        \
    X(NALG_E_UNSUPPORTED, 6, "not answered for this model")                                                  \
    X(NALG_E_INTERRUPTED, 7, "interrupted")                                                                  \
    X(NALG_E_DEADLINE, 8, "time limit reached")                                                              \
    X(NALG_E_LIMIT, 9, "size limit reached")                                                                 \
    X(NALG_E_INTERNAL, 10, "internal error")

typedef enum {
#define NALG_STATUS_ENUM(name, number, text) name = number,
    NALG_STATUS_LIST(NALG_STATUS_ENUM)
#undef NALG_STATUS_ENUM
} nalg_status;

typedef enum { NALG_FALSE = 0, NALG_TRUE = 1, NALG_UNKNOWN = 2 } nalg_truth;

/** Text of a status.
 *  In:      status, any value.
 *  Returns: a static string, "unknown status" for a number that is none.
 *  Cost:    constant.  Source: none. */
NALG_API const char *nalg_status_text(nalg_status status);

#ifdef __cplusplus
}
#endif

#endif
