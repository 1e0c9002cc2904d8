import Testing
import VarveBytes
import VarveLinux
import VarveSim
import VarveSystem
import VarveTerms

@Suite("SimulatedDisk beside Linux")
struct LinuxComparisonTests {
    /// Kind, size and bytes of everything under `directory`, sorted.
    private func listing(
        of directory: String, on disk: any FileSystem
    ) throws(FileError) -> [String] {
        var lines: [String] = []
        let entries = try disk.entries(of: directory).sorted { $0.name < $1.name }
        for entry in entries {
            let path = directory + "/" + entry.name
            guard entry.kind == .file else {
                lines.append(path + "/")
                lines += try listing(of: path, on: disk)
                continue
            }
            let file = try OpenFile(path, .read, in: disk)
            let size = try file.size().bytes
            let bytes = try file.bytes(size + 10, at: 0)
            lines.append("\(path) \(size) \(String(decoding: bytes, as: UTF8.self))")
        }
        return lines
    }

    private func remove(_ directory: String, on disk: any FileSystem) throws(FileError) {
        for entry in try disk.entries(of: directory) {
            let path = directory + "/" + entry.name
            if entry.kind == .directory {
                try remove(path, on: disk)
            } else {
                try disk.removeFile(path)
            }
        }
        try disk.removeDirectory(directory)
    }

    private func outcome(_ body: () throws(FileError) -> Void) -> FileError? {
        do throws(FileError) { try body() } catch { return error }
        return nil
    }

    @Test("any calls have the same outcome, and leave the same files, as on Linux")
    func sameOutcomes() throws {
        let linux = LinuxFileSystem()
        for _ in 0..<12 {
            let seed = UInt64.random(in: 0...UInt64.max)
            let root = "/tmp/varve-sim-\(seed)"
            let disk = SimulatedDisk()
            disk.plantDirectory(root)
            try linux.makeDirectory(root)
            // So that no call removes the root.
            disk.plantDirectory(root + "/kept")
            try linux.makeDirectory(root + "/kept")
            var (first, second) = (RandomWorkload(seed: seed), RandomWorkload(seed: seed))
            for step in 0..<150 {
                let real = outcome { () throws(FileError) in
                    try first.step(on: linux, under: root)
                }
                let simulated = outcome { () throws(FileError) in
                    try second.step(on: disk, under: root)
                }
                #expect(simulated == real, "seed \(seed), \(step)")
                if simulated != real { break }
            }
            #expect(
                try listing(of: root, on: disk) == listing(of: root, on: linux), "seed \(seed)")
            try remove(root, on: linux)
        }
    }
}
