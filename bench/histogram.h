/* Latencies in nanoseconds, in buckets no wider than 1/64 of their value: percentiles cost no list of every sample. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

enum { STEPS = 128, STEP_BITS = 7 };

struct histogram {
  uint64_t buckets[(64 - STEP_BITS + 1) * STEPS];
  uint64_t count, max;
};

static inline void histogram_add(struct histogram *h, uint64_t value) {
  int shift = value < STEPS ? 0 : 63 - __builtin_clzll(value) - STEP_BITS + 1;
  h->buckets[shift * STEPS + (int)(value >> shift)]++;
  h->count++;
  if (value > h->max) h->max = value;
}

/* The upper edge of the bucket that holds this share of the samples, but never more than the largest of them. */
static inline uint64_t histogram_at(const struct histogram *h, double share) {
  uint64_t rank = (uint64_t)(share * (double)h->count), seen = 0;
  for (int i = 0; i < (64 - STEP_BITS + 1) * STEPS; i++) {
    seen += h->buckets[i];
    if (seen <= rank) continue;
    uint64_t edge = ((uint64_t)(i % STEPS) + 1) << (i / STEPS);
    return edge < h->max ? edge : h->max;
  }
  return h->max;
}

#endif
