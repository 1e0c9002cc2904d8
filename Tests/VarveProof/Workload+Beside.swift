import VarveLog
import VarveSim
import VarveTerms

/// Logs whose flushes run beside their owner, which goes on appending.
extension Workload {
    package static let beside: [Workload] = [flushingBeside, rollingBeside, failingBeside]

    /// What was appended before a flush began, while it was held, and after it ran; what comes next
    /// shares a flush, or cuts something off.
    static let flushingBeside = Workload(
        name: "flushing beside", settings: settings(),
        prepare: { scene in try scene.open([0, 1]) },
        run: { scene in
            try scene.appendTogether([0, 1], padding: 20)
            try scene.write(to: 0, padding: 30)
            try scene.write(to: 1)
            try scene.beginFlush([0, 1])
            try scene.write(2, to: 0, padding: 40)
            scene.runFlush()
            try scene.write(to: 1, padding: 60)
            try scene.finishFlush([0, 1])
            try scene.beginFlush([0, 1])
            try scene.truncate(to: 3, 0)
            try scene.finishFlush([1])
            try scene.write(to: 0, epoch: 1)
            try scene.flush(0)
        })

    /// A roll and a close take the outcome of a flush that runs.
    static let rollingBeside = Workload(
        name: "rolling beside", settings: settings(),
        prepare: { scene in
            try scene.open()
            try scene.append()
        },
        run: { scene in
            for _ in 0..<3 {
                try scene.write(2, to: 0, padding: 130)
                try scene.beginFlush([0])
                try scene.write(to: 0, padding: 170)
            }
            try scene.checkpoint()
            try scene.close()
        })

    /// A flush that fails takes what was appended since with it.
    static let failingBeside = Workload(
        name: "failing beside", settings: settings(),
        prepare: { scene in
            try scene.open()
            try scene.append(2)
        },
        run: { scene in
            try scene.write(to: 0, padding: 30)
            try scene.beginFlush([0])
            try scene.write(to: 0)
            try scene.failFlush(of: 0)
            try scene.resume()
            try scene.write(to: 0, padding: 10)
            try scene.beginFlush([0])
            try scene.finishFlush([0])
        })
}
