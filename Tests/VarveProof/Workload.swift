package import VarveLog
import VarveRecords
package import VarveSim
import VarveTerms

/// What a program does with its logs: one of the canonical ones, all small.
package struct Workload: Sendable {
    package var name: String
    package var settings: LogSettings
    package var options = DiskOptions()
    /// What is on the disk before the trace begins.
    package var prepare: @Sendable (Scene) throws -> Void
    package var run: @Sendable (Scene) throws -> Void

    package init(
        name: String, settings: LogSettings, options: DiskOptions = DiskOptions(),
        prepare: @escaping @Sendable (Scene) throws -> Void = { _ in },
        run: @escaping @Sendable (Scene) throws -> Void
    ) {
        (self.name, self.settings, self.prepare, self.run) = (name, settings, prepare, run)
        self.options = options
    }

    /// Runs it once.
    package func played(
        options: DiskOptions? = nil, laying: (SimulatedDisk) -> Void = { _ in }
    ) throws -> Scene {
        let scene = Scene(SimulatedDisk(options: options ?? self.options), settings: settings)
        try prepare(scene)
        scene.firstMoment = scene.disk.operationCount
        laying(scene.disk)
        try run(scene)
        return scene
    }

    /// Segments of 1 KiB with an index entry for every batch or two.
    package static func settings(
        _ policy: FlushPolicy = .durable, _ change: (inout LogSettings) -> Void = { _ in }
    ) -> LogSettings {
        var settings = LogSettings()
        settings.flushPolicy = policy
        settings.segmentSizeMax = .kib(1)
        settings.indexInterval = ByteCount(100)
        settings.indexSizeMax = ByteCount(240)
        change(&settings)
        return settings
    }
}
