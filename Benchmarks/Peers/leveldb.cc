// LevelDB: a write-ahead log, a table in memory and sorted files. No compression, since records
// cannot be compressed; 64 MiB in memory before they are sorted into files.
#include "peer.h"
#include "store.h"

#include <endian.h>
#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include <memory>
#include <string>

struct store {
    std::unique_ptr<leveldb::DB> db;
};

// Keys in the order of their numbers.
static leveldb::Slice key_of(uint64_t number, uint64_t &room) {
    room = htobe64(number);
    return leveldb::Slice(reinterpret_cast<const char *>(&room), sizeof room);
}

static void check(const leveldb::Status &status) {
    if (!status.ok()) peer_fail("LevelDB: %s", status.ToString().c_str());
}

const char *store_program(void) {
    static const std::string name = "LevelDB " + std::to_string(leveldb::kMajorVersion) + "."
        + std::to_string(leveldb::kMinorVersion);
    return name.c_str();
}

struct store *store_open(const char *folder) {
    leveldb::Options options;
    options.create_if_missing = true;
    options.compression = leveldb::kNoCompression;
    options.write_buffer_size = 64 << 20;
    leveldb::DB *db = nullptr;
    check(leveldb::DB::Open(options, std::string(folder) + "/db", &db));
    return new store{std::unique_ptr<leveldb::DB>(db)};
}

void store_append(struct store *store, uint64_t first, int count, int is_durable) {
    leveldb::WriteBatch batch;
    for (uint64_t number = first; number < first + count; number++) {
        uint64_t room;
        batch.Put(key_of(number, room), leveldb::Slice(peer_value(number), peer_value_size));
    }
    leveldb::WriteOptions options;
    options.sync = is_durable;
    check(store->db->Write(options, &batch));
}

uint64_t store_scan(struct store *store, uint64_t *count) {
    leveldb::ReadOptions options;
    options.fill_cache = false;
    std::unique_ptr<leveldb::Iterator> place(store->db->NewIterator(options));
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
    check(store->db->Get(leveldb::ReadOptions(), key_of(number, room), &value));
    return peer_sum(value.data(), value.size());
}

uint64_t store_count(struct store *store) {
    std::unique_ptr<leveldb::Iterator> place(store->db->NewIterator(leveldb::ReadOptions()));
    place->SeekToLast();
    check(place->status());
    if (!place->Valid()) return 0;
    return be64toh(*reinterpret_cast<const uint64_t *>(place->key().data())) + 1;
}

void store_close(struct store *store) { delete store; }
