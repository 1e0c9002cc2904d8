// Inflating with Intel's ISA-L. Its state has members that Swift cannot see, and 88 KB; here it is
// a pointer that is made, given an input, stepped and freed.
#ifndef CISAL_SHIM_H
#define CISAL_SHIM_H

#include <isa-l/igzip_lib.h>
#include <stdint.h>
#include <stdlib.h>

/// What one step did.
struct cisal_outcome {
    /// ISA-L's status: below 0 the stream is bad.
    int status;
    /// Whether the member's trailer was read and is right.
    int is_finished;
    uint32_t written;
    /// How much of the input is left.
    uint32_t left;
};

/// NULL without memory.
static inline void *cisal_make(void) { return malloc(sizeof(struct inflate_state)); }

static inline void cisal_free(void *stream) { free(stream); }

/// Begins a gzip member: all of it that there is, which must outlive the steps.
static inline void cisal_begin(void *stream, const void *input, uint32_t size) {
    struct inflate_state *state = stream;
    isal_inflate_init(state);
    state->crc_flag = ISAL_GZIP;
    state->next_in = (uint8_t *)input;
    state->avail_in = size;
}

/// Inflates until `output` is full or the member ends.
static inline struct cisal_outcome cisal_step(void *stream, void *output, uint32_t size) {
    struct inflate_state *state = stream;
    state->next_out = output;
    state->avail_out = size;
    int status = isal_inflate(state);
    struct cisal_outcome outcome = {
        status, state->block_state == ISAL_BLOCK_FINISH, size - state->avail_out,
        state->avail_in};
    return outcome;
}

#endif
