internal import VarveBytes
public import VarveSystem
public import VarveTerms

/// The connections of one thread: reads requests, hands them to a service, sends its answers.
///
/// A turn goes: wait, work from the mailbox, the service's `turnBegan`, write what that answered,
/// accept, read and hand over, timers, the service's `turnEnded`, write, the service's
/// `turnSettled`. So whatever many requests of one turn wait for
/// happens once, without a hop to another thread, before their answers leave.
///
/// *Invariants*: of each connection, memory is bounded by what the peer sent of one frame, one
/// read, `outputSizeMax` and the answers of `requestsInFlightMax` requests.
/// *Threads*: made, used and ended by one thread; only `mailbox` goes to others.
public final class EventLoop {
    /// How a turn begins.
    public enum Waiting: Hashable, Sendable {
        /// Until something is ready or due.
        case forEvents
        case notAtAll
    }

    public let limits: LoopLimits
    public let ledger: ServerLedger
    /// How other threads reach this loop.
    public let mailbox: LoopMailbox
    /// Where accepted connections go, in turn; this loop keeps them while it is empty.
    public var placement: [LoopMailbox] = []
    /// What happened so far.
    public internal(set) var tally = LoopTally()
    /// Whether the loop was drained and takes no more turns.
    public internal(set) var hasEnded = false
    /// The time of this turn.
    public internal(set) var now: Instant

    let service: any FrameService
    let poller: any Poller
    private let clock: any Clock
    let chunks = ChunkPool()
    /// Memory for the next long frame.
    let spare = SpareFrameMemory()
    var table = ConnectionTable()
    /// What reads of connections without an unfinished frame go to.
    var scratch: ByteBuffer
    private var ready: [ReadyEvent] = []

    // Accepting.
    var listeners: [any Listener] = []
    var isAccepting = true
    /// When to try accepting again after descriptors had run out.
    var acceptRetry: Instant?
    var nextPlacement = 0

    // Connections that wait for something here.
    /// To settle at the end of this turn.
    var touched: [Connection] = []
    /// With frames to hand over at the next turn.
    var resumable: [Connection] = []
    /// Bytes that this turn may still read beyond one read of each connection.
    var readOnSize = 0
    /// Waiting for memory, in the order of their coming.
    var starved: [Connection] = []
    /// The one that reads although there is no memory, so that something gets on.
    var privileged: ConnectionID? {
        didSet { hasUsedPrivilege = false }
    }
    /// Whether it got a request through.
    var hasUsedPrivilege = false

    // Time.
    /// When a connection may have to be closed; nil while there is none.
    var nextSweep: Instant?
    var drainDeadline: Instant?

    /// - Throws: when the system gives no poller.
    public init(
        network: any Network, clock: any Clock, service: any FrameService,
        limits: LoopLimits = LoopLimits(), ledger: ServerLedger = ServerLedger()
    ) throws(TransportError) {
        self.limits = limits
        self.ledger = ledger
        self.service = service
        self.clock = clock
        poller = try network.makePoller()
        mailbox = LoopMailbox(countMax: limits.mailboxCountMax, waker: poller.waker)
        scratch = ByteBuffer(capacity: limits.readSize.bytes)
        now = clock.now()
    }

    /// How many connections there are.
    public var connectionCount: Int { table.count }

    /// Takes turns until the loop was drained.
    public func run() {
        while !hasEnded { turn() }
    }

    /// Does all that is ready and due.
    public func turn(_ waiting: Waiting = .forEvents) {
        guard !hasEnded else { return }
        let deadline = waiting == .forEvents ? nextTurn : Instant(nanoseconds: .min)
        poller.wait(until: deadline, into: &ready)
        now = clock.now()
        for work in mailbox.takeAll() { work(self) }
        service.turnBegan(now: now, on: self)
        // Who has waited long enough does not wait for what others send.
        if !touched.isEmpty { settle() }
        resumeAccepting()
        readOnSize = Self.readOnSizeMax
        for event in ready { handle(event) }
        resumeReading()
        sweep()
        service.turnEnded(now: now, on: self)
        settle()
        service.turnSettled(now: now, on: self)
        endWhenDrained()
    }

    /// When the next turn is due if nothing happens; nil for never.
    private var nextTurn: Instant? {
        guard resumable.isEmpty, touched.isEmpty else { return Instant(nanoseconds: .min) }
        var earliest = service.nextDeadline
        for moment in [nextSweep, acceptRetry, drainDeadline, memoryRetry] {
            guard let moment else { continue }
            earliest = min(earliest ?? moment, moment)
        }
        return earliest
    }

    private func handle(_ event: ReadyEvent) {
        if let place = listenerPlace(of: event.token) { return accept(at: place) }
        // Events of a connection that an earlier one of this turn closed find nothing.
        guard let connection = table[event.token] else { return }
        if event.readiness.contains(.failed) {
            // Both ends of sending are an end as well, once everything is sent.
            guard case .lingering(let reason, _) = connection.phase else {
                return close(connection, .failed)
            }
            return close(connection, reason)
        }
        if event.readiness.contains(.writing) { touch(connection) }
        if event.readiness.contains(.reading) { readOn(connection) }
    }

    /// Has the connection settled at the end of this turn.
    func touch(_ connection: Connection) {
        guard !connection.isTouched else { return }
        connection.isTouched = true
        touched.append(connection)
    }
}

/// What happened on one event loop since it began.
public struct LoopTally: Hashable, Sendable {
    public var acceptedCount = 0
    /// Connections closed at once: too many, refused by the service, or not to be placed.
    public var refusedCount = 0
    /// How often accepting had to pause for lack of descriptors or memory.
    public var acceptPauseCount = 0
    /// Requests handed over.
    public var frameCount = 0
    /// Reads put off for lack of memory for requests.
    public var starvedCount = 0
}
