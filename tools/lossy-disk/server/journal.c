#include "journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *grown(void *memory, size_t *room, size_t needed, size_t unit) {
    if (needed <= *room) return memory;
    size_t next = *room ? *room * 2 : 4096;
    while (next < needed) next *= 2;
    void *larger = realloc(memory, next * unit);
    if (!larger) {
        fprintf(stderr, "lossy-disk: no memory for %zu bytes of journal\n", next * unit);
        exit(2);
    }
    *room = next;
    return larger;
}

void journal_add(struct journal *journal, enum event_kind kind, uint64_t position,
                 const void *bytes, size_t size) {
    journal->events = grown(journal->events, &journal->room, journal->count + 1,
                            sizeof *journal->events);
    journal->bytes = grown(journal->bytes, &journal->bytes_room, journal->size + size, 1);
    if (size) memcpy(journal->bytes + journal->size, bytes, size);
    journal->events[journal->count++] =
        (struct event){.kind = kind, .position = position, .size = size, .start = journal->size};
    journal->size += size;
}

void journal_clear(struct journal *journal) { journal->count = journal->size = 0; }

size_t journal_flushed(const struct journal *journal, size_t end) {
    while (end > 0 && journal->events[end - 1].kind != EVENT_FLUSH) end--;
    return end;
}

size_t journal_marks(const struct journal *journal, size_t end, size_t from, void *bytes,
                     size_t size) {
    size_t seen = 0, copied = 0;
    for (size_t place = 0; place < end && copied < size; place++) {
        const struct event *event = &journal->events[place];
        if (event->kind != EVENT_MARK) continue;
        size_t skipped = from > seen ? from - seen : 0;
        seen += event->size;
        if (skipped >= event->size) continue;
        size_t part = event->size - skipped;
        if (part > size - copied) part = size - copied;
        memcpy((unsigned char *)bytes + copied, journal->bytes + event->start + skipped, part);
        copied += part;
    }
    return copied;
}
