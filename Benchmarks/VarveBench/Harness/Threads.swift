internal import CBench
internal import Synchronization

/// Runs the same work in several threads, or several tasks, and waits for all.
enum Threads {
    typealias Work = @Sendable (_ index: Int) throws -> LatencyHistogram

    /// Calls `work` with 0 up to `count`, each in a thread of its own.
    /// - Returns: the latencies of all.
    /// - Throws: the first error, after all have returned.
    static func run(_ count: Int, _ work: @escaping Work) throws -> LatencyHistogram {
        let crew = Crew(work)
        let context = unsafe Unmanaged.passUnretained(crew)
        let outcome = unsafe bench_threads(
            Int32(count),
            { context, index in
                guard let context = unsafe context else { return }
                unsafe Unmanaged<Crew>.fromOpaque(context).takeUnretainedValue().run(Int(index))
            }, context.toOpaque())
        guard outcome == 0 else { throw LeafError(call: "pthread_create", code: outcome) }
        return try crew.latencies()
    }

    /// Calls `work` with 0 up to `count`, each in a task of its own.
    /// - Parameter executor: where they prefer to run; nil for the default.
    static func runTasks(
        _ count: Int, on executor: (any TaskExecutor)? = nil,
        _ work: @escaping @Sendable (_ index: Int) async throws -> LatencyHistogram
    ) throws -> LatencyHistogram {
        let crew = Crew { _ in LatencyHistogram() }
        let bell = bench_bell()
        guard bell >= 0 else { throw LeafError(call: "eventfd", code: bench_errno()) }
        defer { bench_bell_close(bell) }
        for index in 0..<count {
            Task.detached(executorPreference: executor) {
                do {
                    crew.finish(.success(try await work(index)))
                } catch {
                    crew.finish(.failure(error))
                }
                _ = bench_bell_ring(bell)
            }
        }
        for _ in 0..<count where bench_bell_wait(bell) != 0 {
            throw LeafError(call: "eventfd_read", code: bench_errno())
        }
        return try crew.latencies()
    }

    /// What the threads share.
    private final class Crew: Sendable {
        private let work: Work
        private let outcome = Mutex<Result<LatencyHistogram, any Error>>(
            .success(LatencyHistogram()))

        init(_ work: @escaping Work) { self.work = work }

        func run(_ index: Int) {
            finish(Result { try work(index) })
        }

        func finish(_ result: Result<LatencyHistogram, any Error>) {
            outcome.withLock { outcome in
                guard case .success(var sum) = outcome else { return }
                switch result {
                case .success(let latencies):
                    sum.add(latencies)
                    outcome = .success(sum)
                case .failure(let error): outcome = .failure(error)
                }
            }
        }

        func latencies() throws -> LatencyHistogram { try outcome.withLock { $0 }.get() }
    }
}

extension Threads {
    /// Calls `work` as `run` does and adds up what it answers.
    static func sum(
        _ count: Int, _ work: @escaping @Sendable (_ index: Int) throws -> UInt64
    ) throws -> UInt64 {
        // One needs no thread, whose start would count.
        if count == 1 { return try work(0) }
        let sum = SharedSum()
        _ = try run(count) { index in
            sum.add(try work(index))
            return LatencyHistogram()
        }
        return sum.value
    }

    private final class SharedSum: Sendable {
        private let sum = Atomic<UInt64>(0)

        func add(_ value: UInt64) { sum.wrappingAdd(value, ordering: .relaxed) }

        var value: UInt64 { sum.load(ordering: .relaxed) }
    }
}
