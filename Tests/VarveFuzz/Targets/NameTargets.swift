internal import VarveBytes
internal import VarveLog
internal import VarveTerms

/// Names of files and folders, which an `ls` of a hostile disk may bring.
enum NameTargets {
    static let all: [FuzzTarget] = [segmentFile, logFolder]

    private static let segmentFile = FuzzTarget("segment-file-name", seeds: .names) {
        input throws(FuzzFailure) in
        let text = String(decoding: input.array(), as: UTF8.self)
        guard let name = SegmentFileName(text) else { return .refused }
        try expect(name.description.utf8.elementsEqual(text.utf8), "printed as \(name)")
        return .accepted
    }

    private static let logFolder = FuzzTarget("log-folder-name", seeds: .names) {
        input throws(FuzzFailure) in
        let text = String(decoding: input.array(), as: UTF8.self)
        _ = TopicName.complaint(about: text)
        _ = UniqueID(base64: text)
        guard let name = LogFolderName(text) else { return .refused }
        let printed = name.description
        try expect(!printed.utf8.contains(UInt8(ascii: "/")), "\(printed) is two names")
        try expect(LogFolderName(printed) == name || printed != text, "\(printed) is another")
        if case .live = name.standing {
            try expect(printed.utf8.elementsEqual(text.utf8), "printed as \(printed)")
            try expect(LogName(folder: text) == name.log, "another log's name")
        }
        return .accepted
    }
}
