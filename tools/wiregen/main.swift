internal import VarveBytes
internal import VarveLinux

// wiregen MODULE: reads MODULE/Schemas and writes MODULE/Generated.
let arguments = CommandLine.arguments
guard arguments.count == 2 else {
    try? LinuxStream.standardError.write(Array("usage: wiregen Sources/VarveWire\n".utf8).rawSpan)
    LinuxProcess.exit(2)
}
do throws(GenerationError) {
    try ModuleFolder(path: arguments[1]).generate()
} catch {
    try? LinuxStream.standardError.write(Array("wiregen: \(error)\n".utf8).rawSpan)
    LinuxProcess.exit(1)
}
