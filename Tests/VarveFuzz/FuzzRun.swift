internal import CFuzz
internal import VarveBytes

/// Runs inputs under a target's limits.
public struct FuzzRun: Sendable {
    private let kept: KeptInputs

    /// - Parameter kept: where inputs go that end the process.
    public init(keeping kept: KeptInputs) { self.kept = kept }

    /// What is wrong with how the target takes the input; nil when nothing is.
    ///
    /// An input that ends the process, or takes longer than a minute of processor time, is kept by
    /// a handler, and the line that replays it goes to standard error.
    public func fault(of target: FuzzTarget, on input: [UInt8]) -> String? {
        let path = kept.path(of: input, for: target)
        let note = KeptInputs.replayLine(target, path)
        var fault: String?
        let cost = unsafe input.withUnsafeBytes { raw in
            unsafe path.withCString { path in
                unsafe note.withCString { note in
                    unsafe varve_fuzz_begin(raw.baseAddress, raw.count, path, note, Self.patience)
                    fault = Self.verdict(of: target, on: input.rawSpan)
                    return varve_fuzz_end()
                }
            }
        }
        return fault ?? Self.excess(cost, target.limits, input.count)
    }

    /// What the target says of the input, without limits.
    public static func verdict(of target: FuzzTarget, on input: RawSpan) -> String? {
        do throws(FuzzFailure) {
            _ = try target.body(input)
            return nil
        } catch {
            return error.description
        }
    }

    /// Seconds of processor time after which a call counts as hanging.
    private static var patience: UInt32 { 60 }

    private static func excess(
        _ cost: varve_fuzz_cost, _ limits: FuzzLimits, _ size: Int
    ) -> String? {
        let heapMax = limits.heapMax(forInput: size)
        if cost.heap_peak > heapMax {
            return "\(cost.heap_peak) bytes of heap for \(size) of input, \(heapMax) allowed"
        }
        let milliseconds = Int(cost.cpu_time / 1_000_000)
        if milliseconds > limits.milliseconds * slowness {
            return "\(milliseconds) ms of processor time for \(size) bytes of input"
        }
        return nil
    }

    private static var slowness: Int {
        var isDebug = false
        assert({ isDebug = true }() == ())
        return isDebug || varve_fuzz_is_sanitized() != 0 ? 20 : 1
    }
}
