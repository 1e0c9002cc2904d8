#include "disk.h"

#include "survival.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

struct disk {
    uint64_t size;
    size_t sector;
    unsigned char *now;    // what a read sees
    unsigned char *kept;   // base and the flushed events of the first life below `applied`
    unsigned char *base;   // what was there before the first life
    bool *touched;         // pages of `now` that may differ from `kept`
    size_t *touched_list, touched_count;
    size_t applied;

    bool is_first, is_later; // which life is being recorded; neither before disk_record
    struct journal first, later;
    struct journal told;      // marks before the last cut
    // Pages as they were when the power came on, to go back there.
    bool *saved;
    size_t *saved_list, saved_count;
    unsigned char *saved_bytes;
    size_t saved_room;

    struct fault fault;
    struct disk_count count;
};

static void *zeros(uint64_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        fprintf(stderr, "lossy-disk: no memory for %llu bytes\n", (unsigned long long)size);
        exit(2);
    }
    return memory;
}

struct disk *disk_new(uint64_t size, size_t sector) {
    struct disk *disk = zeros(sizeof *disk);
    size_t pages = size / PAGE;
    disk->size = size;
    disk->sector = sector;
    disk->now = zeros(size);
    disk->kept = zeros(size);
    disk->base = zeros(size);
    disk->touched = zeros(pages);
    disk->touched_list = zeros(pages * sizeof(size_t));
    disk->saved = zeros(pages);
    disk->saved_list = zeros(pages * sizeof(size_t));
    return disk;
}

uint64_t disk_size(const struct disk *disk) { return disk->size; }

static bool is_inside(const struct disk *disk, size_t size, uint64_t position) {
    return position <= disk->size && size <= disk->size - position;
}

int disk_read(struct disk *disk, void *bytes, size_t size, uint64_t position) {
    if (!is_inside(disk, size, position)) return -EINVAL;
    memcpy(bytes, disk->now + position, size);
    return 0;
}

// Saves a page before its first change in a later life.
static void save(struct disk *disk, size_t page) {
    if (disk->saved[page]) return;
    if (disk->saved_count == disk->saved_room) {
        disk->saved_room = disk->saved_room ? disk->saved_room * 2 : 1024;
        disk->saved_bytes = realloc(disk->saved_bytes, disk->saved_room * PAGE);
        if (!disk->saved_bytes) {
            fprintf(stderr, "lossy-disk: no memory for %zu saved pages\n", disk->saved_room);
            exit(2);
        }
    }
    memcpy(disk->saved_bytes + disk->saved_count * PAGE, disk->now + page * PAGE, PAGE);
    disk->saved_list[disk->saved_count++] = page;
    disk->saved[page] = true;
}

static void put(struct disk *disk, const void *bytes, size_t size, uint64_t position) {
    if (!size) return;
    for (size_t page = position / PAGE; page <= (position + size - 1) / PAGE; page++) {
        if (disk->is_later) save(disk, page);
        if (disk->touched[page]) continue;
        disk->touched[page] = true;
        disk->touched_list[disk->touched_count++] = page;
    }
    memcpy(disk->now + position, bytes, size);
}

static bool fails(struct disk *disk, int kind, uint64_t ordinal) {
    const struct fault *fault = &disk->fault;
    if ((int)fault->kind != kind || ordinal < fault->ordinal) return false;
    if (ordinal > fault->ordinal && !fault->persists) return false;
    disk->count.failures++;
    return true;
}

static struct journal *recorded(struct disk *disk) {
    return disk->is_first ? &disk->first : disk->is_later ? &disk->later : NULL;
}

int disk_write(struct disk *disk, const void *bytes, size_t size, uint64_t position) {
    if (!is_inside(disk, size, position)) return -ENOSPC;
    if (fails(disk, FAULT_WRITE, ++disk->count.writes)) return -EIO;
    struct journal *journal = recorded(disk);
    if (journal) journal_add(journal, EVENT_WRITE, position, bytes, size);
    put(disk, bytes, size, position);
    return 0;
}

int disk_flush(struct disk *disk) {
    if (fails(disk, FAULT_FLUSH, ++disk->count.flushes)) return -EIO;
    struct journal *journal = recorded(disk);
    if (journal) journal_add(journal, EVENT_FLUSH, 0, NULL, 0);
    return 0;
}

void disk_mark(struct disk *disk, const void *bytes, size_t size) {
    struct journal *journal = recorded(disk);
    if (journal) journal_add(journal, EVENT_MARK, 0, bytes, size);
}

void disk_set_fault(struct disk *disk, struct fault fault) {
    disk->fault = fault;
    disk->count.flushes = disk->count.writes = disk->count.failures = 0;
}

// MARK: Lives

static void forget_touched(struct disk *disk) {
    for (size_t place = 0; place < disk->touched_count; place++)
        disk->touched[disk->touched_list[place]] = false;
    disk->touched_count = 0;
}

static void forget_saved(struct disk *disk) {
    for (size_t place = 0; place < disk->saved_count; place++)
        disk->saved[disk->saved_list[place]] = false;
    disk->saved_count = 0;
}

void disk_record(struct disk *disk) {
    for (size_t place = 0; place < disk->touched_count; place++) {
        size_t start = disk->touched_list[place] * PAGE;
        memcpy(disk->base + start, disk->now + start, PAGE);
        memcpy(disk->kept + start, disk->now + start, PAGE);
    }
    // Pages that only the first life changed since the record before.
    for (size_t place = 0; place < disk->first.count; place++) {
        const struct event *event = &disk->first.events[place];
        if (event->kind != EVENT_WRITE) continue;
        memcpy(disk->base + event->position, disk->now + event->position, event->size);
        memcpy(disk->kept + event->position, disk->now + event->position, event->size);
    }
    forget_touched(disk);
    forget_saved(disk);
    journal_clear(&disk->first);
    journal_clear(&disk->later);
    journal_clear(&disk->told);
    disk->applied = 0;
    disk->is_first = true;
    disk->is_later = false;
}

static void apply(unsigned char *image, const struct journal *journal, size_t from, size_t to) {
    for (size_t place = from; place < to; place++) {
        const struct event *event = &journal->events[place];
        if (event->kind != EVENT_WRITE) continue;
        memcpy(image + event->position, journal->bytes + event->start, event->size);
    }
}

// Makes `kept` what the disk must hold after `end` flushed events of the first life.
static void rewind_to(struct disk *disk, size_t end) {
    if (end < disk->applied) {
        for (size_t place = 0; place < disk->applied; place++) {
            const struct event *event = &disk->first.events[place];
            if (event->kind != EVENT_WRITE) continue;
            memcpy(disk->kept + event->position, disk->base + event->position, event->size);
            memcpy(disk->now + event->position, disk->base + event->position, event->size);
        }
        disk->applied = 0;
    }
    apply(disk->kept, &disk->first, disk->applied, end);
    apply(disk->now, &disk->first, disk->applied, end);
    disk->applied = end;
}

// Lets each sector written by the events between `flushed` and `end` survive or not.
static void survive(struct disk *disk, const struct journal *journal, size_t flushed, size_t end,
                    uint64_t seed) {
    struct survival survival = survival_begin(journal, flushed, end, seed);
    disk->count.volatile_ = disk->count.lost = 0;
    uint64_t hash = mixed(disk->count.survivors ^ flushed);
    for (size_t place = flushed; place < end; place++) {
        const struct event *event = &journal->events[place];
        if (event->kind != EVENT_WRITE) continue;
        survival_next(&survival, place);
        for (size_t done = 0; done < event->size; done += disk->sector) {
            size_t part = event->size - done < disk->sector ? event->size - done : disk->sector;
            bool is_kept = survival_keeps(&survival, done, event->size);
            disk->count.volatile_++;
            if (is_kept) {
                hash = mixed(hash ^ (event->start + done) << 1 ^ 1);
                put(disk, journal->bytes + event->start + done, part, event->position + done);
            } else {
                disk->count.lost++;
            }
        }
    }
    disk->count.survivors = hash;
}

static void tell_marks(struct disk *disk, const struct journal *journal, size_t end) {
    for (size_t place = 0; place < end; place++) {
        const struct event *event = &journal->events[place];
        if (event->kind == EVENT_MARK)
            journal_add(&disk->told, EVENT_MARK, 0, journal->bytes + event->start, event->size);
    }
}

static void power_on(struct disk *disk) {
    forget_saved(disk);
    journal_clear(&disk->later);
    disk->is_first = false;
    disk->is_later = true;
    disk_set_fault(disk, (struct fault){.kind = FAULT_NONE});
}

void disk_cut(struct disk *disk, size_t end, uint64_t seed) {
    if (end > disk->first.count) end = disk->first.count;
    disk->is_first = disk->is_later = false;
    for (size_t place = 0; place < disk->touched_count; place++) {
        size_t start = disk->touched_list[place] * PAGE;
        memcpy(disk->now + start, disk->kept + start, PAGE);
    }
    forget_touched(disk);
    size_t flushed = journal_flushed(&disk->first, end);
    rewind_to(disk, flushed);
    disk->count.survivors = 0;
    survive(disk, &disk->first, flushed, end, seed);
    journal_clear(&disk->told);
    tell_marks(disk, &disk->first, end);
    power_on(disk);
}

static void restore_saved(struct disk *disk) {
    for (size_t place = 0; place < disk->saved_count; place++)
        memcpy(disk->now + disk->saved_list[place] * PAGE, disk->saved_bytes + place * PAGE, PAGE);
}

void disk_rewind(struct disk *disk) {
    if (!disk->is_later) return;
    restore_saved(disk);
    power_on(disk);
}

void disk_cut_again(struct disk *disk, size_t end, uint64_t seed) {
    if (end > disk->later.count) end = disk->later.count;
    disk->is_first = disk->is_later = false;
    restore_saved(disk);
    size_t flushed = journal_flushed(&disk->later, end);
    for (size_t place = 0; place < flushed; place++) {
        const struct event *event = &disk->later.events[place];
        if (event->kind == EVENT_WRITE)
            put(disk, disk->later.bytes + event->start, event->size, event->position);
    }
    survive(disk, &disk->later, flushed, end, seed);
    tell_marks(disk, &disk->later, end);
    power_on(disk);
}

size_t disk_marks(const struct disk *disk, size_t from, void *bytes, size_t size) {
    return journal_marks(&disk->told, disk->told.count, from, bytes, size);
}

struct disk_count disk_count(const struct disk *disk) {
    struct disk_count count = disk->count;
    count.first = disk->first.count;
    count.later = disk->later.count;
    return count;
}
