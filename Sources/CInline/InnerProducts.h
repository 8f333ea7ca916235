// Inner products of a few vectors with many, each summed in one order: what a library's kernels do not promise.
#ifndef INNER_PRODUCTS_H
#define INNER_PRODUCTS_H

#include <string.h>

/// Vectors that stand side by side in memory, a factor of each after the other.
#define INNER_PRODUCTS_LANES 16

/// The sum over the factors, first to last, each product added with one rounding: the same bits on every processor, wherever a query stands.
static inline void innerProductsAnywhere(
    const float *packed, const float *queries, long rows, long factors, long blocks, float *out, long stride) {
    for (long block = 0; block < blocks; block++) {
        const float *vectors = packed + block * factors * INNER_PRODUCTS_LANES;
        for (long row = 0; row < rows; row++) {
            float sums[INNER_PRODUCTS_LANES] = {0};
            for (long factor = 0; factor < factors; factor++) {
                float query = queries[row * factors + factor];
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
        float value = queries[(row) * factors + factor];                                                              \
        InnerProductsVector all = {value, value, value, value, value, value, value, value};                           \
        low##row = __builtin_elementwise_fma(all, low, low##row);                                                     \
        high##row = __builtin_elementwise_fma(all, high, high##row);                                                  \
    }
#define INNER_PRODUCTS_STORE(row)                                                                                     \
    *(InnerProductsVector *)(out + (row) * stride) = low##row;                                                        \
    *(InnerProductsVector *)(out + (row) * stride + 8) = high##row;

/// Six queries with sixteen vectors: twelve sums, two vectors and a query fill the sixteen registers.
__attribute__((target("avx2,fma"))) static inline void innerProductsSix(
    const float *vectors, const float *queries, long factors, float *out, long stride) {
    INNER_PRODUCTS_SUMS(0) INNER_PRODUCTS_SUMS(1) INNER_PRODUCTS_SUMS(2)
    INNER_PRODUCTS_SUMS(3) INNER_PRODUCTS_SUMS(4) INNER_PRODUCTS_SUMS(5)
    for (long factor = 0; factor < factors; factor++) {
        InnerProductsVector low = *(const InnerProductsVector *)(vectors + factor * INNER_PRODUCTS_LANES);
        InnerProductsVector high = *(const InnerProductsVector *)(vectors + factor * INNER_PRODUCTS_LANES + 8);
        INNER_PRODUCTS_ADD(0) INNER_PRODUCTS_ADD(1) INNER_PRODUCTS_ADD(2)
        INNER_PRODUCTS_ADD(3) INNER_PRODUCTS_ADD(4) INNER_PRODUCTS_ADD(5)
    }
    INNER_PRODUCTS_STORE(0) INNER_PRODUCTS_STORE(1) INNER_PRODUCTS_STORE(2)
    INNER_PRODUCTS_STORE(3) INNER_PRODUCTS_STORE(4) INNER_PRODUCTS_STORE(5)
}

__attribute__((target("avx2,fma"))) static inline void innerProductsOne(
    const float *vectors, const float *queries, long factors, float *out, long stride) {
    INNER_PRODUCTS_SUMS(0)
    for (long factor = 0; factor < factors; factor++) {
        InnerProductsVector low = *(const InnerProductsVector *)(vectors + factor * INNER_PRODUCTS_LANES);
        InnerProductsVector high = *(const InnerProductsVector *)(vectors + factor * INNER_PRODUCTS_LANES + 8);
        INNER_PRODUCTS_ADD(0)
    }
    INNER_PRODUCTS_STORE(0)
}

__attribute__((target("avx2,fma"))) static inline void innerProductsVectors(
    const float *packed, const float *queries, long rows, long factors, long blocks, float *out, long stride) {
    for (long block = 0; block < blocks; block++) {
        const float *vectors = packed + block * factors * INNER_PRODUCTS_LANES;
        float *place = out + block * INNER_PRODUCTS_LANES;
        long row = 0;
        for (; row + 6 <= rows; row += 6) innerProductsSix(vectors, queries + row * factors, factors, place + row * stride, stride);
        for (; row < rows; row++) innerProductsOne(vectors, queries + row * factors, factors, place + row * stride, stride);
    }
}
#endif

/// Of `rows` queries (row-major, `factors` each) with `blocks` blocks of sixteen vectors, packed: `packed[(block * factors + factor) * 16 + lane]`.
/// `out[row * stride + block * 16 + lane]`; `stride` is at least `blocks * 16`.
static inline void innerProducts(
    const float *packed, const float *queries, long rows, long factors, long blocks, float *out, long stride) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        innerProductsVectors(packed, queries, rows, factors, blocks, out, stride);
        return;
    }
#endif
    innerProductsAnywhere(packed, queries, rows, factors, blocks, out, stride);
}

#endif
