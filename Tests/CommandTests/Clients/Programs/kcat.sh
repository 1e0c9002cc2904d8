# Produce, list, consume by offset and by group, with kcat.
set -eu
server=$1
seq 1 1000 | kcat -b "$server" -t kcat -P -z lz4
kcat -b "$server" -L | grep -q 'topic "kcat" with 1 partitions'
test "$(kcat -b "$server" -t kcat -C -o beginning -e -q | cksum)" = "$(seq 1 1000 | cksum)"
test "$(kcat -b "$server" -t kcat -C -o 990 -e -q | head -1)" = 991
test "$(kcat -b "$server" -t kcat -C -o -5 -e -q | wc -l)" = 5
timeout 30 kcat -b "$server" -G kcat-group -o beginning -e -q kcat >out 2>/dev/null || true
test "$(sort -n out | cksum)" = "$(seq 1 1000 | cksum)"
echo ok
