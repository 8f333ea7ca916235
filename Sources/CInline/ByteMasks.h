// Where the bytes that CSV is made of stand among 64: what Swift's vectors cannot say in one instruction each.
#ifndef BYTE_MASKS_H
#define BYTE_MASKS_H

#include <stdint.h>
#include <string.h>

/// A bit for each of 64 bytes, the first one's lowest.
struct ByteMasks {
    uint64_t delimiters, quotes, lineFeeds, returns;
};

typedef unsigned char ByteMasksVector __attribute__((vector_size(16)));

/// The highest bit of each of 16 bytes, which are 0x00 or 0xFF.
static inline uint64_t byteMasksGather(ByteMasksVector hits) {
#if defined(__SSE2__)
    typedef char Signed __attribute__((vector_size(16)));
    return (uint16_t)__builtin_ia32_pmovmskb128((Signed)hits);
#else
    // A multiplication gathers the lowest bits of eight bytes in the highest byte.
    uint64_t words[2];
    memcpy(words, &hits, sizeof words);
    uint64_t low = (words[0] & 0x0101010101010101) * 0x0102040810204080 >> 56;
    uint64_t high = (words[1] & 0x0101010101010101) * 0x0102040810204080 >> 56;
    return low | high << 8;
#endif
}

/// Looks at the 64 bytes from `bytes`, of any alignment.
static inline struct ByteMasks byteMasks(const uint8_t *bytes, uint8_t delimiter, uint8_t quote) {
    struct ByteMasks masks = {0, 0, 0, 0};
    for (int quarter = 0; quarter < 4; quarter++) {
        ByteMasksVector chunk;
        memcpy(&chunk, bytes + quarter * 16, sizeof chunk);
        masks.delimiters |= byteMasksGather((ByteMasksVector)(chunk == delimiter)) << quarter * 16;
        masks.quotes |= byteMasksGather((ByteMasksVector)(chunk == quote)) << quarter * 16;
        masks.lineFeeds |= byteMasksGather((ByteMasksVector)(chunk == 10)) << quarter * 16;
        masks.returns |= byteMasksGather((ByteMasksVector)(chunk == 13)) << quarter * 16;
    }
    return masks;
}

/// The same as one mask.
static inline uint64_t byteMasksTogether(const uint8_t *bytes, uint8_t delimiter, uint8_t quote) {
    uint64_t mask = 0;
    for (int quarter = 0; quarter < 4; quarter++) {
        ByteMasksVector chunk;
        memcpy(&chunk, bytes + quarter * 16, sizeof chunk);
        mask |= byteMasksGather((ByteMasksVector)((chunk == delimiter) | (chunk == quote) | (chunk == 10) | (chunk == 13))) << quarter * 16;
    }
    return mask;
}

/// Copies 32 bytes and says which of the first `count` of them, at most 32, are no ASCII.
static inline uint64_t byteMasksCopy(uint8_t *target, const uint8_t *source, long count) {
    ByteMasksVector first, second;
    memcpy(&first, source, sizeof first);
    memcpy(&second, source + 16, sizeof second);
    memcpy(target, &first, sizeof first);
    memcpy(target + 16, &second, sizeof second);
#if defined(__SSE2__)
    uint64_t high = byteMasksGather(first) | byteMasksGather(second) << 16;
#else
    uint64_t high = byteMasksGather((ByteMasksVector)(first > 127)) | byteMasksGather((ByteMasksVector)(second > 127)) << 16;
#endif
    return high & ((1ULL << count) - 1);
}

#endif
