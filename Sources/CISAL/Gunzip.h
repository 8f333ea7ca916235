#include <isa-l/igzip_lib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Swift does not import arrays of more than 4,096 elements, which the state of ISA-L's inflate has: it stays behind these functions.

static inline void *_Nullable gunzip_make(void) {
    struct inflate_state *state = malloc(sizeof(struct inflate_state));
    if (!state) return NULL;
    isal_inflate_init(state);
    // Header, CRC and length are checked.
    state->crc_flag = ISAL_GZIP;
    return state;
}

static inline void gunzip_free(void *_Nonnull state) { free(state); }

/// Takes from the input and writes to the output; the counts are left over afterwards. Returns ISA-L's code.
static inline int gunzip_step(
    void *_Nonnull opaque, const uint8_t *_Nullable input, uint32_t *_Nonnull pending, uint8_t *_Nullable output, uint32_t *_Nonnull room) {
    struct inflate_state *state = opaque;
    // Not const in its type, but only read.
    state->next_in = (uint8_t *)input;
    state->avail_in = *pending;
    state->next_out = output;
    state->avail_out = *room;
    int code = isal_inflate(state);
    *pending = state->avail_in;
    *room = state->avail_out;
    return code;
}

/// Gives what was unpacked before a fault and did not fit into the output; the count is left over afterwards. Returns what is still held.
static inline uint32_t gunzip_rest(void *_Nonnull opaque, uint8_t *_Nonnull output, uint32_t *_Nonnull room) {
    struct inflate_state *state = opaque;
    uint32_t held = (uint32_t)(state->tmp_out_valid - state->tmp_out_processed);
    uint32_t count = held < *room ? held : *room;
    memcpy(output, state->tmp_out_buffer + state->tmp_out_processed, count);
    state->tmp_out_processed += (int32_t)count;
    *room -= count;
    return held - count;
}

/// Whether a member has ended, its checksum and length right; the next step then begins another.
static inline int gunzip_ends_member(void *_Nonnull opaque) {
    struct inflate_state *state = opaque;
    if (state->block_state != ISAL_BLOCK_FINISH) return 0;
    isal_inflate_reset(state);
    return 1;
}
