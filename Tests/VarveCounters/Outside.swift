internal import VarveLinux
internal import VarveLog
internal import VarveSim
internal import VarveSockets
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport

/// The files, the network and the clock that something is counted on.
///
/// Calls are counted on simulated ones, where each history is the same as the last. Memory is
/// counted on real ones, since simulated ones take memory as well.
struct Outside {
    var files: any FileSystem
    var network: any Network
    /// To which clients connect.
    var clients: any Network
    let clock: SimulatedClock
    /// An empty directory.
    var path: String
    let calls = CallCounter()
    private var folder: TemporaryFolder?

    /// In 2026, so that no record is old.
    private static var now: Timestamp { Timestamp(milliseconds: 1_795_253_504_484) }

    /// Simulated, and counted call by call.
    /// - Parameter willFlush: what happens before each flush of a file.
    static func simulated(
        _ disk: SimulatedDisk = SimulatedDisk(clock: SimulatedClock(wallClock: now)),
        willFlush: (@Sendable () -> Void)? = nil
    ) -> Outside {
        let network = MemoryNetwork()
        var outside = Outside(
            files: disk, network: network, clients: network, clock: disk.clock, path: "/data")
        outside.files = CountingFiles(disk, outside.calls, willFlush: willFlush)
        outside.network = CountingNetwork(network, outside.calls)
        return outside
    }

    /// Those of this machine, not counted; the clock stands.
    static func real() throws -> Outside {
        let clock = SimulatedClock(wallClock: now)
        let network = SocketNetwork(clock: clock)
        let folder = try TemporaryFolder()
        return Outside(
            files: LinuxFileSystem(), network: network, clients: network, clock: clock,
            path: folder.path + "/data", folder: folder)
    }

    private init(
        files: any FileSystem, network: any Network, clients: any Network, clock: SimulatedClock,
        path: String, folder: TemporaryFolder? = nil
    ) {
        (self.files, self.network, self.clients) = (files, network, clients)
        (self.clock, self.path, self.folder) = (clock, path, folder)
    }

    var surroundings: Surroundings {
        Surroundings(
            fileSystem: files, clock: clock, randomness: SeededRandomness(seed: 1), processID: 1,
            bootID: UniqueID(high: 1, low: 1))
    }
}
