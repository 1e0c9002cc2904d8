internal import VarveLinux
internal import VarveSystem
internal import VarveTerms

/// One child, from its start to its end.
struct ChildLife {
    private let child: LinuxChild
    private let plan: KillPlan
    private let clock: any Clock
    private var deadline: Instant?
    private var unread: [UInt8] = []
    /// What it told while it opened the log; nil when it did not get so far.
    private(set) var cutSize: Int?
    private(set) var sawAcknowledgement = false
    private(set) var sawClosing = false
    private(set) var violations: [Violation] = []

    /// A child that does nothing for so long waits for something that will not come.
    private static let patience = Duration.seconds(120)

    init(
        program: String, _ description: AppendingChild, plan: KillPlan, clock: any Clock
    ) throws(FileError) {
        child = try LinuxChild(starting: program, description.words)
        self.plan = plan
        self.clock = clock
        if plan.aim == .start { deadline = clock.now().advanced(by: plan.delay) }
    }

    /// Takes down what the child tells, kills it when its time has come, and takes down the rest.
    /// - Returns: how it ended; nil when this program was asked to stop.
    mutating func run(model: inout LogModel) throws(FileError) -> LinuxChild.Ending? {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            if let deadline, clock.now() >= deadline { child.kill() }
            let patience = wait
            guard child.output.isReadable(within: patience) else {
                if patience == Self.patience {
                    violations.append(.word("the child has said nothing for \(patience)"))
                    child.kill()
                }
                continue
            }
            var count = 0
            var span = piece.mutableSpan
            var bytes = unsafe span.mutableBytes
            switch try child.output.read(into: &bytes) {
            case .bytes(let size): count = size
            case .end: return child.wait()
            case .stopped: return nil
            }
            unread += piece.prefix(count)
            takeLines(&model)
        }
    }

    /// How long to wait for more to read. The last millisecond is spent looking at the clock, since
    /// a wait is rounded up to whole ones.
    private var wait: Duration {
        guard let deadline else { return Self.patience }
        let left = deadline.duration(since: clock.now())
        return left > .milliseconds(1) ? left - .milliseconds(1) : .zero
    }

    private mutating func takeLines(_ model: inout LogModel) {
        let whole = unread.count - unread.count % ChildLine.size
        for start in stride(from: 0, to: whole, by: ChildLine.size) {
            guard let line = ChildLine(unread[start..<start + ChildLine.size]) else {
                violations.append(.word("the child tells what is no line"))
                continue
            }
            take(line, &model)
        }
        unread.removeFirst(whole)
    }

    private mutating func take(_ line: ChildLine, _ model: inout LogModel) {
        switch line {
        case .opened(let size): cutSize = size
        case .acknowledged(let thread, let counter, let offset):
            if !sawAcknowledgement { arm(.firstAcknowledgement) }
            sawAcknowledgement = true
            let violation = model.tell(thread: thread, counter: counter, offset: offset)
            if let violation { violations.append(violation) }
        case .deleting: arm(.deleting)
        case .checked: violations.append(.word("the child tells what only a check does"))
        case .closing:
            sawClosing = true
            arm(.closing)
        }
    }

    private mutating func arm(_ aim: KillPlan.Aim) {
        if plan.aim == aim, deadline == nil { deadline = clock.now().advanced(by: plan.delay) }
    }
}
