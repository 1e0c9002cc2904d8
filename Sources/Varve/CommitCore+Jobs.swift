internal import Synchronization
internal import VarveTerms

// Tasks that prefer to run in the commit thread: what they are answered by is what they run on, so
// no answer wakes another thread.
//
// *Threads*: a job is handed over by any thread, and run by the commit thread alone, or, where the
// system gives no thread, by the one that hands it over. The role of the committer is never held
// while a job runs: it may append, block, or close the log.
extension CommitCore: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        // Before the lock is taken, in which the thread looks at it before it sleeps or ends.
        jobCount.add(1, ordering: .releasing)
        do {
            try askThread()
        } catch {
            var ready: [UnownedJob] = []
            runJobs(by: &ready)
        }
    }

    /// Runs the jobs that are ready, and those that they make ready; but not for ever, so that
    /// commits go on beside tasks that yield.
    /// - Parameter ready: empty, and empty again on return: memory to take them in.
    func runJobs(by ready: inout [UnownedJob]) {
        for _ in 0..<4 where jobCount.load(ordering: .acquiring) > 0 {
            jobs.withLock { swap(&ready, &$0) }
            jobCount.subtract(ready.count, ordering: .releasing)
            // Each job was handed over once, and is run once; the core lives until this returns.
            for job in ready { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
            ready.removeAll(keepingCapacity: true)
        }
    }
}
