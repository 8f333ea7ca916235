// What Models needs of OpenBLAS: CBLAS, and LAPACK's Cholesky routines in single precision, which cblas.h does not declare.
#ifndef OPENBLAS_SHIM_H
#define OPENBLAS_SHIM_H

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

void spotrf_(const char *uplo, const int *n, float *a, const int *lda, int *info);
void spotri_(const char *uplo, const int *n, float *a, const int *lda, int *info);

#if defined(__x86_64__) && defined(__linux__)
// The library's own choice of kernels; absent where it was built for one processor.
extern void gotoblas_dynamic_init(void) __attribute__((weak));
extern void gotoblas_dynamic_quit(void) __attribute__((weak));
#endif

/// Kernels by what the processor can do. A library older than the processor does not know its name and takes the kernels of 2004, which are
/// three times as slow. A choice of the user's (OPENBLAS_CORETYPE) stands. To be called once, before any other routine.
static inline void openblasFitKernels(void) {
#if defined(__x86_64__) && defined(__linux__)
    const char *variable = "OPENBLAS_CORETYPE";
    if (!gotoblas_dynamic_init || !gotoblas_dynamic_quit || getenv(variable)) return;
    if (strcmp(openblas_get_corename(), "Prescott") != 0) return;
    const char *kernels = 0;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) kernels = "Haswell";
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vl"))
        kernels = "SkylakeX";
    if (!kernels) return;
    setenv(variable, kernels, 1);
    gotoblas_dynamic_quit();
    gotoblas_dynamic_init();
    unsetenv(variable);
#endif
}

#endif
