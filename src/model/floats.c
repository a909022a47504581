/* Bits to doubles, doubles to rationals.  Source: IEEE 754.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/floats.h"
#include <math.h>
#include <string.h>

static uint64_t bits(const uint8_t *bytes, size_t count)
{
    uint64_t value = 0;
    for (size_t i = count; i-- > 0;) value = value << 8 | bytes[i];
    return value;
}

double nalg_float64(const uint8_t *bytes)
{
    uint64_t b = bits(bytes, 8);
    double x;
    memcpy(&x, &b, sizeof x);
    return x;
}

double nalg_float32(const uint8_t *bytes)
{
    uint32_t b = (uint32_t)bits(bytes, 4);
    float x;
    memcpy(&x, &b, sizeof x);
    return (double)x;
}

double nalg_bfloat16(const uint8_t *bytes)
{
    uint8_t wide[4] = {0, 0, bytes[0], bytes[1]};
    return nalg_float32(wide);
}

/* 1 sign, 5 exponent, 10 fraction bits. */
double nalg_float16(const uint8_t *bytes)
{
    uint64_t b = bits(bytes, 2);
    int exponent = (int)(b >> 10 & 31);
    double fraction = (double)(b & 1023), magnitude;
    if (exponent == 31)
        magnitude = fraction > 0 ? NAN : INFINITY;
    else if (exponent == 0)
        magnitude = ldexp(fraction, -24);
    else
        magnitude = ldexp(1024 + fraction, exponent - 25);
    return b >> 15 ? -magnitude : magnitude;
}

void nalg_rational_of_double(fmpq_t out, double x)
{
    int exponent;
    double mantissa = frexp(x, &exponent); /* |mantissa| in [1/2, 1): 53 bits make it an integer */
    fmpz_set_si(fmpq_numref(out), (slong)ldexp(mantissa, 53));
    fmpz_one(fmpq_denref(out));
    exponent -= 53;
    if (exponent >= 0)
        fmpz_mul_2exp(fmpq_numref(out), fmpq_numref(out), (ulong)exponent);
    else
        fmpz_mul_2exp(fmpq_denref(out), fmpq_denref(out), (ulong)-exponent);
    fmpq_canonicalise(out);
}
