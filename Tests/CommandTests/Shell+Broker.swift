extension Shell {
    /// Runs a script beside an ephemeral broker: `$B` holds the options that name it, `$server` its
    /// address, `$broker` its process. Each property is set as the broker starts.
    func served(_ script: String, set properties: [String] = []) throws -> Outcome {
        let options = properties.map { " --set '\($0)'" }.joined()
        return try run(
            """
            "$VARVE" serve --ephemeral --json\(options) >serving 2>serving.err &
            broker=$!
            for _ in $(seq 400); do [ -s serving ] && break; sleep 0.025; done
            server=$(sed -n 's/.*PLAINTEXT:..\\([^"]*\\)".*/\\1/p' serving)
            B="--bootstrap $server"
            \(script)
            kill $broker 2>/dev/null; wait $broker 2>/dev/null
            true
            """)
    }
}
