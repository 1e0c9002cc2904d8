internal import VarveLinux

LinuxProcess.exit(ProveProgram.run(Array(CommandLine.arguments.dropFirst())))
