import CFuzz
import VarveFuzz
import VarveTerms

/// libFuzzer's loop over one target.
enum Guidance {
    #if VARVE_LIBFUZZER
        // Written once, before the loop starts; the loop runs on this thread alone.
        nonisolated(unsafe) static var target: FuzzTarget?

        /// - Parameter arguments: the target's name, then what libFuzzer takes.
        static func run(_ arguments: [String]) throws {
            guard let name = arguments.first else { throw UsageError("no TARGET") }
            unsafe target = try Verbs.target(name)
            let words = ["varve-fuzz"] + arguments.dropFirst()
            var pointers = unsafe words.map { word in unsafe Ending.copy(word) } + [nil]
            var count = Int32(words.count)
            let status = unsafe pointers.withUnsafeMutableBufferPointer { list in
                var start = list.baseAddress
                return unsafe LLVMFuzzerRunDriver(&count, &start) { bytes, size in
                    unsafe Guidance.judge(UnsafeRawBufferPointer(start: bytes, count: size))
                }
            }
            if status != 0 { Ending.fail("libFuzzer ends with \(status)") }
        }

        /// libFuzzer limits memory and time; a broken oracle ends the process, so that it keeps the
        /// input.
        fileprivate static func judge(_ raw: UnsafeRawBufferPointer) -> Int32 {
            guard let target = unsafe target else { return -1 }
            let input = unsafe RawSpan(_unsafeBytes: raw)
            if let fault = FuzzRun.verdict(of: target, on: input) {
                fatalError("\(target.name): \(fault)")
            }
            return 0
        }
    #else
        static func run(_ arguments: [String]) throws {
            throw UsageError("this build is not guided: use tools/fuzz")
        }
    #endif
}

#if VARVE_LIBFUZZER
    /// What libFuzzer's own `main` would run; it is linked, but this program has another.
    @_cdecl("LLVMFuzzerTestOneInput")
    func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
        unsafe Guidance.judge(UnsafeRawBufferPointer(start: bytes, count: size))
    }

    /// libFuzzer calls this in place of its own mutation, which this begins with.
    @_cdecl("LLVMFuzzerCustomMutator")
    func mutateAndRepair(
        _ bytes: UnsafeMutablePointer<UInt8>, _ size: Int, _ sizeMax: Int, _ seed: UInt32
    ) -> Int {
        let newSize = unsafe LLVMFuzzerMutate(bytes, size, sizeMax)
        // One in four goes on with wrong checksums.
        guard seed & 3 != 0, let target = unsafe Guidance.target, target.hasRepair else {
            return newSize
        }
        var input = unsafe [UInt8](UnsafeBufferPointer(start: bytes, count: newSize))
        target.repair(&input)
        let count = min(input.count, sizeMax)
        for slot in 0..<count { unsafe bytes[slot] = input[slot] }
        return count
    }
#endif
