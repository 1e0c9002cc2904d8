internal import VarveLinux

extension Workbench {
    /// Runs one family: every size in each round, from the smallest on, each in a folder of its
    /// own.
    ///
    /// A size that fails ends the family there: `shortfall` says why.
    /// - Throws: `.stopped`; what the machine's own facts threw.
    public func run(_ family: ScaleFamily) throws(BenchError) -> ScaleResult {
        var result = ScaleResult(family)
        result.points = family.sizes(of: options.size).map { ScalePoint(size: $0) }
        do {
            let before = try ProcessorUse(in: fileSystem)
            for _ in 0..<options.rounds {
                try runOnce(&result)
            }
            result.foreignLoad = try ProcessorUse(in: fileSystem).foreignShare(since: before)
        } catch let error as BenchError {
            throw error
        } catch {
            throw .failed(benchmark: family.name, cause: error)
        }
        return result
    }

    private func runOnce(_ result: inout ScaleResult) throws(BenchError) {
        for slot in result.points.indices {
            try checkStop()
            let size = result.points[slot].size
            var notes = ScaleNotes()
            do {
                let folders = foldersMade
                defer { if !result.family.keepsFiles { removeFolders(from: folders) } }
                try result.family.measure(self, size, &notes)
            } catch {
                try checkStop()
                result.shortfall = "not with \(size): \(error)"
                return result.points.removeSubrange(slot...)
            }
            for (name, value) in notes.values {
                result.points[slot].values[name, default: []].append(value)
            }
        }
    }
}
