internal import VarveTerms

/// One connection, as its event loop knows it.
///
/// *Threads*: owned by one event loop.
final class Connection {
    /// How far a connection has come.
    enum Phase: Hashable {
        case open
        /// No requests are read any more; those in flight are answered.
        case answering(ClosingReason)
        /// The last answer is on its way.
        case finishing
        /// Everything is sent; what still comes is dropped, because closing over unread bytes
        /// makes the kernel reset the connection, which can take sent answers from the peer.
        case lingering(ClosingReason, until: Instant)
        /// The service wants it closed; done at the end of the turn.
        case doomed
        case closed
    }

    let id: ConnectionID
    let socket: any StreamSocket
    var phase = Phase.open
    var assembler: FrameAssembler
    /// The longest frame from the next read on. `assembler` itself is in use while it lends frames.
    var frameSizeMax: ByteCount
    var answers = AnswerQueue()
    let output: OutputQueue

    /// What the poller was told.
    var interest: Interest = .reading
    /// What the ledger was charged for `assembler`.
    var charged = 0
    /// What it was charged for answers.
    var chargedForAnswers = 0
    /// Whether frames may be held that nobody has taken, behind a pause.
    var isPaused = false
    /// Whether reading waits for memory.
    var isStarved = false
    /// Whether it stands in the loop's list of connections to settle.
    var isTouched = false

    /// When bytes last came.
    var lastRead: Instant
    /// When bytes were last taken, or output began to wait.
    var lastWrite: Instant

    init(
        _ id: ConnectionID, _ socket: any StreamSocket, frameSizeMax: ByteCount,
        spare: SpareFrameMemory? = nil, chunks: ChunkPool, now: Instant
    ) {
        self.id = id
        self.socket = socket
        self.frameSizeMax = frameSizeMax
        assembler = FrameAssembler(sizeMax: frameSizeMax, spare: spare)
        output = OutputQueue(chunks: chunks)
        lastRead = now
        lastWrite = now
    }

    /// The memory that unsent answers keep, in bytes.
    var heldForAnswers: Int { answers.heldSize + output.heldSize }

    /// Whether another request may be handed to the service.
    ///
    /// While the memory for answers of all connections is full, only those may go on that hold none
    /// of it. Who holds some gets on with its own answers, so nobody has to wake it.
    func mayReceive(_ limits: LoopLimits, _ memory: MemoryBudget) -> Bool {
        phase == .open && answers.count < limits.requestsInFlightMax
            && output.size + answers.answeredSize <= limits.outputSizeMax.bytes
            && (heldForAnswers == 0 || !memory.isFull)
    }

    /// What to ask of the poller.
    func wantedInterest(_ limits: LoopLimits, _ memory: MemoryBudget) -> Interest {
        var wanted: Interest = output.isEmpty ? [] : .writing
        switch phase {
        case .open:
            if !isPaused, !isStarved, mayReceive(limits, memory) { wanted.insert(.reading) }
        case .lingering: wanted.insert(.reading)
        case .answering, .finishing, .doomed, .closed: break
        }
        return wanted
    }

    /// Whether nothing is left to be sent, nor going to be.
    var isDone: Bool {
        guard output.isEmpty else { return false }
        switch phase {
        case .answering: return answers.isEmpty
        case .finishing: return true
        case .open, .lingering, .doomed, .closed: return false
        }
    }

    /// When the connection is closed unless something happens; nil while the peer owes nothing.
    func expiry(_ limits: LoopLimits) -> (at: Instant, reason: ClosingReason)? {
        if case .lingering(let reason, let until) = phase { return (until, reason) }
        if !output.isEmpty { return (lastWrite.advanced(by: limits.stallMax), .stalled) }
        if !answers.isEmpty || isStarved || isPaused { return nil }
        if assembler.heldSize > 0 { return (lastRead.advanced(by: limits.stallMax), .stalled) }
        return (max(lastRead, lastWrite).advanced(by: limits.idleMax), .idle)
    }
}

/// The connections of one loop, by the numbers that name them.
struct ConnectionTable {
    private var entries: [Connection?] = []
    /// How many connections stood at each place.
    private var lives: [UInt32] = []
    private var free: [UInt32] = []

    var count: Int { entries.count - free.count }
    var isEmpty: Bool { count == 0 }

    /// All connections, in no particular order.
    var all: [Connection] { entries.compactMap { $0 } }

    subscript(id: ConnectionID) -> Connection? {
        let place = Int(id.place)
        guard place < entries.count, lives[place] == id.life else { return nil }
        return entries[place]
    }

    subscript(token: UInt64) -> Connection? {
        self[
            ConnectionID(
                place: UInt32(truncatingIfNeeded: token),
                life: UInt32(truncatingIfNeeded: token >> 32))]
    }

    mutating func insert(_ make: (ConnectionID) -> Connection) -> Connection {
        let place: UInt32
        if let last = free.popLast() {
            place = last
        } else {
            place = UInt32(entries.count)
            entries.append(nil)
            lives.append(0)
        }
        let connection = make(ConnectionID(place: place, life: lives[Int(place)]))
        entries[Int(place)] = connection
        return connection
    }

    mutating func remove(_ id: ConnectionID) {
        let place = Int(id.place)
        precondition(entries[place]?.id == id, "connection \(id) is not in the table")
        entries[place] = nil
        // The highest bit of a token tells listeners from connections.
        lives[place] = (lives[place] + 1) & (UInt32.max >> 1)
        free.append(id.place)
    }
}
