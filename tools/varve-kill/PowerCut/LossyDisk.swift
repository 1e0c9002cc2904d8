internal import CFault
internal import VarveBytes
internal import VarveLinux
internal import VarveSystem
internal import VarveTerms

/// The disk of `tools/lossy-disk`, with a real file system on it.
struct LossyDisk {
    /// Where the disk's own files are: `control` and `ledger`.
    let files: String
    /// The loop device over it.
    let device: String
    /// Where it is mounted.
    let mountPoint: String
    /// As `mount -t` calls it.
    let kind: String
    private let fileSystem = LinuxFileSystem()

    init(files: String, device: String, mountPoint: String, kind: String) {
        (self.files, self.device, self.mountPoint, self.kind) = (files, device, mountPoint, kind)
    }

    /// What the disk counts, by the names that it gives them.
    struct Counts {
        private var numbers: [Substring: UInt64] = [:]

        init(_ text: String) {
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ")
                if words.count == 2, let number = UInt64(words[1]) { numbers[words[0]] = number }
            }
        }

        private func count(_ name: Substring) -> Int { Int(clamping: numbers[name] ?? 0) }
        /// Events of the first life.
        var first: Int { count("first") }
        /// Events of the life that the last cut began.
        var later: Int { count("later") }
        /// Sectors that the last cut lost.
        var lost: Int { count("lost") }
        /// Flushes and failed calls since a fault was set.
        var flushes: Int { count("flushes") }
        var failures: Int { count("failures") }
        /// Equal for cuts that left the same bytes.
        var survivors: UInt64 { numbers["survivors"] ?? 0 }
    }

    // MARK: Commands

    /// What is there is kept for good, and a first life begins.
    func record() throws(FileError) { try say("record") }

    /// Cuts power after `end` events of the first life, and turns it on again.
    func cut(after end: Int, seed: UInt64) throws(FileError) { try say("cut \(end) \(seed)") }

    /// Cuts power after `end` events of the life that the last cut began.
    func cutAgain(after end: Int, seed: UInt64) throws(FileError) {
        try say("again \(end) \(seed)")
    }

    /// Back to how it was when the last cut turned it on.
    func rewind() throws(FileError) { try say("rewind") }

    /// Flushes or writes fail with EIO from here on.
    func fail(_ what: String, ordinal: Int, persisting: Bool) throws(FileError) {
        try say("fail \(what) \(ordinal) \(persisting ? "on" : "once")")
    }

    func stopFailing() throws(FileError) { try say("work") }

    func counts() throws(FileError) -> Counts {
        Counts(String(decoding: try content(of: "control"), as: UTF8.self))
    }

    /// The marks that were set before the last cut.
    func marks() throws(FileError) -> [UInt8] { try content(of: "ledger") }

    func mark(_ bytes: [UInt8]) throws(FileError) { try write(bytes, to: "ledger") }

    private func say(_ command: String) throws(FileError) {
        try write(Array(command.utf8), to: "control")
    }

    private func write(_ bytes: [UInt8], to name: String) throws(FileError) {
        let file = try OpenFile(files + "/" + name, .readWrite, in: fileSystem)
        try file.write(bytes.rawSpan, at: .zero)
        try file.close()
    }

    /// These files have no size: they are read until nothing comes.
    private func content(of name: String) throws(FileError) -> [UInt8] {
        let file = try OpenFile(files + "/" + name, .read, in: fileSystem)
        var content: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            var span = piece.mutableSpan
            var bytes = unsafe span.mutableBytes
            let position = FilePosition.zero.advanced(by: content.count)
            let count = try fileSystem.read(file.id, into: &bytes, at: position)
            if count == 0 { return content }
            content += piece.prefix(count)
        }
    }

    /// Copies all that is on it.
    func copy(to path: String) throws(FileError) {
        guard try Self.run("/bin/cp", ["--sparse=always", files + "/disk", path]) else {
            throw FileError(.write, path, .inputOutput)
        }
    }

    // MARK: Mounting

    /// - Returns: whether the file system could be mounted.
    func mount() throws(FileError) -> Bool {
        switch unsafe fault_mount(device, mountPoint, kind) {
        case 0: return true
        case let code where SystemError(code: code) == .notPermitted:
            throw FileError(.open, device, .notPermitted)
        default: return false
        }
    }

    /// What a system does that comes up and cannot mount: repairs what it may repair by itself.
    /// - Returns: whether it can be mounted now, perhaps.
    func repair() throws(FileError) -> Bool {
        guard kind == "ext4" else { return false }
        // Its superblock spans two sectors and is written in place: e2fsck has copies of it.
        let ending = try LinuxChild(starting: "/sbin/e2fsck", ["-y", device]).wait()
        return ending == .exited(0) || ending == .exited(1)
    }

    /// - Returns: whether it could be taken down; not while somebody has a file open there.
    func unmount() throws(FileError) -> Bool {
        let code = unsafe fault_unmount(mountPoint)
        guard code != 0 else { return true }
        let error = SystemError(code: code)
        guard error == .busy else { throw FileError(.close, mountPoint, error) }
        return false
    }

    /// Mounts it, after a repair where it needs one.
    func mountOrRepair() throws(FileError) -> Bool {
        if try mount() { return true }
        guard try repair() else { return false }
        return try mount()
    }

    /// Takes it down once the last file is closed, which a killed program takes a moment for.
    func unmountPatiently() throws(FileError) {
        for _ in 0..<50 {
            if try unmount() { return }
            _ = LinuxProcess.waitForStop(atMost: .milliseconds(20))
        }
        throw FileError(.close, mountPoint, .busy)
    }

    private static func run(_ program: String, _ words: [String]) throws(FileError) -> Bool {
        try LinuxChild(starting: program, words).wait() == .exited(0)
    }
}
