// What a disk was asked to keep, in order: writes, flushes, and marks that others set between them.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum event_kind { EVENT_WRITE, EVENT_FLUSH, EVENT_MARK };

struct event {
    enum event_kind kind;
    uint64_t position; // in the disk; 0 unless it is a write
    size_t size;       // in bytes
    size_t start;      // of its bytes in the journal's
};

struct journal {
    struct event *events;
    size_t count, room;
    unsigned char *bytes;
    size_t size, bytes_room;
};

// Adds an event. Ends the program when there is no memory.
void journal_add(struct journal *, enum event_kind, uint64_t position, const void *bytes,
                 size_t size);

// Forgets all events and keeps the memory.
void journal_clear(struct journal *);

// How many of the first `end` events a disk must have kept: those up to the last flush among them.
size_t journal_flushed(const struct journal *, size_t end);

// Copies the bytes of all marks among the first `end` events, from byte `from` of them on.
// Returns how many were copied.
size_t journal_marks(const struct journal *, size_t end, size_t from, void *bytes, size_t size);
