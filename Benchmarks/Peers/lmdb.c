// LMDB: a mapped tree, copied on write. What is not waited for is written with MDB_NOSYNC.
#include "peer.h"
#include "store.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct store {
    MDB_env *env;
    MDB_dbi db;
    int is_durable;
};

static const size_t map_size = (size_t)64 << 30;

static void check(int outcome) {
    if (outcome != MDB_SUCCESS) peer_fail("LMDB: %s", mdb_strerror(outcome));
}

const char *store_program(void) {
    static char name[64];
    int major, minor, patch;
    mdb_version(&major, &minor, &patch);
    snprintf(name, sizeof name, "LMDB %d.%d.%d", major, minor, patch);
    return name;
}

struct store *store_open(const char *folder) {
    char path[4096];
    snprintf(path, sizeof path, "%s/db", folder);
    mkdir(path, 0777);
    struct store *store = calloc(1, sizeof *store);
    peer_check(store != NULL, "calloc");
    store->is_durable = 1;
    check(mdb_env_create(&store->env));
    check(mdb_env_set_mapsize(store->env, map_size));
    check(mdb_env_open(store->env, path, 0, 0666));
    MDB_txn *change;
    check(mdb_txn_begin(store->env, NULL, 0, &change));
    check(mdb_dbi_open(change, NULL, MDB_CREATE | MDB_INTEGERKEY, &store->db));
    check(mdb_txn_commit(change));
    return store;
}

void store_append(struct store *store, uint64_t first, int count, int is_durable) {
    // Whoever waits for the disk does so in every thread.
    if (store->is_durable != is_durable) {
        check(mdb_env_set_flags(store->env, MDB_NOSYNC, !is_durable));
        if (is_durable) check(mdb_env_sync(store->env, 1));
        store->is_durable = is_durable;
    }
    MDB_txn *change;
    check(mdb_txn_begin(store->env, NULL, 0, &change));
    for (uint64_t number = first; number < first + (uint64_t)count; number++) {
        MDB_val key = {sizeof number, &number};
        MDB_val value = {peer_value_size, (void *)peer_value(number)};
        // Records of several threads may come out of order, those of a batch do not.
        check(mdb_put(change, store->db, &key, &value, count > 1 ? MDB_APPEND : 0));
    }
    check(mdb_txn_commit(change));
}

uint64_t store_scan(struct store *store, uint64_t *count) {
    MDB_txn *view;
    MDB_cursor *place;
    check(mdb_txn_begin(store->env, NULL, MDB_RDONLY, &view));
    check(mdb_cursor_open(view, store->db, &place));
    MDB_val key, value;
    uint64_t sum = 0;
    int outcome;
    while ((outcome = mdb_cursor_get(place, &key, &value, MDB_NEXT)) == MDB_SUCCESS) {
        sum += peer_sum(value.mv_data, value.mv_size);
        ++*count;
    }
    if (outcome != MDB_NOTFOUND) check(outcome);
    mdb_cursor_close(place);
    mdb_txn_abort(view);
    return sum;
}

uint64_t store_read(struct store *store, uint64_t number) {
    // One view for all reads would be faster, and would not see what is appended meanwhile.
    static _Thread_local MDB_txn *view;
    if (view == NULL) check(mdb_txn_begin(store->env, NULL, MDB_RDONLY, &view));
    else check(mdb_txn_renew(view));
    MDB_val key = {sizeof number, &number}, value;
    check(mdb_get(view, store->db, &key, &value));
    uint64_t sum = peer_sum(value.mv_data, value.mv_size);
    mdb_txn_reset(view);
    return sum;
}

uint64_t store_count(struct store *store) {
    MDB_txn *view;
    MDB_cursor *place;
    check(mdb_txn_begin(store->env, NULL, MDB_RDONLY, &view));
    check(mdb_cursor_open(view, store->db, &place));
    MDB_val key, value;
    uint64_t count = 0;
    int outcome = mdb_cursor_get(place, &key, &value, MDB_LAST);
    if (outcome == MDB_SUCCESS) {
        memcpy(&count, key.mv_data, sizeof count);
        count++;
    } else if (outcome != MDB_NOTFOUND) {
        check(outcome);
    }
    mdb_cursor_close(place);
    mdb_txn_abort(view);
    return count;
}

// What still holds a view ends with the process.
void store_close(struct store *store) { check(mdb_env_sync(store->env, 1)); }
