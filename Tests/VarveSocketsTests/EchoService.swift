import VarveBytes
import VarveTerms
import VarveTransport

/// Answers each request with its own bytes.
final class EchoService: FrameService {
    var closed: [ClosingReason] = []
    var openedCount = 0

    func opened(
        _ connection: ConnectionID, _ ends: ConnectionEnds, on loop: EventLoop
    ) -> Admission {
        openedCount += 1
        return .admit
    }

    func received(_ frame: RawSpan, in slot: AnswerSlot, on loop: EventLoop) {
        var bytes = ByteBuffer(capacity: frame.byteCount)
        bytes.append(frame)
        loop.answer(slot, Answer(bytes))
    }

    func closed(
        _ connection: ConnectionID, because reason: ClosingReason, on loop: EventLoop
    ) {
        closed.append(reason)
    }
}
