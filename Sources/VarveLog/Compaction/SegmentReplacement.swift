internal import VarveSystem
internal import VarveTerms

/// Puts cleaned segments in the place of those that they were made of, so that whatever a crash
/// leaves is completed or taken back by the next opening.
///
///     written    X.log.cleaned …   flushed
///     named      X.log.cleaned …   their names are durable
///     swapping   X.log.swap …      the last segment first, names durable after each: from the
///                                  moment at which no .cleaned is left the new segments count
///     clearing   the sources are renamed to .deleted, and that is durable…
///     placing    …before X.log.swap takes the name X.log, which is durable in the end
///
/// Each stage can be repeated: what was done already is found done.
struct SegmentReplacement: Hashable, Sendable {
    /// A new segment and the files that it has.
    struct Output: Hashable, Sendable {
        var baseOffset: Offset
        var contents: [SegmentFileName.Content]
    }

    enum Stage: Hashable, Sendable {
        case written, swapping, clearing, placing, done
    }

    let folder: String
    /// The segments that come, in order.
    let outputs: [Output]
    /// The segments that go, in order.
    let sources: [Offset]
    private(set) var stage = Stage.written

    init(folder: String, outputs: [Output], sources: [Offset]) {
        self.folder = folder
        self.outputs = outputs
        self.sources = sources
    }

    /// Whether the new segments count, whatever happens: it can no longer be taken back.
    var isDecided: Bool { stage == .clearing || stage == .placing || stage == .done }

    /// Does what is left to do.
    /// - Throws: what failed; calling it again goes on from there.
    mutating func complete(in fileSystem: any FileSystem) throws(FileError) {
        while stage != .done { try advance(in: fileSystem) }
    }

    private mutating func advance(in fileSystem: any FileSystem) throws(FileError) {
        switch stage {
        case .written:
            try fileSystem.flushDirectory(folder)
            stage = .swapping
        case .swapping:
            for output in outputs.reversed() {
                // The .log last: its .cleaned says that none of them counts.
                for content in output.contents.reversed() {
                    try rename(output.baseOffset, content, .cleaned, to: .swap, fileSystem)
                }
                try fileSystem.flushDirectory(folder)
            }
            stage = .clearing
        case .clearing:
            try clear(fileSystem)
            try fileSystem.flushDirectory(folder)
            stage = .placing
        case .placing:
            for output in outputs {
                for content in output.contents.reversed() {
                    try rename(output.baseOffset, content, .swap, to: .live, fileSystem)
                }
            }
            try fileSystem.flushDirectory(folder)
            stage = .done
        case .done: return
        }
    }

    private func clear(_ fileSystem: any FileSystem) throws(FileError) {
        let kept = Set(outputs.map(\.baseOffset))
        for base in sources.reversed() where !kept.contains(base) {
            // What a snapshot says of the producers stays true.
            for content in SegmentFileName.Content.allCases where content != .producerSnapshot {
                try rename(base, content, .live, to: .deleted, fileSystem)
            }
        }
    }

    /// Unlinks the sources. Nothing depends on it: the next opening would.
    func unlinkSources(in fileSystem: any FileSystem) throws(FileError) {
        for base in sources {
            for content in SegmentFileName.Content.allCases {
                try remove(base, content, .deleted, fileSystem)
            }
        }
    }

    /// Takes everything back, in an order in which no half of it can pass for a whole: the `.log`
    /// becomes worthless first, and goes last.
    ///
    /// - Precondition: `isDecided` is false.
    mutating func rollBack(in fileSystem: any FileSystem) throws(FileError) {
        precondition(!isDecided, "\(stage)")
        for output in outputs {
            try rename(output.baseOffset, .log, .swap, to: .cleaned, fileSystem)
        }
        try fileSystem.flushDirectory(folder)
        for output in outputs {
            for content in output.contents where content != .log {
                try remove(output.baseOffset, content, .swap, fileSystem)
                try remove(output.baseOffset, content, .cleaned, fileSystem)
            }
        }
        try fileSystem.flushDirectory(folder)
        for output in outputs { try remove(output.baseOffset, .log, .cleaned, fileSystem) }
        try fileSystem.flushDirectory(folder)
        stage = .done
    }

    private func path(
        _ base: Offset, _ content: SegmentFileName.Content, _ standing: SegmentFileName.Standing
    ) -> String {
        "\(folder)/\(SegmentFileName(base, content, standing))"
    }

    /// Renames a file that may have its new name already, or not be there at all.
    private func rename(
        _ base: Offset, _ content: SegmentFileName.Content, _ old: SegmentFileName.Standing,
        to new: SegmentFileName.Standing, _ fileSystem: any FileSystem
    ) throws(FileError) {
        let path = path(base, content, old)
        guard try fileSystem.status(at: path) != nil else { return }
        try fileSystem.rename(path, to: self.path(base, content, new))
    }

    private func remove(
        _ base: Offset, _ content: SegmentFileName.Content, _ standing: SegmentFileName.Standing,
        _ fileSystem: any FileSystem
    ) throws(FileError) {
        let path = path(base, content, standing)
        guard try fileSystem.status(at: path) != nil else { return }
        try fileSystem.removeFile(path)
    }
}
