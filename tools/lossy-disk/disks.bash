# Disks that lose power, for scripts to source: made with `lossy_disk_start`, and taken down when
# the script ends.

work=""
declare -A devices=() servers=()

# Builds the disk. Says why and fails where this machine cannot have one.
lossy_disk_ready() {
    ((EUID == 0)) || { lossy_disk_refuse "needs root"; return 1; }
    [[ -c /dev/fuse ]] || { lossy_disk_refuse "needs /dev/fuse"; return 1; }
    [[ -c /dev/loop-control ]] || { lossy_disk_refuse "needs loop devices"; return 1; }
    local missing=() package
    for package in libfuse3-dev fuse3 pkg-config gcc e2fsprogs xfsprogs btrfs-progs; do
        dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
            missing+=("$package")
    done
    if ((${#missing[@]})); then
        { apt-get update -q && DEBIAN_FRONTEND=noninteractive \
            apt-get install -q -y --no-install-recommends "${missing[@]}"; } </dev/null >&2 ||
            { lossy_disk_refuse "needs ${missing[*]}"; return 1; }
    fi
    work=$(mktemp -d "${TMPDIR:-/tmp}/power-cut.XXXXXX")
    trap lossy_disk_end EXIT
    # shellcheck disable=SC2046 # pkg-config prints words
    gcc -O2 -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror $(pkg-config --cflags fuse3) \
        tools/lossy-disk/server/*.c -o "$work/lossy-disk" $(pkg-config --libs fuse3) >&2
}

lossy_disk_refuse() { refusal=$1; echo "power cuts cannot run here: $1" >&2; }

# The line of row $1 that says why it was not tried; $2 is what, $3 the seed.
lossy_disk_not_run() {
    printf '{"row":"%s","what":"%s","cases":0,"distinct":0,"seconds":0.0,"violations":0,' "$1" "$2"
    printf '"goal":1,"seed":%s,"note":"%s"}\n' "$3" "$refusal"
}

# Makes disk $1 with file system $2 on it. Sets `files`, `device` and `mount_point`.
lossy_disk_start() {
    local name=$1 kind=$2 sector=512 size=128
    files=$work/$name/files mount_point=$work/$name/mount
    # The smallest that each mkfs makes without complaint, or nearly.
    case "$kind" in
    xfs) size=320 ;;
    btrfs) size=256 sector=4096 ;;
    esac
    mkdir -p "$files" "$mount_point"
    # Ahead of others: all that a file system asks of its disk waits for this program.
    chrt --fifo 1 "$work/lossy-disk" "$files" "$size" "$sector" </dev/null >&2 &
    servers[$name]=$!
    local attempt
    for attempt in {1..100}; do
        [[ -e "$files/control" ]] && break
        sleep 0.05
    done
    device=$(losetup --find --show --sector-size "$sector" "$files/disk")
    devices[$name]=$device
    lossy_disk_format "$name" "$kind"
}

# Makes an empty file system on disk $1, of kind $2. It must not be mounted.
lossy_disk_format() {
    local device=${devices[$1]} words said
    case "$2" in
    ext4) words=(mkfs.ext4 -q -F -E "nodiscard,lazy_itable_init=0,lazy_journal_init=0") ;;
    xfs) words=(mkfs.xfs -q -f -K) ;;
    btrfs) words=(mkfs.btrfs -q -f --nodiscard) ;;
    esac
    said=$("${words[@]}" "$device" 2>&1) || { echo "$said" >&2; return 1; }
}

# Takes all down, each by its own name.
lossy_disk_end() {
    local name
    for name in "${!devices[@]}"; do
        mountpoint -q "$work/$name/mount" && umount "$work/$name/mount"
        losetup --detach "${devices[$name]}"
        fusermount3 -u -q "$work/$name/files"
        wait "${servers[$name]}" 2>/dev/null
    done
    [[ -z "$work" ]] || rm -rf "$work"
}
