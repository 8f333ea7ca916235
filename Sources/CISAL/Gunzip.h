#include <isa-l/igzip_lib.h>
#include <stdint.h>
#include <stdlib.h>

// Swift does not import arrays of more than 4,096 elements, which the state of ISA-L's inflate has: it stays behind these functions.

static inline void *_Nullable gunzip_make(void) {
    // Zeros: of a damaged stream a distance before the start must not bring up what was in memory.
    struct inflate_state *state = calloc(1, sizeof(struct inflate_state));
    if (!state) return NULL;
    isal_inflate_init(state);
    // Header, CRC and length are checked.
    state->crc_flag = ISAL_GZIP;
    return state;
}

static inline void gunzip_free(void *_Nonnull state) { free(state); }

/// Takes from the input and writes to the output; the counts are left over afterwards. Returns ISA-L's code, negative for a fault.
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

/// Whether a member has ended, its checksum and length right; the next step then begins another.
static inline int gunzip_ends_member(void *_Nonnull opaque) {
    struct inflate_state *state = opaque;
    if (state->block_state != ISAL_BLOCK_FINISH) return 0;
    isal_inflate_reset(state);
    return 1;
}
