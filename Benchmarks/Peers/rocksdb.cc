// RocksDB: a write-ahead log, a table in memory and sorted files, as it is shipped, but for
// compression, since records cannot be compressed.
#include "peer.h"
#include "store.h"

#include <endian.h>
#include <rocksdb/db.h>
#include <rocksdb/version.h>
#include <rocksdb/write_batch.h>

#include <memory>
#include <string>

struct store {
    std::unique_ptr<rocksdb::DB> db;
};

// Keys in the order of their numbers.
static rocksdb::Slice key_of(uint64_t number, uint64_t &room) {
    room = htobe64(number);
    return rocksdb::Slice(reinterpret_cast<const char *>(&room), sizeof room);
}

static void check(const rocksdb::Status &status) {
    if (!status.ok()) peer_fail("RocksDB: %s", status.ToString().c_str());
}

const char *store_program(void) {
    static const std::string name =
        "RocksDB " + std::to_string(ROCKSDB_MAJOR) + "." + std::to_string(ROCKSDB_MINOR);
    return name.c_str();
}

struct store *store_open(const char *folder) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.compression = rocksdb::kNoCompression;
    rocksdb::DB *db = nullptr;
    check(rocksdb::DB::Open(options, std::string(folder) + "/db", &db));
    return new store{std::unique_ptr<rocksdb::DB>(db)};
}

void store_append(struct store *store, uint64_t first, int count, int is_durable) {
    rocksdb::WriteBatch batch;
    for (uint64_t number = first; number < first + count; number++) {
        uint64_t room;
        batch.Put(key_of(number, room), rocksdb::Slice(peer_value(number), peer_value_size));
    }
    rocksdb::WriteOptions options;
    options.sync = is_durable;
    check(store->db->Write(options, &batch));
}

uint64_t store_scan(struct store *store, uint64_t *count) {
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    std::unique_ptr<rocksdb::Iterator> place(store->db->NewIterator(options));
    uint64_t sum = 0;
    for (place->SeekToFirst(); place->Valid(); place->Next()) {
        sum += peer_sum(place->value().data(), place->value().size());
        ++*count;
    }
    check(place->status());
    return sum;
}

uint64_t store_read(struct store *store, uint64_t number) {
    uint64_t room;
    std::string value;
    check(store->db->Get(rocksdb::ReadOptions(), key_of(number, room), &value));
    return peer_sum(value.data(), value.size());
}

uint64_t store_count(struct store *store) {
    std::unique_ptr<rocksdb::Iterator> place(store->db->NewIterator(rocksdb::ReadOptions()));
    place->SeekToLast();
    check(place->status());
    if (!place->Valid()) return 0;
    return be64toh(*reinterpret_cast<const uint64_t *>(place->key().data())) + 1;
}

void store_close(struct store *store) { delete store; }
