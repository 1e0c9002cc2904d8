internal import VarveBytes
internal import VarveLinux
internal import VarveSystem
internal import VarveTerms

/// What belongs to a figure so that it can be had again.
public struct MachineFacts: Hashable, Sendable {
    public var processor: String
    public var processorCount: Int
    /// Of the processor's flags those that a kernel of Varve may use.
    public var flags: [String]
    /// Bytes.
    public var memorySize: Int
    /// The release of Linux.
    public var release: String
    /// The instructions that compute CRC-32C here.
    public var checksumKernel: String
    /// Where files of the run lie, and on what.
    public var directory: String
    public var mount: Mount
    /// Whether the harness was compiled without optimisation, which makes figures meaningless.
    public var isDebugBuild: Bool

    private static let notedFlags: Set<String> = [
        "sse4_2", "pclmulqdq", "avx2", "vpclmulqdq", "avx512f", "fsrm", "erms", "crc32", "pmull",
        "hypervisor",
    ]

    init(directory: String, in fileSystem: LinuxFileSystem) throws {
        let lines = try SystemText.lines(of: "/proc/cpuinfo", in: fileSystem)
        processorCount = max(1, lines.count { $0.hasPrefix("processor") })
        processor = Self.value(of: ["model name", "CPU part"], in: lines)
        let allFlags = SystemText.words(of: Self.value(of: ["flags", "Features"], in: lines))
        flags = allFlags.filter(Self.notedFlags.contains)
        memorySize = try MemoryStatus(in: fileSystem).total.bytes
        let osRelease = "/proc/sys/kernel/osrelease"
        release = try SystemText.lines(of: osRelease, in: fileSystem).first ?? ""
        checksumKernel = CRC32C.kernel
        self.directory = directory
        mount = try Mount(of: directory, in: fileSystem)
        var isDebugBuild = false
        assert(
            {
                isDebugBuild = true
                return true
            }())
        self.isDebugBuild = isDebugBuild
    }

    /// What follows the first of `names` in lines such as `model name : AMD EPYC`.
    private static func value(of names: [String], in lines: [String]) -> String {
        for name in names {
            guard let line = lines.first(where: { $0.hasPrefix(name) }),
                let colon = line.firstIndex(of: ":")
            else { continue }
            return SystemText.words(of: line[line.index(after: colon)...]).joined(separator: " ")
        }
        return "unknown"
    }
}
