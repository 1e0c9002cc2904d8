internal import VarveBench
internal import VarveBytes
internal import VarveLinux
internal import VarveSystem
internal import VarveTerms

/// `varve bench --scale`: what things cost as the work around them grows.
struct BenchScale {
    let options: BenchOptions
    let console: Console
    /// Where plots and the figures behind them go; nil for nowhere.
    let plots: String?

    /// Measures each family, and prints its table as soon as it is there; what was measured before
    /// a signal stands.
    func run() throws(CommandError) -> ExitCode {
        let families = try BenchCommand.bench { () throws(BenchError) in
            try Catalogue.chooseScales(options.filter)
        }
        let workbench = try BenchCommand.workbench(options, console)
        if !console.isJSON {
            try console.output.write(text: BenchReport.heading(options, workbench.machine))
            try console.output.flush()
        }
        let results = try measure(families, workbench)
        let report = ScaleReport(options: options, machine: workbench.machine, results: results)
        if console.isJSON { try console.output.line(report.json) }
        try console.output.flush()
        if let plots {
            let json = (name: "scale.json", text: report.json + "\n")
            try PlotDirectory(plots).write(ScalePlots(results).files + [json])
        }
        try console.checkStop()
        return .done
    }

    private func measure(
        _ families: [ScaleFamily], _ workbench: Workbench
    ) throws(CommandError) -> [ScaleResult] {
        var results: [ScaleResult] = []
        let line = LiveLine(isShown: !console.isQuiet && !console.isJSON)
        defer { line.clear() }
        for (place, family) in families.enumerated() {
            line.show("\(place + 1) of \(families.count): \(family.name)")
            let result: ScaleResult
            do throws(BenchError) {
                result = try workbench.run(family)
            } catch {
                guard case .stopped = error else {
                    return try BenchCommand.bench { () throws(BenchError) in throw error }
                }
                return results
            }
            results.append(result)
            guard !console.isJSON else { continue }
            line.clear()
            try console.output.line(ScaleReport.table(result))
            try console.output.flush()
        }
        return results
    }
}

/// A directory that drawings go to; made where it is missing.
struct PlotDirectory {
    let path: String

    init(_ path: String) { self.path = path }

    /// Writes files over those that have their names.
    func write(_ files: [(name: String, text: String)]) throws(CommandError) {
        let fileSystem = LinuxFileSystem()
        do throws(FileError) {
            if try fileSystem.status(at: path) == nil { try fileSystem.makeDirectory(path) }
            for (name, text) in files {
                let bytes = Array(text.utf8)
                let file = try OpenFile("\(path)/\(name)", .readWriteOrCreate, in: fileSystem)
                try file.resize(to: .zero)
                try file.write(bytes.rawSpan, at: .zero)
            }
        } catch {
            throw .file(error)
        }
    }
}
