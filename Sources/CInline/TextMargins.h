// Margins of linear machines over n-grams: rows of small whole numbers, each times a value, added up in the order of the grams. Every product is
// rounded before it is added, so that processors with and without wide registers give the same bits.
#ifndef TEXT_MARGINS_H
#define TEXT_MARGINS_H

#include <stdint.h>

/// Classes worked on side by side; a row of weights is a multiple of it.
#define TEXT_MARGINS_LANES 16

/// How many grams ahead a row is asked for: its weights are far from the processor, and their place is known early.
#define TEXT_MARGINS_AHEAD 12

static inline void textMarginsAnywhere(
    const int8_t *weights, const float *scales, long stride, const int32_t *places, const float *values, long count, float *sums) {
#pragma clang fp contract(off)
    for (long gram = 0; gram < count; gram++) {
        const int8_t *row = weights + places[gram] * stride;
        float value = values[gram] * scales[places[gram]];
        for (long lane = 0; lane < stride; lane++) {
            float product = (float)row[lane] * value;
            sums[lane] = sums[lane] + product;
        }
    }
}

#if defined(__x86_64__)
typedef float TextMarginsVector __attribute__((vector_size(32), aligned(4)));
typedef int8_t TextMarginsBytes __attribute__((vector_size(8), aligned(1)));

/// The sums of `chunks` times sixteen classes stay in registers.
#define TEXT_MARGINS_KERNEL(chunks)                                                                                   \
    __attribute__((target("avx2"))) static inline void textMargins##chunks(                                           \
        const int8_t *weights, const float *scales, long stride, const int32_t *places, const float *values, long count, \
        float *sums) {                                                                                                \
        _Pragma("clang fp contract(off)") TextMarginsVector parts[2 * chunks];                                        \
        for (int part = 0; part < 2 * chunks; part++) parts[part] = *(const TextMarginsVector *)(sums + 8 * part);    \
        for (long gram = 0; gram < count; gram++) {                                                                   \
            if (gram + TEXT_MARGINS_AHEAD < count) {                                                                  \
                const int8_t *ahead = weights + (long)places[gram + TEXT_MARGINS_AHEAD] * stride;                     \
                __builtin_prefetch(ahead);                                                                            \
                if (chunks > 1) __builtin_prefetch(ahead + 16 * chunks - 1);                                          \
            }                                                                                                         \
            const int8_t *row = weights + (long)places[gram] * stride;                                                \
            float value = values[gram] * scales[places[gram]];                                                        \
            TextMarginsVector all = {value, value, value, value, value, value, value, value};                         \
            for (int part = 0; part < 2 * chunks; part++) {                                                           \
                TextMarginsVector own = __builtin_convertvector(*(const TextMarginsBytes *)(row + 8 * part), TextMarginsVector); \
                TextMarginsVector product = own * all;                                                                \
                parts[part] = parts[part] + product;                                                                  \
            }                                                                                                         \
        }                                                                                                             \
        for (int part = 0; part < 2 * chunks; part++) *(TextMarginsVector *)(sums + 8 * part) = parts[part];          \
    }
TEXT_MARGINS_KERNEL(1)
TEXT_MARGINS_KERNEL(2)
TEXT_MARGINS_KERNEL(3)
TEXT_MARGINS_KERNEL(4)
TEXT_MARGINS_KERNEL(5)
TEXT_MARGINS_KERNEL(6)
#endif

/// Adds to `stride` sums, for each of `count` grams, its row of weights (`stride` numbers at `weights + place * stride`) times its value and its
/// row's scale. `stride` is a multiple of sixteen.
static inline void textMargins(
    const int8_t *weights, const float *scales, long stride, const int32_t *places, const float *values, long count, float *sums) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        for (long at = 0; at < stride; at += 96) {
            switch ((stride - at) / TEXT_MARGINS_LANES) {
            case 1: textMargins1(weights + at, scales, stride, places, values, count, sums + at); break;
            case 2: textMargins2(weights + at, scales, stride, places, values, count, sums + at); break;
            case 3: textMargins3(weights + at, scales, stride, places, values, count, sums + at); break;
            case 4: textMargins4(weights + at, scales, stride, places, values, count, sums + at); break;
            case 5: textMargins5(weights + at, scales, stride, places, values, count, sums + at); break;
            default: textMargins6(weights + at, scales, stride, places, values, count, sums + at); break;
            }
        }
        return;
    }
#endif
    textMarginsAnywhere(weights, scales, stride, places, values, count, sums);
}

/// Places of grams in a table of slots: the upper half of a gram's hash beside its place plus one, 0 = free, the next slot where one is taken.
/// Writes the place of each gram that is known, in order, and returns how many are.
static inline long textPlaces(const uint64_t *slots, uint64_t mask, const uint64_t *grams, long count, int32_t *places) {
    long found = 0;
    for (long gram = 0; gram < count; gram++) {
        if (gram + TEXT_MARGINS_AHEAD < count) __builtin_prefetch(slots + (grams[gram + TEXT_MARGINS_AHEAD] & mask));
        uint64_t at = grams[gram] & mask;
        while (slots[at] != 0) {
            if ((slots[at] ^ grams[gram]) >> 32 == 0) {
                places[found++] = (int32_t)(slots[at] & 0xFFFFFFFF) - 1;
                break;
            }
            at = (at + 1) & mask;
        }
    }
    return found;
}

#endif
