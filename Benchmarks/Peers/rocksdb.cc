// RocksDB: a write-ahead log, a table in memory and sorted files, as it is shipped.
#include <rocksdb/db.h>
#include <rocksdb/version.h>
#include <rocksdb/write_batch.h>

namespace kv = rocksdb;
#include "sorted_store.h"

const char *store_program(void) {
    static const std::string name =
        "RocksDB " + std::to_string(ROCKSDB_MAJOR) + "." + std::to_string(ROCKSDB_MINOR);
    return name.c_str();
}

struct store *store_open(const char *folder) { return open_store(rocksdb::Options(), folder); }
