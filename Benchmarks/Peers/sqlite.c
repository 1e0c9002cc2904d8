// SQLite with its write-ahead log: a table of records by number. One connection for all threads,
// one at a time, which serves many writers faster than a connection for each does.
#include "peer.h"
#include "store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

struct store {
    sqlite3 *db;
    sqlite3_stmt *insert, *all, *one;
    pthread_mutex_t mutex;
    int is_durable;
};

static void check(struct store *store, int is_so) {
    if (!is_so) peer_fail("SQLite: %s", sqlite3_errmsg(store->db));
}

static void run(struct store *store, const char *text) {
    check(store, sqlite3_exec(store->db, text, NULL, NULL, NULL) == SQLITE_OK);
}

static sqlite3_stmt *prepare(struct store *store, const char *text) {
    sqlite3_stmt *statement;
    check(store, sqlite3_prepare_v2(store->db, text, -1, &statement, NULL) == SQLITE_OK);
    return statement;
}

const char *store_program(void) {
    static char name[64];
    snprintf(name, sizeof name, "SQLite %s", sqlite3_libversion());
    return name;
}

struct store *store_open(const char *folder) {
    char path[4096];
    snprintf(path, sizeof path, "%s/db", folder);
    struct store *store = calloc(1, sizeof *store);
    peer_check(store != NULL, "calloc");
    pthread_mutex_init(&store->mutex, NULL);
    check(store, sqlite3_open(path, &store->db) == SQLITE_OK);
    run(store, "PRAGMA journal_mode=WAL");
    run(store, "PRAGMA synchronous=OFF");
    run(store, "CREATE TABLE IF NOT EXISTS log (number INTEGER PRIMARY KEY, value BLOB NOT NULL)");
    store->insert = prepare(store, "INSERT INTO log VALUES (?, ?)");
    store->all = prepare(store, "SELECT value FROM log ORDER BY number");
    store->one = prepare(store, "SELECT value FROM log WHERE number = ?");
    return store;
}

static void insert(struct store *store, uint64_t number) {
    sqlite3_bind_int64(store->insert, 1, (sqlite3_int64)number);
    sqlite3_bind_blob(store->insert, 2, peer_value(number), peer_value_size, SQLITE_STATIC);
    check(store, sqlite3_step(store->insert) == SQLITE_DONE);
    sqlite3_reset(store->insert);
}

void store_append(struct store *store, uint64_t first, int count, int is_durable) {
    pthread_mutex_lock(&store->mutex);
    if (store->is_durable != is_durable) {
        // FULL flushes the log at each commit.
        run(store, is_durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=OFF");
        store->is_durable = is_durable;
    }
    if (count > 1) run(store, "BEGIN");
    for (uint64_t number = first; number < first + (uint64_t)count; number++) insert(store, number);
    if (count > 1) run(store, "COMMIT");
    pthread_mutex_unlock(&store->mutex);
}

uint64_t store_scan(struct store *store, uint64_t *count) {
    uint64_t sum = 0;
    int step;
    while ((step = sqlite3_step(store->all)) == SQLITE_ROW) {
        const void *value = sqlite3_column_blob(store->all, 0);
        sum += peer_sum(value, (size_t)sqlite3_column_bytes(store->all, 0));
        ++*count;
    }
    check(store, step == SQLITE_DONE);
    sqlite3_reset(store->all);
    return sum;
}

uint64_t store_read(struct store *store, uint64_t number) {
    sqlite3_bind_int64(store->one, 1, (sqlite3_int64)number);
    check(store, sqlite3_step(store->one) == SQLITE_ROW);
    const void *value = sqlite3_column_blob(store->one, 0);
    uint64_t sum = peer_sum(value, (size_t)sqlite3_column_bytes(store->one, 0));
    sqlite3_reset(store->one);
    return sum;
}

uint64_t store_count(struct store *store) {
    sqlite3_stmt *last = prepare(store, "SELECT coalesce(max(number) + 1, 0) FROM log");
    check(store, sqlite3_step(last) == SQLITE_ROW);
    uint64_t count = (uint64_t)sqlite3_column_int64(last, 0);
    sqlite3_finalize(last);
    return count;
}

void store_close(struct store *store) {
    sqlite3_finalize(store->insert);
    sqlite3_finalize(store->all);
    sqlite3_finalize(store->one);
    check(store, sqlite3_close(store->db) == SQLITE_OK);
    free(store);
}
