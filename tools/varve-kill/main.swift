internal import VarveLinux

LinuxProcess.exit(KillProgram.run(Array(CommandLine.arguments.dropFirst())))
