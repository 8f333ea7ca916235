// A setting of the C library's allocator that Swift's Glibc module does not have.
#ifndef ALLOCATOR_H
#define ALLOCATOR_H

#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/// Memory given back is kept for the next block of rows, up to `kept` bytes; areas of `mapped` bytes or more still go back to the system.
static inline void allocatorKeep(int kept, int mapped) {
#ifdef __GLIBC__
    mallopt(M_TRIM_THRESHOLD, kept);
    mallopt(M_MMAP_THRESHOLD, mapped);
    mallopt(M_TOP_PAD, 1 << 20);
#endif
}

#endif
