/* From shared expressions to straight-line programs.
 *
 * A term gets a register of its own when it is used more than once or as a factor; every other sum, product or multiple is folded
 * into the sum that uses it. Instructions are emitted depth first from the outputs, so values are used soon after
 * they are made, and a last pass hands registers of dead temporaries out again.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "track/tape.h"
#include <string.h>
#include "core/memory.h"

#define UNASSIGNED UINT32_MAX

typedef struct {
    uint32_t a, b;
    double complex factor;
    bool affine; /* a is affine in the path parameters */
} product_entry;

/* One sum being collected. */
typedef struct {
    product_entry *plus, *minus, *multiple; /* multiple: b unused */
    size_t plus_count, minus_count, multiple_count, plus_capacity, minus_capacity, multiple_capacity;
    double complex constant;
} sum;

typedef struct {
    nalg_tape *tape;
    const nalg_terms *t;
    uint32_t *uses;
    uint32_t *home; /* register of a term, or UNASSIGNED */
    bool *affine;   /* terms that are affine in the path parameters and free of unknowns */
    uint32_t next;
    bool failed;
} lowering;

static void emit_term(lowering *l, int32_t i);

static bool is_leaf(const lowering *l, int32_t i)
{
    return l->t->term[i].kind == NALG_TERM_VARIABLE;
}

/* Register of a term, computed first if need be. */
static uint32_t home_of(lowering *l, int32_t i)
{
    if (l->home[i] == UNASSIGNED) emit_term(l, i);
    return l->home[i];
}

static void push(lowering *l, product_entry **list, size_t *count, size_t *capacity, product_entry entry)
{
    if (!nalg_grow((void **)list, capacity, *count, sizeof **list)) l->failed = true;
    else (*list)[(*count)++] = entry;
}

/* Add factor * term i to the sum. `top`: i is the sum itself and must be opened up even if it has a register. */
static void collect(lowering *l, sum *s, int32_t i, double complex factor, bool top)
{
    const nalg_term *v = &l->t->term[i];
    bool open = top || (l->uses[i] <= 1 && l->home[i] == UNASSIGNED);
    if (v->kind == NALG_TERM_CONSTANT) {
        s->constant += factor * nalg_term_value(l->t, i);
    } else if (open && v->kind == NALG_TERM_ADD && (cimag(factor) == 0)) {
        collect(l, s, v->a, factor, false);
        collect(l, s, v->b, factor, false);
    } else if (open && v->kind == NALG_TERM_MULTIPLY && nalg_term_is_constant(l->t, v->a)) {
        collect(l, s, v->b, factor * nalg_term_value(l->t, v->a), false);
    } else if (open && v->kind == NALG_TERM_MULTIPLY && (factor == 1 || factor == -1)) {
        bool swap = l->affine[v->b];
        int32_t left = swap ? v->b : v->a, right = swap ? v->a : v->b;
        product_entry entry = {home_of(l, left), home_of(l, right), 1, l->affine[left]};
        if (factor == 1) push(l, &s->plus, &s->plus_count, &s->plus_capacity, entry);
        else push(l, &s->minus, &s->minus_count, &s->minus_capacity, entry);
    } else {
        push(l, &s->multiple, &s->multiple_count, &s->multiple_capacity, (product_entry){home_of(l, i), 0, factor, false});
    }
}

static void push_operand(lowering *l, uint32_t r)
{
    nalg_tape *tape = l->tape;
    if (!nalg_grow((void **)&tape->operand, &tape->operand_capacity, tape->operand_count, sizeof *tape->operand)) l->failed = true;
    else tape->operand[tape->operand_count++] = r;
}

static void push_constant(lowering *l, double x)
{
    nalg_tape *tape = l->tape;
    if (!nalg_grow((void **)&tape->constant, &tape->constant_capacity, tape->constant_count, sizeof *tape->constant))
        l->failed = true;
    else tape->constant[tape->constant_count++] = x;
}

static void push_instruction(lowering *l, nalg_instruction instruction)
{
    nalg_tape *tape = l->tape;
    if (!nalg_grow((void **)&tape->instruction, &tape->capacity, tape->count, sizeof *tape->instruction)) l->failed = true;
    else tape->instruction[tape->count++] = instruction;
}

/* Pairs of operands, those with an affine left one first. Returns their number. */
static uint32_t push_products(lowering *l, const product_entry *list, size_t count)
{
    uint32_t affine = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < count; i++) {
            if (list[i].affine != (pass == 0)) continue;
            affine += pass == 0;
            push_operand(l, list[i].a);
            push_operand(l, list[i].b);
        }
    return affine;
}

static void push_sum(lowering *l, const sum *s, uint32_t target)
{
    nalg_tape *tape = l->tape;
    nalg_instruction in = {.target = target, .operand = (uint32_t)tape->operand_count, .constant = (uint32_t)tape->constant_count,
                           .products = (uint32_t)s->plus_count, .negative_products = (uint32_t)s->minus_count,
                           .real = creal(s->constant), .imag = cimag(s->constant)};
    in.affine = push_products(l, s->plus, s->plus_count);
    in.negative_affine = push_products(l, s->minus, s->minus_count);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < s->multiple_count; i++) {
            bool real = cimag(s->multiple[i].factor) == 0;
            if (real != (pass == 0)) continue;
            push_operand(l, s->multiple[i].a);
            push_constant(l, creal(s->multiple[i].factor));
            if (real) in.reals++;
            else push_constant(l, cimag(s->multiple[i].factor)), in.complexes++;
        }
    tape->flops += 8 * (uint64_t)(in.products + in.negative_products + in.complexes) + 4 * (uint64_t)in.reals;
    push_instruction(l, in);
}

/* target := term i, opened up. */
static void emit_sum(lowering *l, int32_t i, uint32_t target, bool top)
{
    sum s = {0};
    collect(l, &s, i, 1, top);
    if (!l->failed) push_sum(l, &s, target);
    free(s.plus);
    free(s.minus);
    free(s.multiple);
}

/* Give term i a register and compute it. */
static void emit_term(lowering *l, int32_t i)
{
    const nalg_term *v = &l->t->term[i];
    if (v->kind == NALG_TERM_INVERSE) {
        uint32_t from = home_of(l, v->a);
        uint32_t at = (uint32_t)l->tape->operand_count;
        l->home[i] = l->next++;
        push_operand(l, from);
        push_instruction(l, (nalg_instruction){.target = l->home[i], .operand = at, .inverse = 1});
        l->tape->flops += 8;
        return;
    }
    uint32_t target;
    emit_sum(l, i, UNASSIGNED, true);
    target = l->next++;
    if (!l->failed) l->tape->instruction[l->tape->count - 1].target = target;
    l->home[i] = target;
}

/* How often each term is used by live terms and outputs. */
static void count_uses(lowering *l, const int32_t *outputs, size_t count)
{
    const nalg_terms *t = l->t;
    for (size_t i = 0; i < count; i++)
        if (outputs[i] >= 0) l->uses[outputs[i]]++;
    for (size_t i = t->count; i-- > 0;) {
        const nalg_term *v = &t->term[i];
        if (!l->uses[i] || v->kind < NALG_TERM_ADD) continue;
        l->uses[v->a]++;
        if (v->kind != NALG_TERM_INVERSE) l->uses[v->b]++;
    }
}

static void mark_affine(lowering *l)
{
    for (size_t i = 0; i < l->t->count; i++) {
        const nalg_term *v = &l->t->term[i];
        switch (v->kind) {
        case NALG_TERM_CONSTANT: l->affine[i] = true; break;
        case NALG_TERM_VARIABLE: l->affine[i] = (size_t)v->a >= l->tape->unknowns; break;
        case NALG_TERM_ADD: l->affine[i] = l->affine[v->a] && l->affine[v->b]; break;
        case NALG_TERM_MULTIPLY: l->affine[i] = nalg_term_is_constant(l->t, v->a) && l->affine[v->b]; break;
        case NALG_TERM_INVERSE: l->affine[i] = false; break;
        }
    }
}

/* Linear scan over the temporaries: a register is free again after the last instruction that reads it. */
static bool compact_registers(nalg_tape *tape, uint32_t fixed)
{
    size_t temporaries = tape->registers - fixed, free_count = 0;
    uint32_t *last = nalg_array_zero(temporaries + 1, sizeof *last), *map = nalg_array(temporaries + 1, sizeof *map);
    uint32_t *available = nalg_array(temporaries + 1, sizeof *available), next = fixed;
    bool ok = last && map && available;
    for (size_t i = 0; ok && i < tape->count; i++) {
        const nalg_instruction *in = &tape->instruction[i];
        size_t operands = in->inverse ? 1 : 2 * (size_t)(in->products + in->negative_products) + in->reals + in->complexes;
        for (size_t k = 0; k < operands; k++)
            if (tape->operand[in->operand + k] >= fixed) last[tape->operand[in->operand + k] - fixed] = (uint32_t)i;
    }
    for (size_t i = 0; ok && i < tape->count; i++) {
        nalg_instruction *in = &tape->instruction[i];
        size_t operands = in->inverse ? 1 : 2 * (size_t)(in->products + in->negative_products) + in->reals + in->complexes;
        for (size_t k = 0; k < operands; k++) {
            uint32_t *r = &tape->operand[in->operand + k];
            if (*r < fixed) continue;
            uint32_t old = *r - fixed;
            *r = map[old];
            /* The target is written after all operands are read, so it may take the place of one that dies here. */
            if (last[old] == i) {
                available[free_count++] = map[old];
                last[old] = UINT32_MAX;
            }
        }
        if (in->target < fixed) continue;
        map[in->target - fixed] = free_count ? available[--free_count] : next++;
        in->target = map[in->target - fixed];
    }
    if (ok) tape->registers = next;
    free(last);
    free(map);
    free(available);
    return ok;
}

bool nalg_tape_create(nalg_tape *tape, const nalg_terms *t, const int32_t *outputs, size_t count, size_t unknowns, size_t parameters,
                      bool compact)
{
    memset(tape, 0, sizeof *tape);
    if (t->failed) return false;
    uint32_t fixed = (uint32_t)(unknowns + parameters + count);
    tape->unknowns = unknowns;
    tape->parameters = parameters;
    tape->outputs = count;
    lowering l = {.tape = tape, .t = t, .next = fixed};
    l.uses = nalg_array_zero(t->count, sizeof *l.uses);
    l.home = nalg_array(t->count, sizeof *l.home);
    l.affine = nalg_array_zero(t->count, sizeof *l.affine);
    l.failed = !l.uses || !l.home || !l.affine;
    if (!l.failed) mark_affine(&l);
    for (size_t i = 0; !l.failed && i < t->count; i++)
        l.home[i] = is_leaf(&l, (int32_t)i) ? (uint32_t)t->term[i].a : UNASSIGNED;
    if (!l.failed) count_uses(&l, outputs, count);
    for (size_t i = 0; !l.failed && i < count; i++)
        if (outputs[i] >= 0) emit_sum(&l, outputs[i], (uint32_t)(unknowns + parameters + i), false);
    tape->registers = l.next;
    if (!l.failed && compact) l.failed = !compact_registers(tape, fixed);
    free(l.uses);
    free(l.home);
    free(l.affine);
    if (l.failed) nalg_tape_clear(tape);
    return !l.failed;
}

void nalg_tape_clear(nalg_tape *tape)
{
    free(tape->instruction);
    free(tape->operand);
    free(tape->constant);
    memset(tape, 0, sizeof *tape);
}
