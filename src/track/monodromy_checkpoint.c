/* The checkpoint of a monodromy search: an append-only file of records, each with its own checksum, written once a round.
 *
 *   header   "nalgmono", version, hash of the problem (sizes, seed, base point, start fingerprints)
 *   record   kind, payload length, payload, checksum of these three
 * A file cut off anywhere (kill, full disk) is read up to its last whole record and continued from there. Numbers are in the
 * machine's byte order: the hash of the header refuses a file from elsewhere.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <unistd.h>
#include "core/memory.h"
#include "track/monodromy_internal.h"

#define VERSION 1
enum { SOLUTION = 1, MATCH = 2 };

typedef struct {
    char magic[8];
    uint64_t version, problem;
} header;

typedef struct {
    uint64_t kind, length;
} record;

static uint64_t hash_bytes(uint64_t hash, const void *data, size_t length)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < length; i++) hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
    return hash;
}

static uint64_t problem_hash(const nalg_monodromy_search *s)
{
    uint64_t sizes[4] = {s->n, s->q, s->m, nalg_ctx_seed(s->ctx)};
    uint64_t hash = hash_bytes(UINT64_C(0xcbf29ce484222325), sizes, sizeof sizes);
    hash = hash_bytes(hash, s->p[0], s->q * sizeof *s->p[0]);
    return hash_bytes(hash, s->problem->z, s->n * s->problem->start_count * sizeof *s->problem->z);
}

static nalg_status cannot(nalg_monodromy_search *s, const char *what)
{
    return nalg_fail(s->ctx, NALG_E_IO, s->options->checkpoint, "check the folder and the space on the disk", "%s", what);
}

static nalg_status append(nalg_monodromy_search *s, uint64_t kind, const void *const *part, const size_t *length, size_t parts)
{
    if (!s->checkpoint) return NALG_OK;
    record r = {kind, 0};
    for (size_t i = 0; i < parts; i++) r.length += length[i];
    uint64_t sum = hash_bytes(UINT64_C(0xcbf29ce484222325), &r, sizeof r);
    bool ok = fwrite(&r, sizeof r, 1, s->checkpoint) == 1;
    for (size_t i = 0; ok && i < parts; i++) {
        sum = hash_bytes(sum, part[i], length[i]);
        ok = fwrite(part[i], length[i], 1, s->checkpoint) == 1;
    }
    ok = ok && fwrite(&sum, sizeof sum, 1, s->checkpoint) == 1;
    return ok ? NALG_OK : cannot(s, "the checkpoint cannot be written");
}

nalg_status nalg_monodromy_checkpoint_solution(nalg_monodromy_search *s, size_t vertex, size_t index)
{
    uint64_t head[2] = {vertex, index};
    const nalg_solution_store *store = &s->store[vertex];
    const void *part[] = {head, store->z + index * s->n, store->fingerprint + index * s->m};
    const size_t length[] = {sizeof head, s->n * sizeof *store->z, s->m * sizeof *store->z};
    return append(s, SOLUTION, part, length, 3);
}

nalg_status nalg_monodromy_checkpoint_match(nalg_monodromy_search *s, size_t edge, size_t vertex, size_t i, size_t j)
{
    uint64_t body[4] = {edge, vertex, i, j};
    const void *part[] = {body};
    const size_t length[] = {sizeof body};
    return append(s, MATCH, part, length, 1);
}

nalg_status nalg_monodromy_checkpoint_flush(nalg_monodromy_search *s)
{
    if (!s->checkpoint) return NALG_OK;
    bool ok = fflush(s->checkpoint) == 0 && fsync(fileno(s->checkpoint)) == 0;
    return ok ? NALG_OK : cannot(s, "the checkpoint cannot be written");
}

/* Take over one record. False: it does not fit what was read before. */
static bool replay(nalg_monodromy_search *s, const record *r, const unsigned char *payload, nalg_status *status)
{
    uint64_t head[4];
    size_t row = (s->n + s->m) * sizeof(double complex);
    if (r->kind == SOLUTION && r->length == 2 * sizeof *head + row) {
        memcpy(head, payload, 2 * sizeof *head);
        if (head[0] >= NALG_VERTICES || head[1] != s->store[head[0]].count) return false;
        const double complex *z = (const double complex *)(const void *)(payload + 2 * sizeof *head);
        if (!nalg_solution_store_add(&s->store[head[0]], z, z + s->n)) *status = nalg_fail_memory(s->ctx);
        return true;
    }
    if (r->kind != MATCH || r->length != sizeof head) return false;
    memcpy(head, payload, sizeof head);
    if (head[0] > 10000 || head[1] >= NALG_VERTICES || head[2] >= s->store[head[1]].count) return false;
    if (head[3] < NALG_PUT_OFF && head[3] >= s->store[1 - head[1]].count) return false;
    while (*status == NALG_OK && head[0] >= s->edges) *status = nalg_monodromy_add_edge(s);
    if (*status != NALG_OK) return true;
    if (head[3] == NALG_UNTRACKED) nalg_monodromy_forget(s, head[0], head[1], head[2]);
    else if (!nalg_monodromy_match(s, head[0], head[1], head[2], head[3])) *status = nalg_fail_memory(s->ctx);
    return true;
}

/* Read whole records; *end is where the last one ends. */
static nalg_status read_records(nalg_monodromy_search *s, FILE *file, long *end)
{
    size_t most = (s->n + s->m + 4) * sizeof(double complex);
    unsigned char *payload = nalg_array_aligned(most, 1);
    nalg_status status = payload ? NALG_OK : nalg_fail_memory(s->ctx);
    record r;
    uint64_t sum;
    while (status == NALG_OK && fread(&r, sizeof r, 1, file) == 1) {
        if (r.length > most || fread(payload, (size_t)r.length, 1, file) != 1 || fread(&sum, sizeof sum, 1, file) != 1) break;
        uint64_t expected = hash_bytes(hash_bytes(UINT64_C(0xcbf29ce484222325), &r, sizeof r), payload, (size_t)r.length);
        if (sum != expected || !replay(s, &r, payload, &status)) break;
        *end = ftell(file);
    }
    free(payload);
    return status;
}

static nalg_status resume(nalg_monodromy_search *s, const header *wanted)
{
    header found;
    FILE *file = fopen(s->options->checkpoint, "r+b");
    if (!file) return NALG_OK; /* nothing to resume: start anew */
    s->checkpoint = file;
    if (fread(&found, sizeof found, 1, file) != 1 || memcmp(found.magic, wanted->magic, sizeof found.magic))
        return nalg_fail(s->ctx, NALG_E_PARSE, s->options->checkpoint, NULL, "this is no checkpoint");
    if (found.version != wanted->version || found.problem != wanted->problem)
        return nalg_fail(s->ctx, NALG_E_ARGUMENT, s->options->checkpoint, "use the same model, options and --seed, or another folder",
                         "the checkpoint belongs to another problem");
    long end = (long)sizeof found;
    nalg_status status = read_records(s, file, &end);
    if (status != NALG_OK) return status;
    if (fseek(file, end, SEEK_SET) || ftruncate(fileno(file), end)) return cannot(s, "the checkpoint cannot be continued");
    return NALG_OK;
}

nalg_status nalg_monodromy_checkpoint_open(nalg_monodromy_search *s)
{
    if (!s->options->checkpoint) return NALG_OK;
    header h = {.magic = {'n', 'a', 'l', 'g', 'm', 'o', 'n', 'o'}, .version = VERSION, .problem = problem_hash(s)};
    if (s->options->resume) {
        nalg_status status = resume(s, &h);
        if (status != NALG_OK || s->checkpoint) return status;
    }
    s->checkpoint = fopen(s->options->checkpoint, "wb");
    if (!s->checkpoint || fwrite(&h, sizeof h, 1, s->checkpoint) != 1) return cannot(s, "the checkpoint cannot be created");
    return nalg_monodromy_checkpoint_flush(s);
}
