// The workloads of a store in this process:
//
//   durable threads=T count=N     N records, by T threads that each wait for the disk each time
//   append count=N                N records in batches of 100, not waited for
//   scan count=N                  N records in order, each summed
//   read count=N reads=R          R records at random, each summed
//   fill count=N kill=0|1         N records, durable; then a close, or an end by SIGKILL
//   tail count=N                  N more, not waited for; then an end by SIGKILL
//   reopen                        opening, and the first durable record
//
// Each checks that what it measured happened: flushes are counted, and sums are compared.
#include "store.h"

#include "peer.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

struct appenders {
    struct store *store;
    atomic_llong next;
    int64_t each;
};

static void append_each(void *context, int index) {
    (void)index;
    struct appenders *appenders = context;
    for (int64_t done = 0; done < appenders->each; done++) {
        int64_t start = peer_now();
        int64_t number = atomic_fetch_add(&appenders->next, 1);
        store_append(appenders->store, (uint64_t)number, 1, 1);
        peer_note(number, peer_now() - start);
    }
}

static uint64_t sum_of_first(uint64_t count) {
    uint64_t sum = 0;
    for (uint64_t number = 0; number < count; number++) sum += peer_sum_of(number);
    return sum;
}

// Fails unless the first `count` records, and no others, are in the store.
static uint64_t check_all(struct store *store, uint64_t count) {
    uint64_t found = 0, sum = store_scan(store, &found);
    if (found != count) peer_fail("%llu records", (unsigned long long)found);
    if (sum != sum_of_first(count)) peer_fail("other bytes came back than were written");
    return sum;
}

static void append_batches(struct store *store, int64_t first, int64_t count) {
    for (int64_t done = 0; done < count; done += peer_batch_count) {
        int64_t left = count - done;
        int batch = left < peer_batch_count ? (int)left : peer_batch_count;
        store_append(store, (uint64_t)(first + done), batch, 0);
    }
}

static void durable(struct store *store) {
    int threads = (int)peer_option("threads");
    struct appenders appenders = {.store = store, .each = peer_option("count") / threads};
    int64_t count = appenders.each * threads;
    peer_expect(count);
    int64_t flushes = peer_flush_count();
    struct peer_clock clock = peer_begin();
    peer_threads(threads, append_each, &appenders);
    peer_end(clock, count);
    flushes = peer_flush_count() - flushes;
    // A flush can be that of each thread's record, and of no more.
    if (flushes * threads < count) {
        peer_fail("%lld flushes for %lld records", (long long)flushes, (long long)count);
    }
    peer_tell(store_program(), check_all(store, (uint64_t)count), flushes);
    store_close(store);
}

static void append(struct store *store) {
    int64_t count = peer_option("count");
    int64_t flushes = peer_flush_count();
    struct peer_clock clock = peer_begin();
    append_batches(store, 0, count);
    peer_end(clock, count * peer_value_size);
    flushes = peer_flush_count() - flushes;
    peer_tell(store_program(), check_all(store, (uint64_t)count), flushes);
    store_close(store);
}

static void scan(struct store *store) {
    int64_t count = peer_option("count");
    append_batches(store, 0, count);
    uint64_t found = 0;
    struct peer_clock clock = peer_begin();
    uint64_t sum = store_scan(store, &found);
    peer_end(clock, (int64_t)found * peer_value_size);
    if (found != (uint64_t)count || sum != sum_of_first(found)) peer_fail("the scan went wrong");
    peer_tell(store_program(), sum, peer_flush_count());
    store_close(store);
}

static void read_random(struct store *store) {
    int64_t count = peer_option("count"), reads = peer_option("reads");
    append_batches(store, 0, count);
    uint64_t wanted = 0, found = 0;
    struct peer_clock clock = peer_begin();
    uint64_t seed = 42;
    for (int64_t done = 0; done < reads; done++) {
        // Knuth's 64-bit congruential generator; the high bits are the random ones.
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint64_t number = (seed >> 32) * (uint64_t)count >> 32;
        found += store_read(store, number);
        wanted += peer_sum_of(number);
    }
    peer_end(clock, reads);
    if (found != wanted) peer_fail("other bytes came back than were written");
    peer_tell(store_program(), found, peer_flush_count());
    store_close(store);
}

static void fill(struct store *store) {
    int64_t count = peer_option("count");
    append_batches(store, 0, count - 1);
    // What is flushed takes all before it along.
    store_append(store, (uint64_t)count - 1, 1, 1);
    peer_tell(store_program(), (uint64_t)count, peer_flush_count());
    if (peer_option("kill")) kill(getpid(), SIGKILL);
    store_close(store);
}

static void tail(struct store *store) {
    append_batches(store, (int64_t)store_count(store), peer_option("count"));
    peer_tell(store_program(), store_count(store), peer_flush_count());
    kill(getpid(), SIGKILL);
}

static void reopen(void) {
    int64_t flushes = peer_flush_count();
    struct peer_clock clock = peer_begin();
    struct store *store = store_open(peer_folder);
    uint64_t count = store_count(store);
    store_append(store, count, 1, 1);
    peer_end(clock, 1);
    flushes = peer_flush_count() - flushes;
    if (store_read(store, count) != peer_sum_of(count)) peer_fail("the new record is not there");
    if (flushes < 1) peer_fail("nothing was flushed");
    // The count grows from round to round, which is no other result.
    peer_tell(store_program(), 1, flushes);
    store_close(store);
}

int main(int count, char **words) {
    static const struct {
        const char *name;
        void (*run)(struct store *);
    } workloads[] = {
        {"durable", durable}, {"append", append}, {"scan", scan},
        {"read", read_random}, {"fill", fill},   {"tail", tail},
    };
    peer_start(count, words);
    if (strcmp(peer_workload, "reopen") == 0) {
        reopen();
        return 0;
    }
    for (size_t place = 0; place < sizeof workloads / sizeof *workloads; place++) {
        if (strcmp(peer_workload, workloads[place].name) != 0) continue;
        workloads[place].run(store_open(peer_folder));
        return 0;
    }
    peer_fail("no workload '%s'", peer_workload);
}
