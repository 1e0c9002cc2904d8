// Which sectors of unflushed writes outlive a power cut. Follows from a seed alone.
#pragma once

#include "journal.h"

#include <stdbool.h>

enum survival_kind {
    SURVIVE_HALF,    // each sector by itself, one in two
    SURVIVE_FEW,     // each sector by itself, one in sixteen
    SURVIVE_MOST,    // each sector by itself, fifteen in sixteen
    SURVIVE_NONE,    // nothing: the cache is gone
    SURVIVE_ALL,     // all but a part of the last write
    SURVIVE_WRITES,  // whole writes, one in two
    SURVIVE_EARLIER, // writes up to some moment, the last of them in part
};

struct survival {
    enum survival_kind kind;
    uint64_t state; // of the random numbers
    size_t torn;    // the event that survives in part, when the kind has one
    uint64_t tear;  // where it does, modulo its size
    size_t event;   // the one that is being looked at
    bool is_whole;  // under SURVIVE_WRITES
};

// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
uint64_t mixed(uint64_t);

// For the events from `flushed` to below `end`. Of seed 0 nothing survives.
struct survival survival_begin(const struct journal *, size_t flushed, size_t end, uint64_t seed);

// Goes on to the write that is event `event`.
void survival_next(struct survival *, size_t event);

// Whether the sector at `position` of a write of `size` bytes survives. To be asked once each.
bool survival_keeps(struct survival *, size_t position, size_t size);
