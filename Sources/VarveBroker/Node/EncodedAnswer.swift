internal import VarveBytes
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// A message that was written, kept in place until it is sent: what stands between its records is
/// lent from it piece by piece.
final class EncodedAnswer: @unchecked Sendable {
    // @unchecked: nothing of it changes once it is made.
    private let writer: WireWriter

    init(_ writer: consuming WireWriter) { self.writer = writer }

    /// The message, with the records that belong into it.
    /// - Parameter records: what the splices of the message count.
    func answer(lending records: [any LentBytes]) -> Answer {
        var parts: [AnswerPart] = []
        var done = 0
        for splice in writer.splices where splice.slice.count > 0 {
            parts.append(.bytes(Piece(answer: self, range: done..<splice.position)))
            parts.append(.bytes(records[splice.slice.start]))
            done = splice.position
        }
        let end = writer.buffer.count
        if done < end { parts.append(.bytes(Piece(answer: self, range: done..<end))) }
        return Answer(parts)
    }

    private struct Piece: LentBytes {
        let answer: EncodedAnswer
        let range: Range<Int>

        var size: ByteCount { ByteCount(range.count) }
        func lend(_ body: (RawSpan) -> Void) { answer.writer.lend(range, body) }
    }
}

extension WireWriter {
    /// Lends bytes during the call. A span of a property of a class cannot be had otherwise.
    fileprivate func lend(_ range: Range<Int>, _ body: (RawSpan) -> Void) {
        body(buffer.bytes.extracting(range))
    }
}
