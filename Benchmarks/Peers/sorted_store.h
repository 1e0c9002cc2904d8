// What LevelDB and RocksDB have alike. Whoever includes this has `kv` name the namespace of one.
#include "peer.h"
#include "store.h"

#include <endian.h>

#include <memory>
#include <string>

struct store {
    std::unique_ptr<kv::DB> db;
};

// Keys in the order of their numbers.
static kv::Slice key_of(uint64_t number, uint64_t &room) {
    room = htobe64(number);
    return kv::Slice(reinterpret_cast<const char *>(&room), sizeof room);
}

static void check(const kv::Status &status) {
    if (!status.ok()) peer_fail("%s: %s", store_program(), status.ToString().c_str());
}

// Uncompressed, since records cannot be compressed.
static struct store *open_store(kv::Options options, const char *folder) {
    options.create_if_missing = true;
    options.compression = kv::kNoCompression;
    kv::DB *db = nullptr;
    check(kv::DB::Open(options, std::string(folder) + "/db", &db));
    return new store{std::unique_ptr<kv::DB>(db)};
}

void store_append(struct store *store, uint64_t first, int count, int is_durable) {
    kv::WriteBatch batch;
    for (uint64_t number = first; number < first + count; number++) {
        uint64_t room;
        batch.Put(key_of(number, room), kv::Slice(peer_value(number), peer_value_size));
    }
    kv::WriteOptions options;
    options.sync = is_durable;
    check(store->db->Write(options, &batch));
}

uint64_t store_scan(struct store *store, uint64_t *count) {
    kv::ReadOptions options;
    options.fill_cache = false;
    std::unique_ptr<kv::Iterator> place(store->db->NewIterator(options));
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
    check(store->db->Get(kv::ReadOptions(), key_of(number, room), &value));
    return peer_sum(value.data(), value.size());
}

uint64_t store_count(struct store *store) {
    std::unique_ptr<kv::Iterator> place(store->db->NewIterator(kv::ReadOptions()));
    place->SeekToLast();
    check(place->status());
    if (!place->Valid()) return 0;
    return be64toh(*reinterpret_cast<const uint64_t *>(place->key().data())) + 1;
}

void store_close(struct store *store) { delete store; }
