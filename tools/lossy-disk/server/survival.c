#include "survival.h"

uint64_t mixed(uint64_t bits) {
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9u;
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EBu;
    return bits ^ bits >> 31;
}

static uint64_t next(struct survival *survival) {
    return mixed(survival->state += 0x9E3779B97F4A7C15u);
}

static size_t last_write(const struct journal *journal, size_t flushed, size_t end) {
    while (end > flushed && journal->events[end - 1].kind != EVENT_WRITE) end--;
    return end > flushed ? end - 1 : flushed;
}

struct survival survival_begin(const struct journal *journal, size_t flushed, size_t end,
                               uint64_t seed) {
    struct survival survival = {.state = seed};
    // Half of all cuts take each sector by itself: that reaches the most states.
    static const enum survival_kind kinds[] = {
        SURVIVE_HALF, SURVIVE_HALF, SURVIVE_HALF,   SURVIVE_HALF,   SURVIVE_FEW,
        SURVIVE_MOST, SURVIVE_NONE, SURVIVE_WRITES, SURVIVE_ALL,    SURVIVE_EARLIER,
    };
    survival.kind = kinds[next(&survival) % (sizeof kinds / sizeof *kinds)];
    if (seed == 0) survival.kind = SURVIVE_NONE;
    survival.tear = next(&survival);
    survival.torn = last_write(journal, flushed, end);
    if (survival.kind == SURVIVE_EARLIER && end > flushed)
        survival.torn = flushed + next(&survival) % (end - flushed);
    return survival;
}

void survival_next(struct survival *survival, size_t event) {
    survival->event = event;
    survival->is_whole = next(survival) & 1;
}

bool survival_keeps(struct survival *survival, size_t position, size_t size) {
    uint64_t bits = next(survival);
    switch (survival->kind) {
    case SURVIVE_HALF: return bits & 1;
    case SURVIVE_FEW: return bits % 16 == 0;
    case SURVIVE_MOST: return bits % 16 != 0;
    case SURVIVE_NONE: return false;
    case SURVIVE_WRITES: return survival->is_whole;
    case SURVIVE_ALL:
    case SURVIVE_EARLIER: break;
    }
    if (survival->event != survival->torn) return survival->event < survival->torn;
    return position < survival->tear % (size + 1);
}
