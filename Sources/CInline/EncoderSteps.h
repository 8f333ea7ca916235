// The steps of a sentence encoder between its matrix products, each in one order of summing: the same bits on every processor.
#ifndef ENCODER_STEPS_H
#define ENCODER_STEPS_H

#include <math.h>
#include <string.h>

/// Numbers worked on side by side; a sum has as many parts.
#define ENCODER_LANES 8

// Each step is written once and compiled for processors with and without wide registers. Products are added with one rounding where it says
// so, and nowhere else.
#define ENCODER_EACH for (int lane = 0; lane < ENCODER_LANES; lane++)
#define ENCODER_STEP static inline __attribute__((always_inline)) void
#if defined(__x86_64__)
#define ENCODER_BOTH(name, parameters, arguments)                                                                     \
    __attribute__((target("avx2,fma"))) static inline void name##Wide parameters { name##Step arguments; }            \
    static inline void name parameters {                                                                              \
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) { name##Wide arguments; return; }        \
        name##Step arguments;                                                                                         \
    }
#else
#define ENCODER_BOTH(name, parameters, arguments) static inline void name parameters { name##Step arguments; }
#endif

static inline __attribute__((always_inline)) float encoderSum(const float *parts) {
    float sum = 0;
    ENCODER_EACH sum += parts[lane];
    return sum;
}

/// e to the power of values of at most 0, in place, by a polynomial of the rest after whole powers of two (Cephes, `expf`); 0 below -87.
ENCODER_STEP encoderPowers(float *values) {
    float rest[ENCODER_LANES], power[ENCODER_LANES];
    ENCODER_EACH {
        float x = values[lane] < -87.0f ? -87.0f : values[lane];
        float whole = __builtin_floorf(__builtin_fmaf(x, 1.44269504f, 0.5f));
        rest[lane] = __builtin_fmaf(whole, 2.12194440e-4f, __builtin_fmaf(whole, -0.693359375f, x));
        int bits = ((int)whole + 127) << 23;
        memcpy(&power[lane], &bits, sizeof bits);
    }
    ENCODER_EACH {
        float x = rest[lane], sum = 1.9875691500e-4f;
        sum = __builtin_fmaf(sum, x, 1.3981999507e-3f);
        sum = __builtin_fmaf(sum, x, 8.3334519073e-3f);
        sum = __builtin_fmaf(sum, x, 4.1665795894e-2f);
        sum = __builtin_fmaf(sum, x, 1.6666665459e-1f);
        sum = __builtin_fmaf(sum, x, 5.0000001201e-1f);
        float exponential = __builtin_fmaf(sum, x * x, x) + 1.0f;
        values[lane] = values[lane] < -87.0f ? 0.0f : exponential * power[lane];
    }
}

/// x times the chance that a standard normal number is below x (D. Hendrycks and K. Gimpel, arXiv 1606.08415), the error function by
/// M. Abramowitz and I. Stegun, Handbook of Mathematical Functions, 7.1.26 (off by at most 1.5e-7). `count` is a multiple of the lanes.
ENCODER_STEP encoderGeluStep(float *values, long count) {
    for (long at = 0; at < count; at += ENCODER_LANES) {
        float power[ENCODER_LANES], side[ENCODER_LANES];
        ENCODER_EACH {
            side[lane] = values[at + lane] * 0.707106781f;
            power[lane] = -(side[lane] * side[lane]);
        }
        encoderPowers(power);
        ENCODER_EACH {
            float x = __builtin_fabsf(side[lane]), t = 1.0f / __builtin_fmaf(0.3275911f, x, 1.0f), sum = 1.061405429f;
            sum = __builtin_fmaf(sum, t, -1.453152027f);
            sum = __builtin_fmaf(sum, t, 1.421413741f);
            sum = __builtin_fmaf(sum, t, -0.284496736f);
            sum = __builtin_fmaf(sum, t, 0.254829592f);
            float tail = (sum * t) * power[lane];
            float chance = side[lane] < 0 ? 0.5f * tail : 1.0f - 0.5f * tail;
            values[at + lane] = values[at + lane] * chance;
        }
    }
}
ENCODER_BOTH(encoderGelu, (float *values, long count), (values, count))

/// Each of `rows` rows of `columns` numbers becomes positive with sum 1, larger where it was; `stride` numbers from row to row, a multiple of
/// the lanes, of which those after the columns become 0.
ENCODER_STEP encoderShareStep(float *values, long rows, long columns, long stride) {
    for (long row = 0; row < rows; row++) {
        float *own = values + row * stride, largest = own[0], sums[ENCODER_LANES] = {0};
        for (long column = 1; column < columns; column++) largest = own[column] > largest ? own[column] : largest;
        for (long column = columns; column < stride; column++) own[column] = -INFINITY;
        for (long at = 0; at < stride; at += ENCODER_LANES) {
            ENCODER_EACH own[at + lane] -= largest;
            encoderPowers(own + at);
            ENCODER_EACH sums[lane] += own[at + lane];
        }
        float sum = encoderSum(sums);
        for (long at = 0; at < stride; at += ENCODER_LANES) { ENCODER_EACH own[at + lane] /= sum; }
    }
}
ENCODER_BOTH(encoderShare, (float *values, long rows, long columns, long stride), (values, rows, columns, stride))

/// Adds `added` and the biases to each row, then brings the row to mean 0 and variance 1, times gains and plus shifts. `width` is a multiple
/// of the lanes.
ENCODER_STEP encoderNormStep(
    float *states, const float *added, const float *biases, const float *gains, const float *shifts, float epsilon, long rows, long width) {
    for (long row = 0; row < rows; row++) {
        float *own = states + row * width, sums[ENCODER_LANES] = {0}, squares[ENCODER_LANES] = {0};
        for (long at = 0; at < width; at += ENCODER_LANES) {
            if (added) { ENCODER_EACH own[at + lane] += added[row * width + at + lane] + biases[at + lane]; }
            ENCODER_EACH sums[lane] += own[at + lane];
        }
        float mean = encoderSum(sums) / (float)width;
        for (long at = 0; at < width; at += ENCODER_LANES) {
            ENCODER_EACH {
                own[at + lane] -= mean;
                squares[lane] = __builtin_fmaf(own[at + lane], own[at + lane], squares[lane]);
            }
        }
        float scale = 1.0f / __builtin_sqrtf(encoderSum(squares) / (float)width + epsilon);
        for (long at = 0; at < width; at += ENCODER_LANES) {
            ENCODER_EACH own[at + lane] = __builtin_fmaf(own[at + lane] * scale, gains[at + lane], shifts[at + lane]);
        }
    }
}
ENCODER_BOTH(
    encoderNorm,
    (float *states, const float *added, const float *biases, const float *gains, const float *shifts, float epsilon, long rows, long width),
    (states, added, biases, gains, shifts, epsilon, rows, width))

/// Adds the biases to each row.
ENCODER_STEP encoderBiasStep(float *values, const float *biases, long rows, long width) {
    for (long row = 0; row < rows; row++) {
        for (long at = 0; at < width; at += ENCODER_LANES) { ENCODER_EACH values[row * width + at + lane] += biases[at + lane]; }
    }
}
ENCODER_BOTH(encoderBias, (float *values, const float *biases, long rows, long width), (values, biases, rows, width))

#endif
