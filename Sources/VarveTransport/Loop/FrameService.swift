public import VarveTerms

/// A connection of one event loop. The number of a connection that is closed never comes again.
public struct ConnectionID: Hashable, Sendable {
    /// The place in the table.
    let place: UInt32
    /// How many connections stood there before.
    let life: UInt32

    var token: UInt64 { UInt64(life) << 32 | UInt64(place) }
}

extension ConnectionID: CustomStringConvertible {
    public var description: String { "\(place).\(life)" }
}

/// Where the answer to one request goes.
public struct AnswerSlot: Hashable, Sendable {
    public let connection: ConnectionID
    /// Counts the requests of the connection, from 0.
    public let number: UInt64
}

/// Whether a connection may stay.
public enum Admission: Hashable, Sendable { case admit, refuse }

/// Why a connection was closed.
public enum ClosingReason: Hashable, Sendable {
    /// The peer ended it, and has all answers that it could be given.
    case ended
    /// The connection broke.
    case failed
    /// The peer sent what is no frame.
    case refused(FrameRefusal)
    /// Nothing happened for longer than `LoopLimits.idleMax`.
    case idle
    /// A request or an answer got stuck for longer than `LoopLimits.stallMax`.
    case stalled
    /// The service asked for it.
    case asked
    /// The loop drains.
    case drained
}

/// What a server does with requests. All calls come from the thread of the event loop, one at a
/// time, and none from within another.
public protocol FrameService: AnyObject {
    /// A connection was accepted.
    func opened(_ connection: ConnectionID, _ ends: ConnectionEnds, on loop: EventLoop) -> Admission

    /// A turn begins: what happened beside the loop since the last one is taken up here. Answers
    /// given by now leave before anything is received.
    func turnBegan(now: Instant, on loop: EventLoop)

    /// A request arrived. It is answered by `loop.answer(slot, …)`, now or at any later time of
    /// the same thread; requests of one connection are answered in the order of arrival, whatever
    /// the order of these calls.
    /// - Parameter frame: without its size; valid during the call.
    func received(_ frame: RawSpan, in slot: AnswerSlot, on loop: EventLoop)

    /// All requests of this turn were handed over. What many of them wait for is done here, once;
    /// answers given by now leave in this turn.
    func turnEnded(now: Instant, on loop: EventLoop)

    /// Everything that could leave in this turn has left: work that nobody waits for has its place
    /// here. Answers given by now leave in the next turn.
    func turnSettled(now: Instant, on loop: EventLoop)

    /// A connection is gone. Answers to its slots from now on are dropped.
    func closed(_ connection: ConnectionID, because reason: ClosingReason, on loop: EventLoop)

    /// When the service wants a turn even if nothing happens; nil for never. Asked before each
    /// wait.
    var nextDeadline: Instant? { get }
}

extension FrameService {
    public func opened(
        _ connection: ConnectionID, _ ends: ConnectionEnds, on loop: EventLoop
    ) -> Admission { .admit }
    public func turnBegan(now: Instant, on loop: EventLoop) {}
    public func turnEnded(now: Instant, on loop: EventLoop) {}
    public func turnSettled(now: Instant, on loop: EventLoop) {}
    public func closed(
        _ connection: ConnectionID, because reason: ClosingReason, on loop: EventLoop
    ) {}
    public var nextDeadline: Instant? { nil }
}

/// Between whom a connection is.
public struct ConnectionEnds: Hashable, Sendable {
    public var peer: SocketAddress
    /// The address that the peer reached, by which listeners are told apart.
    public var local: SocketAddress
    /// How long the peer took to answer when the connection was made; nil where that is not known.
    public var roundTrip: Duration?
}
