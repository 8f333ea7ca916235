// Inner products of a few vectors with many, each summed in one order: what a library's kernels do not promise.
#ifndef INNER_PRODUCTS_H
#define INNER_PRODUCTS_H

#include <string.h>

/// Vectors that stand side by side in memory, a factor of each after the other.
#define INNER_PRODUCTS_LANES 16

/// The sum over the factors, first to last, each product added with one rounding: the same bits on every processor, wherever a query stands.
static inline void innerProductsAnywhere(
    const float *packed, const float *queries, long apart, long rows, long factors, long blocks, float *out, long stride) {
    for (long block = 0; block < blocks; block++) {
        const float *vectors = packed + block * factors * INNER_PRODUCTS_LANES;
        for (long row = 0; row < rows; row++) {
            float sums[INNER_PRODUCTS_LANES] = {0};
            for (long factor = 0; factor < factors; factor++) {
                float query = queries[row * apart + factor];
                for (int lane = 0; lane < INNER_PRODUCTS_LANES; lane++) {
                    sums[lane] = __builtin_fmaf(query, vectors[factor * INNER_PRODUCTS_LANES + lane], sums[lane]);
                }
            }
            memcpy(out + row * stride + block * INNER_PRODUCTS_LANES, sums, sizeof sums);
        }
    }
}

#if defined(__x86_64__)
typedef float InnerProductsVector __attribute__((vector_size(32), aligned(4)));

#define INNER_PRODUCTS_SUMS(row) InnerProductsVector low##row = {0}, high##row = {0};
#define INNER_PRODUCTS_ADD(row)                                                                                       \
    {                                                                                                                 \
        float value = queries[(row) * apart + factor];                                                                \
        InnerProductsVector all = {value, value, value, value, value, value, value, value};                           \
        low##row = __builtin_elementwise_fma(all, low, low##row);                                                     \
        high##row = __builtin_elementwise_fma(all, high, high##row);                                                  \
    }
#define INNER_PRODUCTS_STORE(row)                                                                                     \
    *(InnerProductsVector *)(out + (row) * stride) = low##row;                                                        \
    *(InnerProductsVector *)(out + (row) * stride + 8) = high##row;

/// Some queries with sixteen vectors: of six, twelve sums, two vectors and a query fill the sixteen registers.
#define INNER_PRODUCTS_KERNEL(name, each)                                                                             \
    __attribute__((target("avx2,fma"))) static inline void innerProducts##name(                                       \
        const float *vectors, const float *queries, long apart, long factors, float *out, long stride) {              \
        each(INNER_PRODUCTS_SUMS)                                                                                     \
        for (long factor = 0; factor < factors; factor++) {                                                           \
            InnerProductsVector low = *(const InnerProductsVector *)(vectors + factor * INNER_PRODUCTS_LANES);        \
            InnerProductsVector high = *(const InnerProductsVector *)(vectors + factor * INNER_PRODUCTS_LANES + 8);   \
            each(INNER_PRODUCTS_ADD)                                                                                  \
        }                                                                                                             \
        each(INNER_PRODUCTS_STORE)                                                                                    \
    }
#define INNER_PRODUCTS_1(step) step(0)
#define INNER_PRODUCTS_2(step) INNER_PRODUCTS_1(step) step(1)
#define INNER_PRODUCTS_3(step) INNER_PRODUCTS_2(step) step(2)
#define INNER_PRODUCTS_4(step) INNER_PRODUCTS_3(step) step(3)
#define INNER_PRODUCTS_5(step) INNER_PRODUCTS_4(step) step(4)
#define INNER_PRODUCTS_6(step) INNER_PRODUCTS_5(step) step(5)
INNER_PRODUCTS_KERNEL(One, INNER_PRODUCTS_1)
INNER_PRODUCTS_KERNEL(Two, INNER_PRODUCTS_2)
INNER_PRODUCTS_KERNEL(Three, INNER_PRODUCTS_3)
INNER_PRODUCTS_KERNEL(Four, INNER_PRODUCTS_4)
INNER_PRODUCTS_KERNEL(Five, INNER_PRODUCTS_5)
INNER_PRODUCTS_KERNEL(Six, INNER_PRODUCTS_6)

__attribute__((target("avx2,fma"))) static inline void innerProductsVectors(
    const float *packed, const float *queries, long apart, long rows, long factors, long blocks, float *out, long stride) {
    for (long block = 0; block < blocks; block++) {
        const float *vectors = packed + block * factors * INNER_PRODUCTS_LANES;
        float *place = out + block * INNER_PRODUCTS_LANES;
        long row = 0;
        for (; row + 6 <= rows; row += 6) innerProductsSix(vectors, queries + row * apart, apart, factors, place + row * stride, stride);
        const float *rest = queries + row * apart;
        place += row * stride;
        switch (rows - row) {
        case 5: innerProductsFive(vectors, rest, apart, factors, place, stride); break;
        case 4: innerProductsFour(vectors, rest, apart, factors, place, stride); break;
        case 3: innerProductsThree(vectors, rest, apart, factors, place, stride); break;
        case 2: innerProductsTwo(vectors, rest, apart, factors, place, stride); break;
        case 1: innerProductsOne(vectors, rest, apart, factors, place, stride); break;
        }
    }
}
#endif

/// Of `rows` queries (`factors` numbers each, `apart` numbers from one to the next) with `blocks` blocks of sixteen vectors, packed:
/// `packed[(block * factors + factor) * 16 + lane]`. `out[row * stride + block * 16 + lane]`; `stride` is at least `blocks * 16`.
static inline void innerProductsApart(
    const float *packed, const float *queries, long apart, long rows, long factors, long blocks, float *out, long stride) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        innerProductsVectors(packed, queries, apart, rows, factors, blocks, out, stride);
        return;
    }
#endif
    innerProductsAnywhere(packed, queries, apart, rows, factors, blocks, out, stride);
}

/// The same of queries one right after the other.
static inline void innerProducts(
    const float *packed, const float *queries, long rows, long factors, long blocks, float *out, long stride) {
    innerProductsApart(packed, queries, factors, rows, factors, blocks, out, stride);
}

#endif
