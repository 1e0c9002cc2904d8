import VarveBytes
import VarveTerms
import VarveTransport

/// Answers each request with its own bytes, unless told otherwise.
final class EchoService: FrameService {
    private(set) var closed: [ClosingReason] = []
    private(set) var openedCount = 0
    private(set) var ends: [ConnectionEnds] = []
    /// Of the requests that nobody answered.
    private(set) var slots: [AnswerSlot] = []
    /// What all requests are answered with.
    var answer: Answer?
    private let answerSize: Int?
    private let isSilent: Bool
    private let afterwards: Answer.Afterwards

    /// - Parameters:
    ///   - answerSize: answers have so many bytes, whatever the request.
    ///   - isSilent: requests are kept and not answered.
    init(
        answerSize: Int? = nil, isSilent: Bool = false, afterwards: Answer.Afterwards = .keepOpen
    ) {
        self.answerSize = answerSize
        self.isSilent = isSilent
        self.afterwards = afterwards
    }

    func opened(
        _ connection: ConnectionID, _ ends: ConnectionEnds, on loop: EventLoop
    ) -> Admission {
        openedCount += 1
        self.ends.append(ends)
        return .admit
    }

    func received(_ frame: RawSpan, in slot: AnswerSlot, on loop: EventLoop) {
        guard !isSilent else { return slots.append(slot) }
        if let answer { return loop.answer(slot, answer) }
        var bytes = ByteBuffer(capacity: answerSize ?? frame.byteCount)
        if let answerSize { bytes.appendZeros(answerSize) } else { bytes.append(frame) }
        loop.answer(slot, Answer(bytes, then: afterwards))
    }

    func closed(
        _ connection: ConnectionID, because reason: ClosingReason, on loop: EventLoop
    ) {
        closed.append(reason)
    }
}
