// A disk with a volatile cache: what was written since the last flush is lost, kept or torn when
// its power is cut.
//
//     base ── first life, recorded ──► cut at any event of it, any number of times
//                                        └── power on ── a later life, recorded ──► cut again
#pragma once

#include "journal.h"

#include <stdbool.h>

struct disk;

// What fails, and when.
struct fault {
    enum { FAULT_NONE, FAULT_FLUSH, FAULT_WRITE } kind;
    uint64_t ordinal; // of flushes or writes since the fault was set, from 1
    bool persists;    // all later ones fail as well
};

// A disk of zeros. `sector` is the size of what is written whole or not at all.
struct disk *disk_new(uint64_t size, size_t sector);

uint64_t disk_size(const struct disk *);
// Returns 0 or a negative errno.
int disk_read(struct disk *, void *bytes, size_t size, uint64_t position);
int disk_write(struct disk *, const void *bytes, size_t size, uint64_t position);
int disk_flush(struct disk *);
// Sets a mark: it stands between what was written before it and what is written after.
void disk_mark(struct disk *, const void *bytes, size_t size);
void disk_set_fault(struct disk *, struct fault);

// Takes what is on the disk as kept for good, and records a first life from here on.
void disk_record(struct disk *);

// Cuts power after `end` events of the first life. What was flushed is kept; of the rest, `seed`
// decides. The disk is on again, and a later life is recorded.
void disk_cut(struct disk *, size_t end, uint64_t seed);

// Cuts power after `end` events of the life that the last cut began.
void disk_cut_again(struct disk *, size_t end, uint64_t seed);

// Back to how it was when the last cut turned it on.
void disk_rewind(struct disk *);

// The marks that were set before the last cut, of all lives that led to it.
size_t disk_marks(const struct disk *, size_t from, void *bytes, size_t size);

// Numbers to tell others.
struct disk_count {
    size_t first;       // events of the first life
    size_t later;       // events of the life that the last cut began
    size_t volatile_;   // sectors that the last cut could have lost
    size_t lost;        // sectors that it did lose
    uint64_t flushes;   // since the fault was set
    uint64_t writes;    // since the fault was set
    uint64_t failures;  // calls that a fault failed
    uint64_t survivors; // a hash of what the cuts since the first life kept: equal means the same
};
struct disk_count disk_count(const struct disk *);
