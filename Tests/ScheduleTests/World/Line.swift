import VarveSim
import VarveTerms
import VarveTesting
import VarveWire

/// An answer as a member hears it.
struct Reply<Message> {
    var message: Message
    /// In which the slices of the message lie.
    var frame: [UInt8]
    /// When the request went out. What the broker did, it did between then and now.
    var sentAt: Instant
}

/// A member's connection: one request at a time, over a network that is slow and breaks.
///
/// Requests and answers of different lines overtake each other. A request that is not answered in
/// time is lost, and its connection with it; whether the broker has seen it, and when it does,
/// nobody knows.
final class Line {
    private struct Question {
        var frame: [UInt8]
        var sendAt: Instant
        var patience: Duration
        var isSent = false
        var arrival: Instant?
        var done: ([UInt8]?, Instant) -> Void
    }

    private unowned let world: ScheduleWorld
    private var client: FrameClient?
    private var takenCount = 0
    private var question: Question?
    /// How many connections it has had.
    private(set) var number = 0

    init(_ world: ScheduleWorld) { self.world = world }

    var isIdle: Bool { question == nil }

    /// Whether an answer may be there within moments.
    func isBusy(at now: Instant) -> Bool {
        guard let question else { return false }
        return now < question.sendAt.advanced(by: .milliseconds(60)) || question.arrival != nil
    }

    /// When something happens by itself.
    var deadline: Instant? {
        guard let question else { return nil }
        if let arrival = question.arrival { return arrival }
        return question.isSent ? question.sendAt.advanced(by: question.patience) : question.sendAt
    }

    /// Sends a request.
    ///
    /// - Parameters:
    ///   - records: in which the slices of the request lie.
    ///   - done: hears the answer; nil when nobody knows what came of the request.
    func ask<Answer: WireMessage>(
        _ request: some WireMessage, _ version: Int16, records: [UInt8] = [],
        patience: Duration = .seconds(4), for type: Answer.Type,
        then done: @escaping (Reply<Answer>?) -> Void
    ) {
        precondition(isIdle, "one request at a time")
        let frame = Frames.frame(request, version: version, with: records)
        let now = world.now
        world.tally.requests += 1
        question = Question(
            frame: frame, sendAt: now.advanced(by: world.delay()), patience: patience
        ) { [unowned world] frame, sentAt in
            guard let frame else { return done(nil) }
            guard let message = Frames.decode(frame, version: version, as: type) else {
                world.fail("an answer to \(type) cannot be read")
                return done(nil)
            }
            world.note("asked at \(sentAt.nanoseconds / 1_000_000) ms: \(message)")
            done(Reply(message: message, frame: frame, sentAt: sentAt))
        }
    }

    func turn(_ now: Instant) {
        guard var asked = question, now >= asked.sendAt else { return }
        if !asked.isSent {
            guard let client = connected() else { return lose() }
            client.send(frame: asked.frame)
            asked.isSent = true
            question = asked
        }
        guard let client else { return lose() }
        if let arrival = asked.arrival {
            guard now >= arrival else { return }
            let frame = client.frames[takenCount]
            takenCount += 1
            question = nil
            world.tally.answers += 1
            return asked.done(frame, asked.sendAt)
        }
        if client.frames.count > takenCount {
            question?.arrival = now.advanced(by: world.delay())
        } else if client.isOver || now >= asked.sendAt.advanced(by: asked.patience) {
            lose()
        }
    }

    private func connected() -> FrameClient? {
        if let client, !client.isOver { return client }
        disconnect()
        client = try? world.broker.connect()
        number += 1
        return client
    }

    /// Breaks the connection; what was asked is lost.
    func cut() {
        guard client != nil else { return }
        if question == nil { close() } else { lose() }
    }

    /// Closes the connection. Nobody hears of what was asked.
    func close() {
        question = nil
        disconnect()
    }

    private func disconnect() {
        client?.close()
        client = nil
        takenCount = 0
    }

    private func lose() {
        guard let asked = question else { return }
        close()
        world.tally.losses += 1
        asked.done(nil, asked.sendAt)
    }
}
